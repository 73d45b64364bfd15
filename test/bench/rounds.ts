import { profile } from './profile.ts';

/** What one side did in all rounds. */
export interface Compared {
  /** Medians, in the unit of what the sides return. */
  readonly ours: number;
  readonly floor: number;
  /** The median of the rounds' own ratios, ours by floor: what slows a whole round down leaves it as it is. */
  readonly ratio: number;
}

/** Gets the number of the round and gives a figure, such as milliseconds. */
export type Side = (round: number) => Promise<number>;

const ROUNDS = 20;
const WARM_UP = 2;

/**
 * Both sides in turn, some rounds unheard to warm up; who is first changes with each round. No garbage is collected by
 * force in between: that throws compiled code away as well, which no caller's process does.
 */
export async function compare(sides: { ours: Side; floor: Side }): Promise<Compared> {
  const heard: { ours: number; floor: number }[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const figures = { ours: 0, floor: 0 };
    const order = round % 2 === 0 ? (['ours', 'floor'] as const) : (['floor', 'ours'] as const);
    for (const side of order) {
      figures[side] = await sides[side](round);
    }
    if (round >= 0) heard.push(figures);
  }
  if (process.argv.includes('--profile')) process.stderr.write(await profile(sides));
  return {
    ours: median(heard.map(({ ours }) => ours)),
    floor: median(heard.map(({ floor }) => floor)),
    ratio: median(heard.map(({ ours, floor }) => ours / floor)),
  };
}

/** The milliseconds that `work` takes. */
export async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
