/** The facts shown above a conversation, with the attributes that may hold them. */
const FACTS = [
  ['Operation', ['gen_ai.operation.name']],
  ['Provider', ['gen_ai.provider.name', 'gen_ai.system']],
  ['Agent', ['gen_ai.agent.name']],
  ['Tool', ['gen_ai.tool.name']],
  ['Model', ['gen_ai.response.model', 'gen_ai.request.model']],
  ['Input tokens', ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens']],
  ['Output tokens', ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens']],
  ['Finish reason', ['gen_ai.response.finish_reasons']],
];
/** Attributes with messages, in the order of the conversation, and the default role of a message. */
const MESSAGES = [
  ['gen_ai.system_instructions', 'system'], ['gen_ai.prompt', 'user'], ['gen_ai.input.messages', 'user'],
  ['gen_ai.tool.call.arguments', 'tool call'], ['gen_ai.tool.call.result', 'tool'],
  ['gen_ai.completion', 'assistant'], ['gen_ai.output.messages', 'assistant'],
];
/** Events with a message each, which were used before there were such attributes. */
const EVENT = /^gen_ai\.(system|user|assistant|tool|choice)(\.message)?$/;

/**
 * The conversation in a span with `gen_ai.*` attributes: `{ facts, messages }`, each message `{ role,
 * parts: [{ title, text }] }`.
 *
 * Spec: OpenTelemetry semantic conventions, "Generative AI spans" and "events"
 */
export function conversationOf(tags, events) {
  const value = (key) => tags.find((tag) => tag.key === key)?.value;
  const facts = FACTS.flatMap(([name, keys]) => {
    const found = keys.map(value).find((text) => text !== undefined);
    return found === undefined ? [] : [[name, String(found).replace(/^\["(.*)"\]$/, '$1')]];
  });
  const named = [...tags, ...events.flatMap(({ fields }) => fields)];
  const messages = MESSAGES.flatMap(([key, role]) => {
    const found = named.find((tag) => tag.key === key)?.value;
    return found === undefined ? [] : messagesIn(found, role);
  });
  const said = messages.length ? [] : events.flatMap(messageOfEvent);
  return { facts, messages: [...messages, ...said] };
}

function messageOfEvent({ name, fields }) {
  const [, role] = EVENT.exec(name) ?? [];
  if (!role) return [];
  const of = (key) => fields.find((field) => field.key === key)?.value;
  const content = of('content') ?? of('gen_ai.event.content') ?? of('message') ?? of('body') ?? of('gen_ai.completion');
  return content === undefined ? [] : messagesIn(content, role === 'choice' ? 'assistant' : role);
}

function messagesIn(value, role) {
  const parsed = parse(value);
  const list = Array.isArray(parsed) ? parsed : [parsed];
  // System instructions are a list of parts without messages around them.
  if (list.length && list.every((item) => item?.type && !item.role)) return [{ role, parts: list.map(partOf) }];
  return list.map((item) => ({ role: String(item?.role ?? role), parts: partsOf(item) }));
}

function partsOf(item) {
  if (item === null || typeof item !== 'object') return [{ title: '', text: String(item) }];
  const message = item.message && typeof item.message === 'object' ? item.message : item;
  const content = message.parts ?? message.content;
  const parts = Array.isArray(content) ? content.map(partOf) : content === undefined || content === null ? [] : [partOf(content)];
  for (const call of message.tool_calls ?? []) parts.push(partOf({ type: 'tool_call', ...call, ...call.function }));
  return parts.length ? parts : [{ title: '', text: JSON.stringify(item, null, 2) }];
}

function partOf(part) {
  if (part === null || typeof part !== 'object') return { title: '', text: String(part) };
  const { type, name, content, text } = part;
  switch (type) {
    case 'tool_call': return { title: `calls ${name ?? 'a tool'}`, text: pretty(part.arguments) };
    case 'tool_call_response': return { title: 'answers', text: pretty(part.response ?? part.result ?? content) };
    case 'reasoning': return { title: 'reasons', text: pretty(content ?? text) };
    default: return content === undefined && text === undefined ? { title: String(type ?? ''), text: pretty(part) } : { title: '', text: pretty(content ?? text) };
  }
}

const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2) ?? '');

function parse(value) {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
