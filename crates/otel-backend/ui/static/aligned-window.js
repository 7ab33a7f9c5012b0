/** So many parts a window has at most. */
const MOST_PARTS = 60;
/** Lengths of a part, in seconds. */
const STEPS = [1, 5, 15, 60, 300, 600, 900, 1800, 3600, 10800, 21600, 86400];

/**
 * A window of so many seconds up to now, in parts of `step` seconds: `{ from, to, step, parts }`, in
 * seconds since 1970. Its bounds are multiples of the step, as those of an answer are, so that the last
 * part may not be over yet.
 */
export function alignedWindow(seconds, now = Date.now()) {
  const step = STEPS.find((length) => seconds / length <= MOST_PARTS) ?? STEPS.at(-1);
  const parts = Math.ceil(seconds / step);
  const to = Math.ceil(now / 1000 / step) * step;
  return { from: to - parts * step, to, step, parts };
}

/** The window of the same length before it. */
export const windowBefore = ({ from, to, step, parts }) => ({ from: 2 * from - to, to: from, step, parts });

/** How many seconds of each part of a window are over; at least half of one, so that a rate does not leap. */
export function lengthsOf({ from, step, parts }, now = Date.now()) {
  return Float64Array.from({ length: parts }, (_, part) => Math.min(step, Math.max(step / 2, now / 1000 - from - part * step)));
}
