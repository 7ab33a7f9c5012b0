/** The shortest visible part, in microseconds. */
const LEAST_MICROS = 0.01;

/** The visible part of a trace's time, and its position on the screen. */
export class TimeRange {
  constructor(begin, end) {
    this.begin = begin;
    this.end = end - begin >= LEAST_MICROS ? end : begin + 1;
    this.from = this.begin;
    this.to = this.end;
  }

  get isWhole() {
    return this.from === this.begin && this.to === this.end;
  }

  /** Shows [from, to), kept within the trace and long enough to draw. */
  set(from, to) {
    const length = Math.min(Math.max(to - from, LEAST_MICROS), this.end - this.begin);
    this.from = Math.min(Math.max(from, this.begin), this.end - length);
    this.to = this.from + length;
  }

  reset() {
    this.set(this.begin, this.end);
  }

  /** Makes the visible part `factor` times as long around a time, which stays in place. */
  zoom(factor, around = (this.from + this.to) / 2) {
    this.set(around - (around - this.from) * factor, around + (this.to - around) * factor);
  }

  /** Moves by a fraction of the visible part. */
  pan(share) {
    const by = share * (this.to - this.from);
    this.set(this.from + by, this.to + by);
  }

  /** The visible part as text for the address, in microseconds after the trace's start; `null` for the whole. */
  get text() {
    const micros = (moment) => Number((moment - this.begin).toFixed(2));
    return this.isWhole ? null : `${micros(this.from)}-${micros(this.to)}`;
  }

  /** Reads such a text; anything else changes nothing. */
  read(text) {
    const [, from, to] = /^([\d.]+)-([\d.]+)$/.exec(text) ?? [];
    if (Number(from) < Number(to)) this.set(this.begin + Number(from), this.begin + Number(to));
  }

  /** Times at round distances from the beginning of the trace, for an axis of that width. */
  ticks(width) {
    const step = roundStep(((this.to - this.from) * 88) / Math.max(width, 88));
    const ticks = [];
    const first = Math.ceil((this.from - this.begin) / step);
    for (let k = first; k * step <= this.to - this.begin; k++) ticks.push(k * step);
    return { step, ticks };
  }
}

/**
 * The smallest round step that is at least this: 1, 2 or 5 times a power of ten, or a unit of the
 * clock.
 */
function roundStep(least) {
  const clock = [1e6, 2e6, 5e6, 10e6, 15e6, 30e6, 60e6, 120e6, 300e6, 600e6, 900e6, 1800e6, 3600e6,
    7200e6, 10800e6, 21600e6, 43200e6, 86400e6];
  if (least > 1e6) return clock.find((step) => step >= least) ?? Math.ceil(least / 86400e6) * 86400e6;
  const power = 10 ** Math.floor(Math.log10(Math.max(least, LEAST_MICROS)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? power;
}
