import { ERROR } from './columns.js';
import { formatCount, formatDuration, formatTick, formatTime } from './format.js';
import { inkOf, paletteNow } from './palette.js';
import { durationOf, hasFlag, operationOf, serviceOf } from './span-text.js';
import { svg } from './svg.js';

const WIDTH = 1400;
const NAMES = 420;
const MARGIN = 16;
const HEAD = 64;
const ROW = 22;
const INDENT = 12;
const MAX_INDENT = 16;
/** The space to the right for a duration beside its bar. */
const LABEL = 90;
/** The most rows in a picture. */
const MAX_ROWS = 1000;
/** Characters that XML does not allow. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** A PNG has two pixels for each of the drawing, so far as canvases go. */
const SHARPNESS = 2;
const MAX_PIXELS = 16_000;

/** The rows that are shown, in the time that is shown and in the colours of the theme, as a file: "svg" or "png". */
export async function imageOf(format, trace, visible, range) {
  const { drawing, height } = draw(trace, visible, range);
  const text = new XMLSerializer().serializeToString(drawing);
  return format === 'svg' ? new Blob([text], { type: 'image/svg+xml' }) : asPng(text, height);
}

/** The drawing in pixels. */
async function asPng(text, height) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
  await image.decode();
  const scale = Math.min(SHARPNESS, MAX_PIXELS / height);
  const canvas = new OffscreenCanvas(Math.ceil(WIDTH * scale), Math.ceil(height * scale));
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/png' });
}

function draw(trace, visible, range) {
  const rows = visible.rows.subarray(0, MAX_ROWS);
  const height = HEAD + (rows.length + (rows.length < visible.rows.length ? 1 : 0)) * ROW + MARGIN;
  const ink = (name) => inkOf(`--${name}`);
  const bars = { left: MARGIN + NAMES, width: WIDTH - 2 * MARGIN - NAMES - LABEL };
  const drawing = svg('svg', { xmlns: 'http://www.w3.org/2000/svg', width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`, 'font-family': 'system-ui, sans-serif', 'font-size': 12 },
    svg('rect', { width: WIDTH, height, fill: ink('ground') }),
    heading(trace, ink), axis(range, bars, height, ink),
    [...rows].map((row, at) => rowOf(trace, row, visible.alike(row), HEAD + at * ROW, range, bars, ink)),
    rows.length < visible.rows.length ? text(MARGIN, height - MARGIN, `and ${formatCount(visible.rows.length - rows.length)} more rows`, ink('text-2')) : '');
  return { drawing, height };
}

function heading(trace, ink) {
  const { root, epoch, begin, end, count, id } = trace;
  const title = `${serviceOf(trace, root)}: ${operationOf(trace, root).slice(0, 120)}`;
  const facts = `${formatTime(epoch + begin)} · ${formatDuration(end - begin)} · ${formatCount(count)} spans · trace ID ${id}`;
  return [text(MARGIN, 22, title, ink('text'), { 'font-size': 15, 'font-weight': 600 }), text(MARGIN, 40, facts, ink('text-2'))];
}

function axis(range, { left, width }, height, ink) {
  const { step, ticks } = range.ticks(width);
  const scale = width / (range.to - range.from);
  return ticks.map((tick) => ({ tick, x: left + (range.begin + tick - range.from) * scale })).map(({ tick, x }) => [
    svg('line', { x1: x, x2: x, y1: HEAD - 6, y2: height - MARGIN, stroke: ink('line') }),
    text(x + 3, HEAD - 8, formatTick(tick, step), ink('text-2'), { 'font-size': 11 }),
  ]);
}

/** One row; similar spans folded into one line are one bar. */
function rowOf(trace, row, alike, y, range, { left, width }, ink) {
  const spans = alike ?? [row];
  const start = trace.start[row];
  const end = [...spans].reduce((last, span) => Math.max(last, trace.start[span] + Math.max(0, trace.duration[span])), start);
  const x = (moment) => left + Math.max(0, Math.min(1, (moment - range.from) / (range.to - range.from))) * width;
  const indent = Math.min(trace.depth[row], MAX_INDENT) * INDENT;
  const isFailed = hasFlag(trace, row, ERROR);
  const name = `${operationOf(trace, row)}${alike ? ` ×${formatCount(alike.length)}` : ''}`;
  const room = Math.floor((NAMES - indent - 16) / 7);
  const isOutside = end < range.from || start > range.to;
  return svg('g', {},
    svg('rect', { x: MARGIN + indent, y: y + 4, width: 4, height: 14, fill: colourOf(trace, row) }),
    text(MARGIN + indent + 10, y + 15, name.length > room ? `${name.slice(0, room - 1)}…` : name, ink(isFailed ? 'error' : 'text')),
    isOutside ? '' : [
      svg('rect', { x: x(start), y: y + 5, width: Math.max(2, x(end) - x(start)), height: 12, rx: 2, fill: colourOf(trace, row) }),
      text(x(end) + 6, y + 15, `${alike ? formatDuration(end - start) : durationOf(trace, row)}${isFailed ? ' error' : ''}`, ink(isFailed ? 'error' : 'text-2')),
    ]);
}

function text(x, y, content, fill, more = {}) {
  return svg('text', { x, y, fill, ...more }, content.replace(FORBIDDEN, '\ufffd'));
}

const colourOf = (trace, row) => `rgb(${paletteNow()[trace.colours[trace.service[row]]].join(' ')})`;
