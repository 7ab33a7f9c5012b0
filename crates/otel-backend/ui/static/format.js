const SPACE = '\u202f';

/** 12345 as "12,345". (`Intl.NumberFormat` takes tens of milliseconds to begin with.) */
export const formatCount = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** "1 span", "12,345 spans". */
export const plural = (count, noun) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Microseconds as a person reads them: "310 µs", "48.2 ms", "1.24 s", "2 h 5 min", "1 d 3 h". */
export function formatDuration(micros) {
  if (micros < 0) return `−${formatDuration(-micros)}`;
  if (micros < 1e3) return unit(trimmed(micros, 3), 'µs');
  if (micros < 999_500) return unit(trimmed(micros / 1e3, 3), 'ms');
  if (micros < 59_950_000) return unit(trimmed(micros / 1e6, 3), 's');
  const seconds = Math.round(micros / 1e6);
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(minutes, 60, 'h', 'min');
  return pair(Math.round(minutes / 60), 24, 'd', 'h');
}

const unit = (value, name) => `${value}${SPACE}${name}`;
const trimmed = (value, digits) => String(Number(value.toPrecision(digits)));

function pair(value, base, large, small) {
  const rest = value % base;
  const head = unit(Math.floor(value / base), large);
  return rest ? `${head} ${unit(rest, small)}` : head;
}

/** A tick of the time axis, exact to the axis's step. */
export function formatTick(micros, step) {
  if (micros === 0) return `0${SPACE}${step < 1e3 ? 'µs' : step < 1e6 ? 'ms' : 's'}`;
  if (Math.abs(micros) >= 60e6) return formatDuration(micros);
  const [name, size] = Math.abs(micros) < 1e3 ? ['µs', 1] : Math.abs(micros) < 1e6 ? ['ms', 1e3] : ['s', 1e6];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return unit(Number((micros / size).toFixed(Math.min(digits, 6))), name);
}

/** Microseconds since 1970 as local date and time, to the millisecond. */
export function formatTime(micros) {
  const date = new Date(micros / 1e3);
  if (Number.isNaN(date.getTime())) return 'unknown';
  return `${formatDate(date)} ${formatClock(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function formatDate(date) {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function formatClock(date) {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const two = (value) => String(value).padStart(2, '0');

/** "just now", "3 min ago", "in 2 h". */
export function formatAge(micros, now = Date.now()) {
  const seconds = now / 1e3 - micros / 1e6;
  if (Math.abs(seconds) < 5) return 'just now';
  const age = formatAbout(Math.abs(seconds));
  return seconds > 0 ? `${age} ago` : `in ${age}`;
}

function formatAbout(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h`;
  return plural(Math.round(seconds / 86400), 'day');
}

/** A share as "12 %" or "0.4 %". */
export function formatShare(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.05) return unit('<0.1', '%');
  return unit(percent > 0 && percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent), '%');
}
