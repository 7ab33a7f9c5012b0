import { el } from './dom.js';
import { formatCount, formatDuration, formatRate, formatShare, named, plural } from './format.js';
import { navigate } from './route.js';
import { changesOf, shareOf } from './service-changes.js';
import { quoted } from './service-data.js';
import { plainTable } from './plain-table.js';
import { sparkLine } from './spark-line.js';
import { TimeChart } from './time-chart.js';
import { lengthsOf } from './windows.js';

/** The colours of the lines in the latency chart, from the median up. */
const LATENCY_COLOURS = ['--s5', '--s0', '--s6'];
/** The texts for changes. */
const CHANGES = {
  errors: ['More errors', ({ now, before }) => `${formatShare(shareOf(before))} → ${formatShare(shareOf(now))} of its spans`],
  slower: ['Slower', ({ now, before }) => `p95 ${formatDuration(before.p95)} → ${formatDuration(now.p95)}`],
  new: ['New', ({ now }) => plural(now.count, 'span')],
  gone: ['Gone', ({ before }) => `${plural(before.count, 'span')} before, none now`],
};

export function section(title, ...content) {
  return el('section', { 'aria-label': title }, el('h2', {}, title), content);
}

/** Rate, errors and latency over time. A click or a drag leads to the traces of that time. */
export function charts({ window, operations, latencies }, links, signal) {
  const seconds = lengthsOf(window);
  const sums = (key) => seconds.map((_, step) => operations.reduce((sum, { now }) => sum + now[key][step], 0));
  const [counts, failures] = [sums('values'), sums('failures')];
  const chart = (title, format, series, { bars, conditions = [] } = {}) => {
    const made = new TimeChart({ title, bars, format, picked: (from, to) => navigate(links.spansIn({ from, to }, ...conditions)) }, signal);
    const latest = (values) => values.findLast((value) => value !== null);
    made.set(window, series.map((one) => ({ ...one, said: latest(one.values) === undefined ? '–' : format(latest(one.values)) })));
    return made.node;
  };
  return el('div.charts', {},
    chart('Rate', formatRate, [{ name: 'spans', values: counts.map((count, step) => count / seconds[step]), colour: '--s0' }], { bars: true }),
    chart('Errors', formatShare, [{ name: 'failed', values: failures.map((count, step) => (counts[step] ? count / counts[step] : null)), colour: '--error' }], { conditions: ['status = error'] }),
    chart('Latency', formatDuration, latencies.map((line, at) => ({ ...line, colour: LATENCY_COLOURS[at] }))));
}

/** The differences between the operations and those of the previous window. */
export function changes({ operations, before }, links) {
  const title = `Changed against the ${links.lookback} before`;
  if (!operations.some(({ before: then }) => then.count)) return section(title, el('p', {}, 'Nothing was recorded in the time before, so there is nothing to compare with.'));
  const found = changesOf(operations);
  if (!found.length) return section(title, el('p', {}, 'No operation became slower, fails more often, is new or is gone.'));
  return section(title, el('ul.changes', {}, found.map(({ kind, operation }) => {
    const [name, say] = CHANGES[kind];
    return el('li', { class: kind }, el('b', {}, name), ' ', el('a', { href: changed(kind, operation, before, links) }, nameOf(operation)), ' ', el('span', {}, say(operation)));
  })));
}

/** The traces that show a change: the failed, the slow, the new ones, or those of the previous window. */
function changed(kind, { name, before: then }, before, links) {
  const named = `name = ${quoted(name)}`;
  if (kind === 'gone') return links.spansIn(before, named);
  const more = { errors: ['status = error'], slower: [`duration > ${Math.round(then.p95)}us`], new: [] }[kind];
  return links.spans(named, ...more);
}

