import { CYCLE, DUPLICATE, EARLY, FOLLOWS, ORPHAN, UNPLACED } from './columns.js';

/**
 * A start that is further than this from the others' is invalid: a clock that was not set, or a number
 * in another unit.
 */
const FAR_MICROS = 365 * 86400e6;

/**
 * Arranges the spans of a trace as a tree, in the order of the waterfall: every span is followed by
 * its descendants, siblings are ordered by start.
 *
 * Real traces are not always trees. A span whose parent is missing becomes a root and is marked; of
 * spans that share an id the first is the parent of their children; a cycle is cut at its earliest
 * span; a span without a valid start is placed at its parent. A span may be linked to itself or to its
 * descendants, which makes no cycle.
 */
export function arrange(columns) {
  const { parents, flags } = linkParents(columns);
  const start = placed(columns, parents, flags);
  cutCycles(parents, flags, start);
  const sorted = byStart(columns, start);
  const { firstChild, nextSibling } = linkChildren(parents, sorted);
  const order = new Int32Array(columns.count);
  const depth = new Int32Array(columns.count);
  let filled = 0;

  const visit = (root) => {
    let span = root;
    let level = 0;
    for (;;) {
      depth[filled] = level;
      order[filled++] = span;
      let next = firstChild[span];
      if (next >= 0) level++;
      while (next < 0 && span !== root) {
        next = nextSibling[span];
        if (next >= 0) break;
        span = parents[span];
        level--;
      }
      if (next < 0) return;
      span = next;
    }
  };

  for (const span of sorted) if (parents[span] < 0) visit(span);
  return reordered(columns, { order, depth, parents, flags, start });
}

function linkParents({ count, id, parentId, flags: given, ids }) {
  const owner = new Int32Array(ids.size).fill(-1);
  const flags = given.slice(0, count);
  for (let i = 0; i < count; i++) {
    if (id[i] < 0) continue;
    if (owner[id[i]] < 0) owner[id[i]] = i;
    else {
      flags[i] |= DUPLICATE;
      flags[owner[id[i]]] |= DUPLICATE;
    }
  }
  const parents = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    parents[i] = parentId[i] < 0 ? -1 : owner[parentId[i]];
    if (parents[i] < 0 && parentId[i] >= 0) flags[i] |= ORPHAN;
  }
  return { parents, flags };
}

/** The starts; a span without a valid one gets that of its nearest ancestor that has one. */
function placed({ count, start: sent, epoch }, parents, flags) {
  const start = sent.slice(0, count);
  if (areNear(start)) return start;
  const known = start.filter((moment) => !Number.isNaN(moment)).sort();
  const middle = known.length ? known[known.length >> 1] : 0;
  const isFar = (i) => !(Math.abs(sent[i] - middle) <= FAR_MICROS);
  const first = known.find((moment) => Math.abs(moment - middle) <= FAR_MICROS) ?? -epoch;
  for (let i = 0; i < count; i++) {
    if (!isFar(i)) continue;
    flags[i] |= UNPLACED;
    let above = parents[i];
    for (let steps = 0; above >= 0 && isFar(above) && steps < count; steps++) above = parents[above];
    start[i] = above >= 0 && !isFar(above) ? sent[above] : first;
  }
  return start;
}

/** Returns true if all are known and within the same year; NaN is near to nothing. */
function areNear(moments) {
  let [least, most] = [Infinity, -Infinity];
  for (const moment of moments) {
    if (Number.isNaN(moment)) return false;
    if (moment < least) least = moment;
    if (moment > most) most = moment;
  }
  return most - least <= FAR_MICROS;
}

/**
 * Orders by start; of spans that start together the longer comes first, since it is probably the
 * parent.
 */
function byStart({ count, duration }, start) {
  const order = (a, b) => start[a] - start[b] || duration[b] - duration[a] || a - b;
  const sorted = new Int32Array(count);
  let isSorted = true;
  for (let i = 0; i < count; i++) {
    sorted[i] = i;
    isSorted &&= i === 0 || order(i - 1, i) < 0;
  }
  // As a backend that sends them in this order has made them.
  return isSorted ? sorted : sorted.sort(order);
}

