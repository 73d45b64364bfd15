import { sleep } from './abort.ts';
import type { Clock } from './clock.ts';

/** How many requests may start: `burst` at once, `perSecond` on average. */
export interface RateLimit {
  /** Above 0. */
  readonly perSecond: number;
  /** A whole number of at least 1. */
  readonly burst: number;
}

/** Waits for the caller's turn; ends at once, and gives the turn back, when the signal aborts. */
export type TakeTurn = (signal?: AbortSignal) => Promise<void>;

/** A token bucket: turns are given in the order they were asked for. */
export function openRateLimit(limit: RateLimit | false, clock: Clock): TakeTurn {
  if (limit === false) return async () => undefined;
  const { perSecond, burst } = limit;
  let tokens = burst;
  let at = clock.monotonic();
  return async (signal) => {
    signal?.throwIfAborted();
    const now = clock.monotonic();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond) - 1;
    at = now;
    // Below zero, tokens are promised to those who wait already.
    if (tokens >= 0) return;
    try {
      await sleep((-tokens / perSecond) * 1000, clock, signal);
    } catch (error) {
      tokens += 1;
      throw error;
    }
  };
}
