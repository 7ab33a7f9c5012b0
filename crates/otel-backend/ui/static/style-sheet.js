import { el } from './dom.js';

/** Loads a style sheet of this folder, once. */
export async function styleSheet(name) {
  const href = new URL(name, import.meta.url).href;
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return;
  const sheet = el('link', { rel: 'stylesheet', href });
  await new Promise((resolve, reject) => {
    sheet.addEventListener('load', resolve);
    sheet.addEventListener('error', () => (sheet.remove(), reject(new Error(`${name} cannot be read`))));
    document.head.append(sheet);
  });
}
