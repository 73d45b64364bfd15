import { sleep } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';

/** Lets callers go on one by one, evenly, in the order they ask. Rejects with the signal's reason. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** At most `rate` per second; time that was not used is not made up for, so that there are no bursts. */
export function openPace(rate: number | undefined, clock: Clock): Pace {
  if (rate === undefined) return async () => undefined;
  let next = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const now = clock.monotonic();
    const turn = Math.max(now, next);
    next = turn + 1_000 / rate;
    if (turn > now) await sleep(turn - now, clock, signal);
  };
}
