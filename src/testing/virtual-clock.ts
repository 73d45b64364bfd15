import type { Clock } from '../core/clock.ts';
import { HoldfastError } from '../core/errors.ts';
import { Timeline } from './simulation/timeline.ts';
import { warmUp } from './simulation/warm-up.ts';

/**
 * Time that passes only when it is told to. What waits by this clock waits for no real time; what waits for something
 * else (a socket, a file, `setTimeout`) is not waited for.
 */
export interface VirtualClock extends Clock {
  /** How many timers are set. */
  readonly pending: number;
  /** Lets so many milliseconds pass. Timers fire in their order; after each, all that it made ready runs. */
  advance(milliseconds: number): Promise<void>;
  /**
   * Lets as much time pass as `work` takes, and settles as it does.
   *
   * @throws HoldfastError with the code `NOTHING_LEFT` where no timer is left and `work` has not ended: it waits for
   * something that is not of this clock
   */
  run<T>(work: PromiseLike<T>): Promise<T>;
  /** Sets the wall clock (`now`) forward, or back where it is below 0. No timer minds. */
  jump(milliseconds: number): void;
}

/**
 * A clock for tests: pass it as `clock` to any class of the library.
 *
 * @param start What `now()` says first, in milliseconds since the epoch. @default 2026-01-01T00:00:00Z
 *
 * @example
 * const clock = virtualClock();
 * const cluster = new ClusterClient(urls, { clock, fetch: async () => Response.error() });
 * // Half a minute of retries, at once.
 * await clock.run(cluster.createGroup('orders').catch((error) => console.log(error.message)));
 */
export function virtualClock(start: number = NEW_YEAR): VirtualClock {
  const timeline = new Timeline();
  let wall = start;
  return {
    now: () => wall + timeline.time,
    monotonic: () => timeline.time,
    setTimer: (callback, delay) => timeline.after(delay, callback),
    get pending() {
      return timeline.pending;
    },
    advance: async (milliseconds) => {
      await warmUp();
      const end = timeline.time + milliseconds;
      await timeline.run(() => (timeline.next ?? Number.POSITIVE_INFINITY) > end);
      timeline.skipTo(end);
    },
    run: async (work) => {
      let settled = false;
      const settle = () => {
        settled = true;
      };
      work.then(settle, settle);
      await warmUp();
      if ((await timeline.run(() => settled)) === 'over') return work;
      throw new HoldfastError(
        'no timer of this clock is set and the work has not ended: it waits for something else, such as a real socket',
        { code: 'NOTHING_LEFT' },
      );
    },
    jump: (milliseconds) => {
      wall += milliseconds;
    },
  };
}

/** 2026-01-01T00:00:00Z */
export const NEW_YEAR = 1_767_225_600_000;
