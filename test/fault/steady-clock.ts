import type { Clock } from '../../src/core/clock.ts';

export interface SteadyClock extends Clock, Disposable {
  /** Time stands; what is due now still happens. */
  pause(): void;
  resume(): void;
}

/** Turns of the event loop in one step of time. A server accepts one connection in a turn, so this many, at least, in a step. */
const TURNS = 20;

/**
 * Time that goes on by `step` milliseconds whenever the event loop has turned twenty times (at most once a millisecond).
 * Client and nodes share it, so a busy machine slows time down with them: a request that was sent has arrived long before
 * a time limit is over, and no margin between two limits is ever too small.
 */
export function steadyClock(step = 4): SteadyClock {
  const timers = new Set<{ readonly callback: () => void; readonly at: number }>();
  let time = 0;
  let moves = step;
  let stopped = false;
  const tick = () => {
    time += moves;
    const due = [...timers].filter(({ at }) => at <= time).sort((one, other) => one.at - other.at);
    // An earlier one may have cancelled a later one.
    for (const timer of due) if (timers.delete(timer)) timer.callback();
    if (!stopped) setTimeout(turn, 1, TURNS);
  };
  const turn = (left: number) => {
    if (left === 0) tick();
    else setImmediate(turn, left - 1);
  };
  turn(TURNS);
  return {
    now: () => Date.now(),
    monotonic: () => time,
    setTimer: (callback, delay) => {
      const timer = { callback, at: time + delay };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    pause: () => {
      moves = 0;
    },
    resume: () => {
      moves = step;
    },
    [Symbol.dispose]: () => {
      stopped = true;
    },
  };
}
