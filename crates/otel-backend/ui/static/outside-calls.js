import { ERROR, KIND, KINDS } from './columns.js';

/** The kinds of spans that may call, or be called by, something that sends no spans. */
const CALLERS = new Set([KINDS.indexOf('client'), KINDS.indexOf('producer')]);
const CONSUMER = KINDS.indexOf('consumer');

/**
 * Attributes that name the target of a span, by kind of target, and those that name its system, which is
 * shown after its name; of each the first one present counts.
 */
export const TARGETS = [
  ['queue', ['messaging.destination.name', 'messaging.destination'], ['messaging.system']],
  ['database', ['db.namespace', 'db.name', 'db.system.name', 'db.system'], ['db.system.name', 'db.system']],
  ['external', ['peer.service', 'server.address', 'net.peer.name', 'http.host'], []],
];

/**
 * The calls of a trace to databases, queues and hosts that send no spans: `{ parent, child, kind,
 * duration, error }`. A message that a consumer received from a queue is a call by the queue.
 * `span(row)` parses a row's JSON; only such spans are parsed.
 */
export function outsideCalls({ count, parent, last, service, services, duration, flags }, span) {
  const calls = [];
  for (let row = 0; row < count; row++) {
    const kind = flags[row] & KIND;
    const isCalled = kind === CONSUMER && (parent[row] < 0 || service[parent[row]] === service[row]);
    const isCaller = CALLERS.has(kind) && !callsService(row, { parent, last, service });
    if (!isCalled && !isCaller) continue;
    const tags = span(row).tags ?? [];
    const target = targetOf((name) => tags.find(({ key }) => key === name)?.value);
    if (!target || (isCalled && target.kind !== 'queue')) continue;
    const name = services[service[row]].name;
    const [from, to] = isCalled ? [target.name, name] : [name, target.name];
    calls.push({ parent: from, child: to, outside: target, duration: duration[row], error: (flags[row] & ERROR) !== 0 });
  }
  return calls;
}

/** Returns true if a child of the span belongs to another service, which is then the target. */
function callsService(row, { last, service }) {
  for (let child = row + 1; child < last[row]; child = last[child]) if (service[child] !== service[row]) return true;
  return false;
}

/** `{ kind, name }` of the target of a span whose attributes have these values, if it names one. */
export function targetOf(valueOf) {
  const first = (keys) => keys.map(valueOf).find((found) => found !== undefined && found !== '');
  for (const [kind, keys, systems] of TARGETS) {
    const name = first(keys);
    if (name === undefined) continue;
    const system = first(systems);
    return { kind, name: system === undefined || system === name ? String(name) : `${name} (${system})` };
  }
  return null;
}
