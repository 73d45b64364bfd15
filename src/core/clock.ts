/**
 * Time as the library sees it. Pass one of your own (or `virtualClock()` of `holdfast/testing`) and nothing in the
 * library waits for real time.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump. Used for names and records, never for waiting. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. Used for every deadline and delay. */
  monotonic(): number;
  /** Calls `callback` once after `delay` milliseconds. The returned function cancels it and may be called twice. */
  setTimer(callback: () => void, delay: number, options?: TimerOptions): () => void;
}

/** How a timer is set. */
export interface TimerOptions {
  /** `false` lets the process end while the timer runs. @default true */
  readonly keepsProcessAlive?: boolean;
}

/** Numbers in [0, 1), evenly spread: `Math.random` is one. Pass a seeded one to repeat a run. */
export type Random = () => number;

/** The platform's clock. `setTimeout` and `Date` are looked up at call time, so fake timers and patches work. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (callback, delay, options) => {
    // A delay past 2^31-1 ms would fire at once in Node.
    const timer = setTimeout(callback, Math.min(delay, 2 ** 31 - 1));
    if (options?.keepsProcessAlive === false) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** The platform's random source, looked up at call time. */
export const systemRandom: Random = () => Math.random();
