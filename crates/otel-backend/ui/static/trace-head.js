import { copy, el, iconButton } from './dom.js';
import { formatAge, formatCount, formatDuration, formatTime } from './format.js';
import { cssColour } from './palette.js';
import { operationOf, serviceOf } from './span-text.js';

/** What a trace is: its root as the title, its figures below. */
export function traceHead(trace, actions = []) {
  const { root } = trace;
  return [
    el('div.title', {},
      el('h1', {},
        el('i.dot', { '--c': cssColour(trace.colours[trace.service[root]]) }),
        el('span.service', { title: serviceOf(trace, root) }, serviceOf(trace, root)),
        el('span.operation', { title: operationOf(trace, root).slice(0, 300) }, operationOf(trace, root))),
      actions),
    facts(trace),
  ];
}

function facts(trace) {
  const { begin, end, count, services, levels, errors, id } = trace;
  const fact = (name, value, { kind = '', title } = {}) =>
    el(`div${kind}`, { title }, el('dt', {}, name), el('dd', {}, value));
  return el('dl.facts', {},
    fact('Started', `${formatTime(begin)}, ${formatAge(begin)}`, { title: `${new Date(begin / 1e3).toISOString()} (UTC)` }),
    fact('Duration', formatDuration(end - begin)),
    fact('Spans', formatCount(count)),
    fact('Services', formatCount(services.length)),
    fact('Depth', formatCount(levels)),
    fact('Errors', formatCount(errors), { kind: errors ? '.bad' : '' }),
    el('div.id', {}, el('dt', {}, 'Trace'), el('dd', {}, el('code', {}, id),
      iconButton('copy', 'Copy the trace id', () => copy(id, 'Trace id')))));
}

/** What is odd about the trace as a whole, in a sentence each. */
export function traceNotes({ orphans, early, duplicates, cycles, roots, warnings }) {
  const spans = (n) => (n === 1 ? 'one span' : `${formatCount(n)} spans`);
  const texts = warnings.map(String);
  if (orphans) texts.push(`The parent of ${spans(orphans)} is missing: not sent, not yet arrived, or lost.`);
  else if (roots > 1 && cycles === 0) texts.push(`${formatCount(roots)} spans have no parent.`);
  if (early) texts.push(`${spans(early)} begin${early === 1 ? 's' : ''} before ${early === 1 ? 'its' : 'their'} parent, as when the clocks of two machines differ. Times are shown as recorded.`);
  if (duplicates) texts.push(`${spans(duplicates)} carr${duplicates === 1 ? 'ies' : 'y'} an id that another span has.`);
  if (cycles) texts.push(`${spans(cycles)} ${cycles === 1 ? 'is its' : 'are their'} own ancestor; the circle is cut there.`);
  return texts.map((text) => text[0].toUpperCase() + text.slice(1));
}
