import type { Random } from '../../core/clock.ts';
import { seededDraws } from '../fault-draw.ts';

/** Chance, repeatable: every draw follows from the seed, the purpose and the draws before it. */
export interface Draws {
  readonly random: Random;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  chance(probability: number): boolean;
  one<T>(of: readonly [T, ...T[]]): T;
}

/** Draws of one purpose do not shift those of another. */
export function drawsOf(seed: number, purpose: string): Draws {
  const random = stream(seed, purpose);
  return {
    random,
    whole: (least, most) => least + Math.floor(random() * (most - least + 1)),
    chance: (probability) => random() < probability,
    one: (of) => of[Math.floor(random() * of.length)] ?? of[0],
  };
}

/** sfc32, of Chris Doty-Humphrey's PractRand: quick, and good enough for a run of any length. */
function stream(seed: number, purpose: string): Random {
  const start = seededDraws(seed);
  const word = () => (start([purpose]) * 2 ** 32) | 0;
  let [a, b, c, counter] = [word(), word(), word(), 1];
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}
