/** The number of service colours that base.css defines, as --s0, --s1 … */
const COLOURS = 16;

/** The number of a service's colour: the same on every page, in every browser. */
export function colourOf(name) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % COLOURS;
}

/**
 * Assigns colours to the services of one trace: their own, but no two the same while any is free.
 * Only the names of two services decide which of them keeps its colour.
 */
export function coloursOf(names) {
  const free = new Set(Array(COLOURS).keys());
  const colours = new Map();
  for (const name of [...names].sort()) {
    let colour = colourOf(name);
    if (!free.has(colour)) [colour = colour] = free;
    free.delete(colour);
    colours.set(name, colour);
  }
  return names.map((name) => colours.get(name));
}

export const cssColour = (index) => `var(--s${index})`;

/** The colours of the current theme, as [red, green, blue], for canvases. */
export function paletteNow() {
  return Array.from({ length: COLOURS }, (_, i) => rgbOf(`--s${i}`));
}

export function rgbOf(property) {
  const style = getComputedStyle(document.documentElement);
  const [light, dark = light] = style.getPropertyValue(property).match(/#[0-9a-f]{6}/gi);
  const value = isDark(style) ? dark : light;
  return [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16));
}

/** The same in the form for canvases. */
export const inkOf = (property) => `rgb(${rgbOf(property).join(' ')})`;

const darkness = matchMedia('(prefers-color-scheme: dark)');
const isDark = ({ colorScheme }) => (colorScheme === 'light dark' ? darkness.matches : colorScheme === 'dark');

/** Calls the callback when the theme changes between light and dark. */
export function onThemeChange(callback, signal) {
  darkness.addEventListener('change', callback, { signal });
  addEventListener('themechange', callback, { signal });
}