export function operationTable({ operations, window }, links) {
  const seconds = lengthsOf(window).reduce((sum, length) => sum + length, 0);
  const rows = operations.filter(({ now }) => now.count).map(({ name, now }) => ({ name, ...now }));
  const link = (text, { name }, ...conditions) => el('a', { href: links.spans(`name = ${quoted(name)}`, ...conditions) }, text);
  const latency = (key) => ({ title: key, by: (row) => row[key], cell: (row) => link(formatDuration(row[key]), row, `duration >= ${Math.floor(row[key])}us`) });
  return section(plural(rows.length, 'operation'), plainTable('Operations', rows, [
    { title: 'Operation', by: nameOf, cell: (row) => link(nameOf(row), row), isText: true },
    { title: 'Rate', by: ({ count }) => count, cell: ({ count }) => formatRate(count / seconds) },
    { title: 'Spans', by: ({ count }) => count, cell: ({ count }) => formatCount(count) },
    { title: 'Over time', cell: (row) => sparkLine(row.values, `${nameOf(row)}: at most ${plural(Math.max(...row.values), 'span')} in ${formatDuration(window.step * 1e6)}`) },
    { title: 'Errors', by: shareOf, cell: (row) => failedShare(row, (text) => link(text, row, 'status = error')), isBad: ({ errors }) => errors > 0 },
    latency('p50'), latency('p95'), latency('p99'),
  ], 1));
}

export function versionTable(versions, links) {
  const link = (text, { version }, ...conditions) => el('a', { href: links.spans(`resource.service.version = ${quoted(version)}`, ...conditions) }, text);
  return section('Versions', plainTable('Versions', versions, [
    { title: 'Version', by: ({ version }) => version, cell: (row) => link(row.version, row), isText: true },
    { title: 'Spans', by: ({ count }) => count, cell: ({ count }) => formatCount(count) },
    { title: 'Errors', by: shareOf, cell: (row) => failedShare(row, (text) => link(text, row, 'status = error')), isBad: ({ errors }) => errors > 0 },
    { title: 'p95', by: ({ p95 }) => p95, cell: ({ p95 }) => formatDuration(p95) },
  ], 1));
}

export function neighbourTables({ callers, callees }, { from, to }, links) {
  const spansOf = (name) => `{ resource.service.name = ${quoted(name)} }`;
  const own = spansOf(links.service);
  const table = (title, rows, query, none) => section(title, rows.length ? plainTable(title, rows, [
    { title: 'Service', by: ({ name }) => name, cell: ({ name }) => el('a', { href: links.other(name) }, name), isText: true },
    { title: 'Calls', by: ({ calls }) => calls, cell: ({ name, calls }) => el('a', { href: links.search(query(name)) }, formatCount(calls)) },
    { title: 'Rate', by: ({ calls }) => calls, cell: ({ calls }) => formatRate(calls / (to - from)) },
  ], 1) : el('p', {}, none));
  return el('div.pair', {},
    table('Callers', callers, (name) => `${spansOf(name)} > ${own}`, 'No other service calls it.'),
    table('Callees', callees, (name) => `${own} > ${spansOf(name)}`, 'It calls no other service.'));
}

/** The exceptions by type; `null` if the backend cannot list them. */
export function exceptionTable(exceptions, links) {
  if (!exceptions) return section('Exceptions', el('p', {}, 'The backend could not tell them.'));
  if (!exceptions.length) return section('Exceptions', el('p', {}, 'Its spans recorded none.'));
  const search = (type) => links.search(`{ resource.service.name = ${quoted(links.service)} && event.exception.type = ${quoted(type)} }`);
  return section('Exceptions', plainTable('Exceptions', exceptions, [
    { title: 'Type', by: ({ type }) => type, cell: ({ type }) => el('a', { href: search(type) }, type), isText: true },
    { title: 'Spans', by: ({ count }) => count, cell: ({ count }) => formatCount(count) },
    { title: 'Last message', by: ({ message }) => message, cell: ({ message }) => message.slice(0, 300), isText: true },
  ], 1));
}

const nameOf = ({ name }) => named(name, '(no name)').slice(0, 200);
const failedShare = (row, link) => (row.errors ? link(formatShare(shareOf(row))) : '–');
