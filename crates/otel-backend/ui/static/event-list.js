import { el } from './dom.js';
import { formatDuration, formatTime } from './format.js';
import { growing, tagTable } from './tag-table.js';

/** Events shown before "show more", and drawn on the axis. */
const FIRST_EVENTS = 40;
const MAX_DOTS = 400;

/** The events of a span: where they lie in its time, and what each says. */
export function eventList(span) {
  const logs = [...(span.logs ?? [])].sort((a, b) => a.timestamp - b.timestamp);
  return [axis(span, logs), growing(logs, FIRST_EVENTS, 'ol.logs', (log) => event(span, log))];
}

function axis({ startTime, duration }, logs) {
  const dots = logs.slice(0, MAX_DOTS).map(({ timestamp }) => {
    const share = duration > 0 ? (timestamp - startTime) / duration : 0;
    return el(share < 0 || share > 1 ? 'i.outside' : 'i', { '--at': Math.max(0, Math.min(1, share)) });
  });
  return el('div.event-axis', { 'aria-hidden': true }, dots, el('span', {}, '0'), el('span', {}, formatDuration(duration)));
}

function event({ startTime, duration }, { timestamp, fields = [] }) {
  const name = fields.find(({ key }) => key === 'event');
  const rest = fields.filter((field) => field !== name);
  const after = timestamp - startTime;
  const outside = after < 0 ? 'before the span' : after > duration ? 'after the span' : '';
  return el('li', {},
    el('div.log', {},
      el('time', { title: formatTime(timestamp) }, `${after < 0 ? '' : '+'}${formatDuration(after)}`),
      el('strong', {}, name ? String(name.value) : 'log'),
      outside && el('span.type', {}, outside)),
    rest.length > 0 && tagTable(rest));
}
