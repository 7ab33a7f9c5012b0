const ID = /^[0-9a-f]{1,32}$/;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/;

/**
 * The trace, and the span if there is one, that a text refers to: an id in upper or lower case, with
 * dashes or a leading 0x, a `traceparent`, or the address of a trace's page. `null` if it is none of
 * these.
 */
export function readTraceId(text) {
  const typed = text.trim().replace(/^traceparent\s*[:=]\s*/i, '').replace(/^["']|["']$/g, '');
  const address = /\/trace\/([^/?#]+)(?:.*[?&]uiFind=([0-9a-f]{1,16})\b)?/i.exec(typed) ?? /[?&]traceID=([^&#]+)/i.exec(typed);
  if (address) return idOf(address[1], address[2]);
  const parent = TRACEPARENT.exec(typed.toLowerCase());
  return parent ? { id: parent[1], span: parent[2] } : idOf(typed);
}

function idOf(text, span = null) {
  const id = text.toLowerCase().replace(/^0x/, '').replaceAll('-', '');
  return ID.test(id) ? { id, span: span?.toLowerCase() ?? null } : null;
}

/** The message about a text that is not an id. */
export const notAnId = (text) => `"${text.slice(0, 80)}" is not a trace ID (up to 32 hex digits)`;
