const SPACE = '\u202f';

/** Formats 12345 as "12,345". (`Intl.NumberFormat` takes tens of milliseconds to initialise.) */
export const formatCount = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** A name, or what stands for one that is empty or blank. */
export const named = (name, otherwise) => (/\S/.test(name ?? '') ? name : otherwise);

/** Formats "1 span", "12,345 spans". */
export const plural = (count, noun) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Formats microseconds for people: "740 ns", "310 µs", "48.2 ms", "1.24 s", "2 h 5 min", "1 d 3 h". */
export function formatDuration(micros) {
  if (micros < 0) return `−${formatDuration(-micros)}`;
  if (micros > 0 && micros < 0.9995) return unit(trimmed(micros * 1e3, 3), 'ns');
  if (micros < 999.5) return unit(trimmed(micros, 3), 'µs');
  if (micros < 999_500) return unit(trimmed(micros / 1e3, 3), 'ms');
  if (micros < 59_950_000) return unit(trimmed(micros / 1e6, 3), 's');
  const seconds = Math.round(micros / 1e6);
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(minutes, 60, 'h', 'min');
  return pair(Math.round(minutes / 60), 24, 'd', 'h');
}

/** A rate a second as "12/s"; as "3/min" or "5/h" where it is low. */
export function formatRate(rate) {
  if (rate === 0) return '0/s';
  const [value, per] = rate >= 0.995 ? [rate, 's'] : rate * 60 >= 0.995 ? [rate * 60, 'min'] : [rate * 3600, 'h'];
  return `${formatCount(value >= 99.5 ? Math.round(value) : Number(value.toPrecision(2)))}/${per}`;
}

const unit = (value, name) => `${value}${SPACE}${name}`;
const trimmed = (value, digits) => String(Number(value.toPrecision(digits)));

function pair(value, base, large, small) {
  const rest = value % base;
  const head = unit(Math.floor(value / base), large);
  return rest ? `${head} ${unit(rest, small)}` : head;
}

/** The units of the time axis, in microseconds. */
const TICK_UNITS = [['ns', 1e-3], ['µs', 1], ['ms', 1e3], ['s', 1e6]];

/** Formats a tick of the time axis, exact to the axis's step. */
export function formatTick(micros, step) {
  if (Math.abs(micros) >= 60e6) return formatDuration(micros);
  const [name, size] = TICK_UNITS.findLast(([, least]) => (micros === 0 ? step : Math.abs(micros)) >= least) ?? TICK_UNITS[0];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return unit(Number((micros / size).toFixed(Math.min(digits, 6))), name);
}

let isUtc = false;

/** Shows times in UTC from now on, or in local time. */
export function setUtc(on) {
  isUtc = on;
}

/** Formats microseconds since 1970 as date and time with the zone, to the millisecond. */
export function formatTime(micros) {
  const date = new Date(micros / 1e3);
  if (Number.isNaN(date.getTime())) return 'unknown';
  return `${formatDate(date)} ${formatClock(date)}.${String(date.getMilliseconds()).padStart(3, '0')} ${formatZone(date)}`;
}

/** The displayed time zone: "UTC", "UTC+2", "UTC−3:30". */
function formatZone(date) {
  const minutes = isUtc ? 0 : -date.getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest ? `:${two(rest)}` : ''}`;
}

export function formatDate(date) {
  const { year, month, day } = partsOf(date);
  return `${year}-${two(month)}-${two(day)}`;
}

export function formatClock(date) {
  const { hour, minute, second } = partsOf(date);
  return `${two(hour)}:${two(minute)}:${two(second)}`;
}

/** Formats the time, preceded by the date unless it is today's. */
export function formatMoment(micros, now = Date.now()) {
  const date = new Date(micros / 1e3);
  const isToday = formatDate(date) === formatDate(new Date(now));
  return isToday ? formatClock(date) : `${formatDate(date)} ${formatClock(date)}`;
}

function partsOf(date) {
  const at = isUtc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return {
    year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate(),
    hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds(),
  };
}

const two = (value) => String(value).padStart(2, '0');

/** Formats an age: "just now", "3 min ago", "in 2 h". */
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

/** Formats a share as "12 %" or "0.4 %". */
export function formatShare(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.05) return unit('<0.1', '%');
  return unit(percent > 0 && percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent), '%');
}

/**
 * Parses a typed duration with its unit ("100ms", "1.2s", "1h30m") to microseconds; `null` if it is
 * invalid.
 */
export function readDuration(text) {
  if (!/^(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h)\s*)+$/.test(text)) return null;
  const sizes = { ns: 1e-3, us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)/g)];
  return parts.reduce((sum, [, value, name]) => sum + Number(value) * sizes[name], 0);
}
