import { el } from './dom.js';
import { exceptionCard, isException } from './exception-card.js';
import { formatDuration } from './format.js';
import { growing, tagTable, textOf } from './tag-table.js';

/** Events shown before "show more", and drawn on the axis. */
const FIRST_EVENTS = 40;
const MAX_DOTS = 400;

/**
 * The events of a span, `{ name, at, fields }` with `at` in microseconds after its start: their
 * positions in time, and their contents.
 */
export function eventList(events, duration, pick) {
  const sorted = [...events].sort((a, b) => a.at - b.at);
  return [axis(sorted, duration), growing(sorted, FIRST_EVENTS, 'ol.logs', (event) => eventNode(event, duration, pick))];
}

/** The events in a span's JSON; `times` are their times after its start, in the order of the JSON. */
export function eventsOf(span, times) {
  return (span.logs ?? []).map(({ fields = [] }, index) => {
    const name = fields.find(({ key }) => key === 'event');
    return { name: name ? textOf(name.value) : 'log', at: times[index], fields: fields.filter((field) => field !== name) };
  });
}

function axis(events, duration) {
  const dots = events.slice(0, MAX_DOTS).map(({ name, at }) => {
    const share = duration > 0 ? at / duration : 0;
    return el(share < 0 || share > 1 ? 'i.outside' : 'i', { '--at': Math.max(0, Math.min(1, share || 0)), title: `${name.slice(0, 80)}, ${formatDuration(at)}` });
  });
  return el('div.event-axis', { 'aria-hidden': true }, dots, el('span', {}, '0'), el('span', {}, formatDuration(duration)));
}

function eventNode({ name, at, fields }, duration, pick) {
  const outside = at < 0 ? 'before the span' : at > duration ? 'after the span' : '';
  return el('li', {},
    el('div.log', {},
      el('time', {}, Number.isNaN(at) ? 'no time' : `${at < 0 ? '' : '+'}${formatDuration(at)}`),
      el('strong', {}, name),
      outside && el('span.type', {}, outside)),
    isException(fields) ? exceptionCard(fields, pick) : fields.length > 0 && tagTable(fields, pick));
}
