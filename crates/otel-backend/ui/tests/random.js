/** Random values that are the same in every run. A failing test reports the seed of its case. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  /** An integer of at least 0 and less than `limit`. */
  below(limit) {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** True once in `times`, on average. */
  once(times) {
    return this.below(times) === 0;
  }

  of(list) {
    return list[this.below(list.length)];
  }

  list(length, make) {
    return Array.from({ length: this.below(length + 1) }, make);
  }

  shuffled(list) {
    return list.map((value) => [this.below(1 << 30), value]).sort(([a], [b]) => a - b).map(([, value]) => value);
  }
}

/** Runs a check with so many seeds. */
export function forSeeds(count, check) {
  for (let seed = 1; seed <= count; seed++) {
    try {
      check(new Random(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
