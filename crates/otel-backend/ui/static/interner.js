/**
 * Gives equal byte strings the same small number, and keeps one copy of each.
 *
 * A trace of 100,000 spans names 200,000 span ids. Making a JavaScript string of each would cost
 * more than reading the rest of the trace, so they are hashed and compared as the bytes they are.
 */
export class Interner {
  size = 0;
  #bytes = new Uint8Array(4096);
  #ends = new Int32Array(256);
  #hashes = new Int32Array(256);
  #slots = new Int32Array(1024).fill(-1);

  /** The number of the string at [from, to) of `bytes`. */
  intern(bytes, from, to) {
    const hash = hashOf(bytes, from, to);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot];
      if (index < 0) return this.#add(slot, hash, bytes, from, to);
      if (this.#hashes[index] === hash && this.#holds(index, bytes, from, to)) return index;
    }
  }

  /** The bytes of the string with that number. */
  get(index) {
    return this.#bytes.subarray(this.#start(index), this.#ends[index]);
  }

  #start(index) {
    return index === 0 ? 0 : this.#ends[index - 1];
  }

  #holds(index, bytes, from, to) {
    const start = this.#start(index);
    const length = to - from;
    if (this.#ends[index] - start !== length) return false;
    const own = this.#bytes;
    for (let i = 0; i < length; i++) if (own[start + i] !== bytes[from + i]) return false;
    return true;
  }

  #add(slot, hash, bytes, from, to) {
    const index = this.size++;
    if (index === this.#ends.length) {
      this.#ends = doubled(this.#ends);
      this.#hashes = doubled(this.#hashes);
    }
    const start = this.#start(index);
    const end = start + to - from;
    while (end > this.#bytes.length) this.#bytes = doubled(this.#bytes);
    this.#bytes.set(bytes.subarray(from, to), start);
    this.#ends[index] = end;
    this.#hashes[index] = hash;
    this.#slots[slot] = index;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return index;
  }

  #rehash() {
    const slots = new Int32Array(this.#slots.length * 4).fill(-1);
    const mask = slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = this.#hashes[index] & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.#slots = slots;
  }
}

/** A typed array of twice the length that begins with the values of `array`. */
export function doubled(array) {
  const larger = new array.constructor(array.length * 2);
  larger.set(array);
  return larger;
}

function hashOf(bytes, from, to) {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash ^ (hash >>> 15);
}
