import type { Clock } from '../../src/core/clock.ts';

/** Time in which waits of at most `longest` milliseconds pass at once, and longer ones never do. */
export function eagerClock(longest: number): Clock & { readonly waits: readonly number[] } {
  let now = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    monotonic: () => now,
    setTimer: (callback, delay) => {
      if (delay > longest) return () => undefined;
      waits.push(delay);
      const timer = setImmediate(() => {
        now += delay;
        callback();
      });
      return () => clearImmediate(timer);
    },
  };
}
