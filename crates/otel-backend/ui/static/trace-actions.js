import { copy, el, icon, toast } from './dom.js';
import { apiUrl, compareUrl, navigate, traceUrl } from './route.js';

/**
 * The menu of a trace. A trace from a file is only on this page, not in the API.
 * `skew`, if there is any, tells whether it is removed, and can change that; `shown()` returns the
 * part of the trace that is drawn: its visible rows and their time.
 */
export function traceActions(trace, skew, shown) {
  const { id, isLocal } = trace;
  const url = apiUrl(`traces/${encodeURIComponent(id)}`);
  const menu = el('details.menu', {},
    el('summary', { title: 'Copy, download, print, compare' }, 'Actions', icon('down')),
    el('div', {},
      !isLocal && [
        item('Copy link', () => copy(new URL(traceUrl(id), location.origin).href, 'Link')),
        seldom('Copy as JSON', ({ copyTrace }) => copyTrace(id)),
        item('Copy as curl', () => copy(`curl -s '${url}'`, 'Command')),
        el('a', { href: url, download: `${id}.json` }, 'Download Jaeger JSON'),
        seldom('Download OTLP JSON', ({ downloadOtlp }) => downloadOtlp(id)),
      ],
      item('Print…', () => print()),
      ['svg', 'png'].map((format) => seldom(`Save as image (${format.toUpperCase()})`, ({ saveImage }) => saveImage(format, trace, ...shown()))),
      skew && item(skew.isAdjusted ? 'Show times as recorded' : 'Adjust for clock skew', () => skew.adjust(!skew.isAdjusted)),
      !isLocal && el('button', { type: 'button', 'data-action': 'median', onclick: () => navigate(compareUrl(id, 'median')) }, 'Compare with the median of its operation'),
      seldom('Compare with another trace…', ({ askForOther }) => askForOther(id))));
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (!menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener('click', ({ target }) => {
    if (target.closest('a, button')) menu.open = false;
  });
  return menu;
}

const item = (title, onclick) => el('button', { type: 'button', onclick }, title);

/** An entry whose action is in the script of what is seldom wanted. */
function seldom(title, action) {
  return item(title, async () => {
    try {
      await action(await import('./trace-copies.js'));
    } catch ({ message }) {
      toast(`${title}: ${message}`);
    }
  });
}
