import { age } from './ages.js';
import { copy, el, iconButton } from './dom.js';
import { formatCount, formatDuration, formatTime } from './format.js';
import { cssColour } from './palette.js';
import { serviceUrl } from './route.js';
import { operationOf, serviceOf } from './span-text.js';

/** The head of a trace: its root as the title, its figures below. */
export function traceHead(trace, actions = []) {
  const { root } = trace;
  return [
    el('div.title', {},
      el('h1', {},
        el('i.dot', { '--c': cssColour(trace.colours[trace.service[root]]) }),
        trace.isLocal
          ? el('span.service', { title: serviceOf(trace, root) }, serviceOf(trace, root))
          : el('a.service', { href: serviceUrl(serviceOf(trace, root)), title: 'Show the service' }, serviceOf(trace, root)),
        el('span.operation', { title: operationOf(trace, root).slice(0, 300) }, operationOf(trace, root)),
        trace.file && el('span.chip.file', { title: 'Read from a file. The backend does not have it, so it is gone after a reload.' }, `from file ${trace.file}`)),
      actions),
    facts(trace),
  ];
}

function facts(trace) {
  const { epoch, begin, end, count, services, levels, errors, id } = trace;
  const started = epoch + begin;
  const fact = (name, value, { kind = '', title } = {}) =>
    el(`div${kind}`, { title }, el('dt', {}, name), el('dd', {}, value));
  return el('dl.facts', {},
    fact('Started', [`${formatTime(started)}, `, age(started)], { title: `${new Date(started / 1e3).toISOString()} (UTC)` }),
    fact('Duration', formatDuration(end - begin)),
    fact('Spans', formatCount(count)),
    fact('Services', formatCount(services.length)),
    fact('Depth', formatCount(levels), { title: 'Longest chain of parents' }),
    fact('Errors', formatCount(errors), { kind: errors ? '.bad' : '' }),
    el('div.id', {}, el('dt', {}, 'Trace ID'), el('dd', {}, el('code', {}, id),
      iconButton('copy', 'Copy the trace ID', () => copy(id, 'Trace ID')))));
}

/** Describes the oddities of the whole trace, in a sentence each. */
export function traceNotes({ orphans, early, duplicates, cycles, unplaced, endless, roots, warnings, isAdjusted }) {
  const spans = (n, one, many) => `${formatCount(n)} ${n === 1 ? `span ${one}` : `spans ${many}`}`;
  const texts = warnings.map(String);
  if (orphans) texts.push(`${spans(orphans, 'has', 'have')} a missing parent (not sent, late or lost).`);
  else if (roots > 1 && cycles === 0) texts.push(`${formatCount(roots)} spans have no parent.`);
  if (early && !isAdjusted) texts.push(`${spans(early, 'starts before its parent', 'start before their parents')} (clock skew?). Times are shown as recorded.`);
  if (isAdjusted) texts.push('Times are adjusted: a span that left its parent\'s time was moved into it, with all below it.');
  if (duplicates) texts.push(`${spans(duplicates, 'shares', 'share')} a span ID.`);
  if (cycles) texts.push(`${spans(cycles, 'is its own ancestor', 'are their own ancestors')} (cycle broken there).`);
  if (unplaced) texts.push(`${spans(unplaced, 'has no usable start time and is placed at its parent', 'have no usable start time and are placed at their parents')}.`);
  if (endless) texts.push(`${spans(endless, 'has', 'have')} no end time.`);
  return texts;
}
