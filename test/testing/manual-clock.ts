import type { Clock } from '../../src/core/clock.ts';

/** Time that stands until it is told to go on. */
export function manualClock() {
  let now = 0;
  const timers = new Map<() => void, number>();
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimer: (callback, delay) => {
      const fire = () => callback();
      timers.set(fire, now + delay);
      return () => {
        timers.delete(fire);
      };
    },
  };
  const advance = (by: number) => {
    now += by;
    for (const [fire, at] of [...timers]) {
      if (at > now) continue;
      timers.delete(fire);
      fire();
    }
  };
  return { ...clock, advance, running: () => timers.size };
}
