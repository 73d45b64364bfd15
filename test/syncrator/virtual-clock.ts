import type { Clock } from '../../src/core/clock.ts';

/** The time limit of requests in tests on this clock: while a timer of this length runs, a request is under way. */
export const REQUEST = 29_999;

interface Timer {
  readonly callback: () => void;
  readonly at: number;
  readonly delay: number;
}

/** Time that goes on only when nobody waits for an answer, and then to the next timer at once. */
export function virtualClock() {
  const timers = new Set<Timer>();
  let time = 0;
  const clock: Clock = {
    now: () => Date.UTC(2020, 4, 20) + time,
    monotonic: () => time,
    setTimer: (callback, delay) => {
      const timer = { callback, at: time + delay, delay };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
  };
  const advance = (by: number) => {
    time += by;
    const due = [...timers].filter(({ at }) => at <= time).sort((one, other) => one.at - other.at);
    for (const timer of due) if (timers.delete(timer)) timer.callback();
  };
  const step = () => {
    const pending = [...timers];
    if (pending.length === 0 || pending.some(({ delay }) => delay === REQUEST)) return;
    advance(Math.max(0, Math.min(...pending.map(({ at }) => at)) - time));
  };
  /** Lets time go on until the promise has settled. */
  const until = async <T>(promise: PromiseLike<T>): Promise<T> => {
    const state = { settled: false };
    const mark = () => {
      state.settled = true;
    };
    promise.then(mark, mark);
    while (!state.settled) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      step();
    }
    return promise;
  };
  return { ...clock, advance, until };
}
