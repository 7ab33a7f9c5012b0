/** How many service colours base.css defines, as --s0, --s1 … */
const COLOURS = 8;

const known = new Map(JSON.parse(sessionStorage.getItem('services') ?? '[]'));

/**
 * The number of a service's colour. A service keeps it on every page of the session; the first to
 * be seen gets the first colour.
 */
export function colourOf(name) {
  const index = known.get(name);
  if (index !== undefined) return index % COLOURS;
  known.set(name, known.size);
  sessionStorage.setItem('services', JSON.stringify([...known].slice(0, 500)));
  return (known.size - 1) % COLOURS;
}

/** Colours for the services of one trace: those they have, but no two the same while any is free. */
export function coloursOf(names) {
  const free = new Set(Array(COLOURS).keys());
  return names.map((name) => {
    let colour = colourOf(name);
    if (!free.has(colour)) [colour = colour] = free;
    free.delete(colour);
    return colour;
  });
}

export const cssColour = (index) => `var(--s${index})`;

/** The colours as they are in the present theme, as [red, green, blue]; for canvases. */
export function paletteNow() {
  return Array.from({ length: COLOURS }, (_, i) => rgbOf(`--s${i}`));
}

export function rgbOf(property) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(property).trim();
  return [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16));
}

/** Calls when the system changes between light and dark. */
export function onThemeChange(callback, signal) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', callback, { signal });
}
