/** Pairs of two 32-bit numbers, each once, numbered as they come, each with the number of the one it came from. */
export class StateTable {
  #first = new Int32Array(1 << 16);
  #second = new Int32Array(1 << 16);
  #parent = new Int32Array(1 << 16);
  /** Numbers plus one; 0 is free. */
  #slots = new Int32Array(1 << 18);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  first(index: number): number {
    return this.#first[index] ?? 0;
  }

  second(index: number): number {
    return this.#second[index] ?? 0;
  }

  parent(index: number): number {
    return this.#parent[index] ?? -1;
  }

  /** Whether it is new; its number is then `size - 1`. */
  add(first: number, second: number, parent: number): boolean {
    const slot = this.#slotOf(first, second);
    if (this.#slots[slot] !== 0) return false;
    if (this.#size === this.#first.length) this.#grow();
    this.#first[this.#size] = first;
    this.#second[this.#size] = second;
    this.#parent[this.#size] = parent;
    this.#slots[slot] = ++this.#size;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return true;
  }

  find(first: number, second: number): number {
    return (this.#slots[this.#slotOf(first, second)] ?? 0) - 1;
  }

  #slotOf(first: number, second: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const number = this.#slots[slot] ?? 0;
      if (number === 0) return slot;
      if (this.#first[number - 1] === first && this.#second[number - 1] === second) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#first = doubled(this.#first);
    this.#second = doubled(this.#second);
    this.#parent = doubled(this.#parent);
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let index = 0; index < this.#size; index++) {
      this.#slots[this.#slotOf(this.first(index), this.second(index))] = index + 1;
    }
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
