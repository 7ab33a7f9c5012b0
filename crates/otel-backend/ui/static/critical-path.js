import { CRITICAL } from './columns.js';

/**
 * The critical path of a trace: the times in which the root waited only for that span.
 *
 * Walks back from the end of the first root. At each moment, the child that finished last before it is
 * the one that was waited for; if no child ran, it was the span itself. If a child begins before its
 * parent or outlives it, only the time within the parent counts.
 *
 * Sets CRITICAL on the spans of the path. The pieces of row k are [pathStart[j], pathEnd[j]) for j
 * from pathFrom[k] up to pathFrom[k + 1].
 */
export function criticalPath(tree) {
  const pieces = collectPieces(tree);
  pieces.sort((a, b) => a.span - b.span || a.start - b.start);
  const pathFrom = new Int32Array(tree.count + 1);
  const pathStart = new Float64Array(pieces.length);
  const pathEnd = new Float64Array(pieces.length);
  pieces.forEach(({ span, start, end }, j) => {
    pathStart[j] = start;
    pathEnd[j] = end;
    pathFrom[span + 1]++;
    tree.flags[span] |= CRITICAL;
  });
  for (let k = 0; k < tree.count; k++) pathFrom[k + 1] += pathFrom[k];
  return { pathFrom, pathStart, pathEnd };
}

/** Stands in for the critical path of an incomplete trace, or of one that is not drawn. */
export function noPath({ count }) {
  return { pathFrom: new Int32Array(count + 1), pathStart: new Float64Array(0), pathEnd: new Float64Array(0) };
}

function collectPieces(tree) {
  if (tree.count === 0) return [];
  const { start, duration } = tree;
  const pieces = [];
  const frames = [frameOf(tree, 0, start[0], start[0] + Math.max(0, duration[0]))];
  while (frames.length) {
    const frame = frames[frames.length - 1];
    const child = nextChild(tree, frame);
    const from = child < 0 ? Math.min(frame.from, frame.until) : Math.min(endOf(tree, child), frame.until);
    if (from < frame.until) pieces.push({ span: frame.span, start: from, end: frame.until });
    if (child < 0) {
      frames.pop();
      continue;
    }
    frame.until = Math.max(start[child], frame.from);
    frames.push(frameOf(tree, child, frame.until, from));
  }
  return pieces;
}

/** The walk back through a span goes from `until`, its current position, to `from`. */
function frameOf(tree, span, from, until) {
  const children = [];
  for (let child = span + 1; child < tree.last[span]; child = tree.last[child]) children.push(child);
  children.sort((a, b) => endOf(tree, a) - endOf(tree, b));
  return { span, from, until, end: until, children };
}

/** The child that finished last before the frame's moment, or -1. */
function nextChild({ start, duration }, frame) {
  while (frame.children.length) {
    const child = frame.children.pop();
    const end = Math.min(start[child] + duration[child], frame.end);
    if (end <= frame.until && start[child] < frame.until && end > frame.from && duration[child] > 0) return child;
  }
  return -1;
}

const endOf = ({ start, duration }, span) => start[span] + Math.max(0, duration[span]);
