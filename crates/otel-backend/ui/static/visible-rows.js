import { followersOf } from './similar.js';

/**
 * The rows of a trace that the waterfall shows: those not within a collapsed span and, with a filter,
 * those that pass it and their ancestors. Similar siblings are shown as the first of them, until they
 * are unfolded or there is a filter.
 */
export class VisibleRows {
  /** The rows shown, in order. */
  rows;
  /** Spans whose descendants are hidden. */
  collapsed;
  /**
   * For each row: 0 if it fails the filter, 1 if a descendant passes, 2 if it passes. `null` without a
   * filter.
   */
  passing = null;
  #trace;
  /** For each leader, whether all similar rows are shown. */
  #unfolded;
  #followers = new Map();

  constructor(trace) {
    this.#trace = trace;
    this.#unfolded = new Uint8Array(trace.count);
    this.collapsed = new Uint8Array(trace.count);
    this.update();
  }

  /** Sets the filter `passes(row)`, or null for none; returns the number of rows that pass. */
  filter(passes) {
    const { count, parent } = this.#trace;
    let passed = count;
    this.passing = null;
    if (passes) {
      passed = 0;
      this.passing = new Uint8Array(count);
      for (let row = count - 1; row >= 0; row--) {
        if (passes(row)) {
          this.passing[row] = 2;
          passed++;
        }
        if (this.passing[row] && parent[row] >= 0) this.passing[parent[row]] ||= 1;
      }
    }
    this.update();
    return passed;
  }

  /** The rows that a row stands for, including itself; `null` if it stands only for itself. */
  alike(row) {
    if (this.passing || this.#trace.leader[row] !== row || this.#unfolded[row]) return null;
    if (!this.#followers.has(row)) this.#followers.set(row, followersOf(this.#trace, row));
    return this.#followers.get(row);
  }

  /** Returns true if a row is one of several similar ones, folded or not. */
  isAlike(row) {
    return !this.passing && this.#trace.leader[row] >= 0;
  }

  /** Shows all rows similar to this one, or only the first of them. */
  unfold(row, on = true) {
    const leader = this.#trace.leader[row];
    if (leader < 0 || Boolean(this.#unfolded[leader]) === on) return;
    this.#unfolded[leader] = on ? 1 : 0;
    this.update();
  }

  #isFolded(row) {
    const leader = this.#trace.leader[row];
    return leader >= 0 && leader !== row && !this.#unfolded[leader];
  }

  update() {
    const { count, last } = this.#trace;
    const rows = new Int32Array(count);
    let shown = 0;
    for (let row = 0; row < count; ) {
      if (this.passing && !this.passing[row]) {
        // None of its descendants passes either, or it would lead to them.
        row = last[row];
        continue;
      }
      if (!this.passing && this.#isFolded(row)) {
        row++;
        continue;
      }
      rows[shown++] = row;
      row = this.collapsed[row] ? last[row] : row + 1;
    }
    this.rows = rows.subarray(0, shown);
  }

  /**
   * The index in the list of a row, of the row that stands for it, or of its nearest visible ancestor;
   * -1 if none is shown.
   */
  indexOf(row) {
    const { leader, parent } = this.#trace;
    const from = row >= 0 && !this.passing && this.#isFolded(row) ? leader[row] : row;
    for (let wanted = from; wanted >= 0; wanted = parent[wanted]) {
      const index = this.search(wanted);
      if (index >= 0) return index;
    }
    return -1;
  }

  /** The index of a row in the list; -1 if it is not shown. */
  search(row) {
    let low = 0;
    let high = this.rows.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle] === row) return middle;
      if (this.rows[middle] < row) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  hasChildren(row) {
    return this.#trace.last[row] > row + 1;
  }

  toggle(row, collapse = !this.collapsed[row]) {
    if (!this.hasChildren(row)) return;
    this.collapsed[row] = collapse ? 1 : 0;
    this.update();
  }

  /** Expands and unfolds everything that hides a row; returns true if there was anything. */
  show(row) {
    let changed = !this.passing && this.#isFolded(row);
    if (changed) this.#unfolded[this.#trace.leader[row]] = 1;
    for (let above = this.#trace.parent[row]; above >= 0; above = this.#trace.parent[above]) {
      if (this.collapsed[above]) changed = true;
      this.collapsed[above] = 0;
    }
    if (changed) this.update();
    return changed;
  }

  collapseAll() {
    this.#unfolded.fill(0);
    for (let row = 0; row < this.collapsed.length; row++) this.collapsed[row] = this.hasChildren(row) ? 1 : 0;
    this.update();
  }

  expandAll() {
    this.collapsed.fill(0);
    this.#unfolded.fill(1);
    this.update();
  }

  /** Hides the deepest visible level. */
  collapseLevel() {
    const { depth } = this.#trace;
    let deepest = 0;
    for (const row of this.rows) if (depth[row] > deepest) deepest = depth[row];
    if (deepest === 0) return;
    for (const row of this.rows) if (depth[row] === deepest - 1 && this.hasChildren(row)) this.collapsed[row] = 1;
    this.update();
  }

  /** Shows the next level: expands the collapsed spans nearest to the root. */
  expandLevel() {
    const { depth } = this.#trace;
    let nearest = Infinity;
    for (const row of this.rows) if (this.collapsed[row] && depth[row] < nearest) nearest = depth[row];
    for (const row of this.rows) if (this.collapsed[row] && depth[row] === nearest) this.collapsed[row] = 0;
    this.update();
  }
}
