/**
 * Makes an element: `el('button.icon', { title: 'Copy', onclick: copy }, 'Copy')`.
 *
 * Children are elements or text; text is never parsed as markup, whatever names a span has. Properties
 * that are functions become listeners; `null` is left out, and so is `false` except for ARIA
 * attributes.
 */
export function el(selector, properties = {}, ...children) {
  const [tag, ...classes] = selector.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length) node.className = classes.join(' ');
  setAll(node, properties);
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

function setAll(node, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value == null || (value === false && !name.startsWith('aria-'))) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (name.startsWith('--')) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : value);
  }
}

const ICONS = {
  copy: 'M6 6V3.5A1.5 1.5 0 0 1 7.5 2h5A1.5 1.5 0 0 1 14 3.5v5a1.5 1.5 0 0 1-1.5 1.5H10M3.5 6h5A1.5 1.5 0 0 1 10 7.5v5A1.5 1.5 0 0 1 8.5 14h-5A1.5 1.5 0 0 1 2 12.5v-5A1.5 1.5 0 0 1 3.5 6Z',
  close: 'M4 4l8 8M12 4l-8 8',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
  link: 'M7 9a2.5 2.5 0 0 0 3.700.3l2-2a2.5 2.5 0 0 0-3.600-3.600L8 4.800M9 7a2.5 2.5 0 0 0-3.700-.3l-2 2a2.5 2.5 0 0 0 3.600 3.600L8 11.200',
  collapse: 'M4 3l4 4 4-4M4 13l4-4 4 4',
  expand: 'M4 6l4-4 4 4M4 10l4 4 4-4',
  fewer: 'M4 10l4-4 4 4',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
};

/** A line drawing of 16 by 16, in the colour of the text. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'glyph');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with only an icon; its label is for the pointer and the screen reader. */
export function iconButton(name, label, onclick, properties = {}) {
  return el('button.icon', { type: 'button', 'aria-label': label, title: label, onclick, ...properties }, icon(name));
}

let toastTimer = 0;

/** Shows a message for as long as it takes to read, and announces it to screen readers. */
export function toast(text) {
  const node = document.getElementById('toast');
  node.textContent = text;
  node.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => node.classList.remove('shown'), Math.max(2000, 80 * text.length));
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS, browsers allow the clipboard only on loopback.
    const area = el('textarea', { readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  toast(`${what} copied`);
}

/** Resolves when the current state of the page has been drawn; a page in the background is not drawn. */
export function drawn() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

/** Calls at most once per frame, with the last arguments. */
export function perFrame(callback) {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      callback();
    });
  };
}
