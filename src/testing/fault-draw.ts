/**
 * Numbers in [0, 1) that look random and are not: the n-th one drawn for a key depends on the seed, the key and n, and
 * on nothing that happened to other keys in between. So a concurrent run meets the same faults every time.
 *
 * The key is hashed to 64 bits after cyrb53 (two multiply-and-xor lanes), the draws are the stream of a splitmix32
 * that starts there.
 */
export function seededDraws(seed: number): (key: readonly string[]) => number {
  // By a 53-bit hash and not by the words, so that a plan that sees millions of keys does not keep their text.
  const drawn = new Map<number, number>();
  return (key) => {
    const { high, low } = hash(seed, key);
    const slot = (high & 0x1fffff) * 2 ** 32 + low;
    const nth = (drawn.get(slot) ?? 0) + 1;
    drawn.set(slot, nth);
    return splitmix32(low ^ high, nth) / 2 ** 32;
  };
}

function hash(seed: number, key: readonly string[]): { high: number; low: number } {
  let one = 0xdeadbeef ^ seed;
  // A seed may have more than 32 bits.
  let two = 0x41c6ce57 ^ Math.floor(seed / 2 ** 32) ^ Math.imul(seed, 0x9e3779b1);
  for (const word of key) {
    for (let index = 0; index < word.length; index++) {
      const unit = word.charCodeAt(index);
      one = Math.imul(one ^ unit, 0x9e3779b1);
      two = Math.imul(two ^ unit, 0x5f356495);
    }
    // No code unit is that large: ('ab', 'c') must not be ('a', 'bc').
    one = Math.imul(one ^ 0x10000, 0x9e3779b1);
    two = Math.imul(two ^ 0x10000, 0x5f356495);
  }
  return { high: finish(one, two), low: finish(two, one) };
}

function finish(own: number, other: number): number {
  const mixed = Math.imul(own ^ (own >>> 16), 0x85ebca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function splitmix32(start: number, nth: number): number {
  let state = (start + Math.imul(nth, 0x9e3779b9)) | 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return (state ^ (state >>> 15)) >>> 0;
}
