import { randomInt } from 'node:crypto';

/** A name that begins with `prefix`, cut so that there is room for five random characters in 63. */
export function generateName(prefix: string): string {
  const suffix = Array.from({ length: 5 }, () => SUFFIX_CHARACTERS[randomInt(SUFFIX_CHARACTERS.length)]);
  return prefix.slice(0, MAX_PREFIX) + suffix.join('');
}

/** The letters and digits that real ones draw from: none that could spell a word. */
const SUFFIX_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** A name is a label's value, too, of at most 63 characters. */
const MAX_PREFIX = 58;
