/** Steps of the clock and of the calendar, in microseconds. */
const STEPS = [1e6, 2e6, 5e6, 10e6, 15e6, 30e6, 60e6, 120e6, 300e6, 600e6, 900e6, 1800e6, 3600e6, 7200e6, 10800e6,
  21600e6, 43200e6, 86400e6, 2 * 86400e6, 7 * 86400e6, 30 * 86400e6, 90 * 86400e6, 365 * 86400e6];

/** About so many round times between two times; all in microseconds since 1970. */
export function roundMoments(from, to, count) {
  const step = STEPS.find((wide) => (to - from) / wide <= count) ?? STEPS[STEPS.length - 1];
  // Days begin at local midnight.
  const offset = new Date(from / 1000).getTimezoneOffset() * 60e6;
  const moments = [];
  for (let moment = Math.ceil((from - offset) / step) * step + offset; moment <= to; moment += step) moments.push(moment);
  return { step, moments };
}