function linkChildren(parents, sorted) {
  const firstChild = new Int32Array(parents.length).fill(-1);
  const nextSibling = new Int32Array(parents.length).fill(-1);
  for (let k = sorted.length - 1; k >= 0; k--) {
    const span = sorted[k];
    const parent = parents[span];
    if (parent < 0) continue;
    nextSibling[span] = firstChild[parent];
    firstChild[parent] = span;
  }
  return { firstChild, nextSibling };
}

/** Makes a root of one span of each cycle. */
function cutCycles(parents, flags, start) {
  /** The walk upwards on which a span was met; 0 for none yet. */
  const walk = new Int32Array(parents.length);
  for (let from = 0; from < parents.length; from++) {
    let span = from;
    while (span >= 0 && walk[span] === 0) {
      walk[span] = from + 1;
      span = parents[span];
    }
    if (span < 0 || walk[span] !== from + 1) continue;
    const root = rootOfCycle(span, parents, flags, start);
    parents[root] = -1;
    if (!(flags[root] & FOLLOWS)) flags[root] |= CYCLE;
  }
}

/** The earliest span of the cycle with this one, but rather one that is in it only by a link. */
function rootOfCycle(span, parents, flags, start) {
  let root = span;
  for (let other = parents[span]; other !== span; other = parents[other]) {
    const byLink = (flags[other] & FOLLOWS) - (flags[root] & FOLLOWS);
    if (byLink > 0 || (byLink === 0 && start[other] < start[root])) root = other;
  }
  return root;
}

function reordered(columns, { order, depth, parents, flags, start }) {
  const count = order.length;
  const position = new Int32Array(count);
  for (let k = 0; k < count; k++) position[order[k]] = k;
  const tree = {
    count,
    order,
    depth,
    parent: new Int32Array(count),
    /** One past the last descendant. */
    last: new Int32Array(count),
    start: new Float64Array(count),
    duration: new Float64Array(count),
    operation: new Int32Array(count),
    process: new Int32Array(count),
    flags: new Uint16Array(count),
  };
  for (let k = 0; k < count; k++) {
    const i = order[k];
    const parent = parents[i] < 0 ? -1 : position[parents[i]];
    tree.parent[k] = parent;
    tree.start[k] = start[i];
    // A duration that was counted from 1970 is invalid.
    tree.duration[k] = flags[i] & UNPLACED && columns.duration[i] > FAR_MICROS ? 0 : columns.duration[i];
    tree.operation[k] = columns.operation[i];
    tree.process[k] = columns.process[i];
    tree.flags[k] = flags[i] | (parent >= 0 && tree.start[k] < tree.start[parent] ? EARLY : 0);
  }
  for (let k = count - 1; k >= 0; k--) {
    if (tree.last[k] === 0) tree.last[k] = k + 1;
    const parent = tree.parent[k];
    if (parent >= 0 && tree.last[parent] === 0) tree.last[parent] = tree.last[k];
  }
  return { ...tree, ...reorderedEvents(columns, order) };
}

/** The events of row k are eventTime[eventsFrom[k]] up to eventTime[eventsFrom[k + 1]]. */
function reorderedEvents(columns, order) {
  const eventsFrom = new Int32Array(order.length + 1);
  const eventTime = new Float64Array(columns.events);
  let filled = 0;
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    eventsFrom[k] = filled;
    const from = i === 0 ? 0 : columns.eventsEnd[i - 1];
    for (let e = from; e < columns.eventsEnd[i]; e++) eventTime[filled++] = columns.eventTime[e];
  }
  eventsFrom[order.length] = filled;
  return { eventsFrom, eventTime };
}

/** The time of each span in which none of its children ran. */
export function selfTimes({ count, parent, start, duration }) {
  const self = new Float64Array(count);
  const coveredTo = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    self[k] = Math.max(0, duration[k]);
    coveredTo[k] = start[k];
    const p = parent[k];
    if (p < 0) continue;
    const end = Math.min(start[k] + duration[k], start[p] + duration[p]);
    const from = Math.max(start[k], coveredTo[p]);
    if (end <= from) continue;
    self[p] -= end - from;
    coveredTo[p] = end;
  }
  return self;
}
