import { copy, el, icon, toast } from './dom.js';
import { apiUrl, compareUrl, navigate, traceUrl } from './route.js';

/**
 * What can be done with a whole trace. One from a file is only on this page, not in the API.
 * `skew`, if there is any, says whether it is removed and lets that be changed; `saveImage(format)`
 * keeps a picture of the timeline.
 */
export function traceActions({ id, isLocal }, skew, saveImage) {
  const url = apiUrl(`traces/${encodeURIComponent(id)}`);
  const menu = el('details.menu', {},
    el('summary', { title: 'Copy, download, print, compare' }, 'Actions', icon('down')),
    el('div', {},
      !isLocal && [
        item('Copy link', () => copy(new URL(traceUrl(id), location.origin).href, 'Link')),
        item('Copy as JSON', () => act('copyTrace', `${url}?prettyPrint=true`)),
        item('Copy as curl', () => copy(`curl -s '${url}'`, 'Command')),
        el('a', { href: url, download: `${id}.json` }, 'Download Jaeger JSON'),
        item('Download OTLP JSON', () => act('downloadOtlp', id)),
      ],
      item('Print…', () => print()),
      item('Save as image (SVG)', () => saveImage('svg')),
      item('Save as image (PNG)', () => saveImage('png')),
      skew && item(skew.isAdjusted ? 'Show times as recorded' : 'Adjust for clock skew', () => skew.adjust(!skew.isAdjusted)),
      !isLocal && el('button', { type: 'button', 'data-action': 'median', onclick: () => navigate(compareUrl(id, 'median')) }, 'Compare with the median of its operation'),
      item('Compare with another trace…', () => act('askForOther', id))));
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (!menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener('click', ({ target }) => {
    if (target.closest('a, button')) menu.open = false;
  });
  return menu;
}

const item = (title, onclick) => el('button', { type: 'button', onclick }, title);

/** What is seldom wanted has a script of its own. */
async function act(name, argument) {
  try {
    const actions = await import('./trace-copies.js');
    actions[name](argument);
  } catch {
    toast('Cannot reach the backend');
  }
}
