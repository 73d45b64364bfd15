import { onAbort } from './abort.ts';
import type { Clock } from './clock.ts';
import { TimeoutError } from './errors.ts';
import type { Hold, Lock, LockOptions } from './lock.ts';

/** Excludes callers of one process from each other, key by key, first come first served. */
export class KeyLocks implements Lock {
  readonly #clock: Clock;
  /** A held key and those who wait for it. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The release function where the key is free at once. */
  tryAcquire(key: string): Release | undefined {
    if (this.#waiting.has(key)) return undefined;
    this.#waiting.set(key, new Set());
    return this.#releaseOf(key);
  }

  wait(key: string, { signal, deadline }: LockOptions): Promise<Release> {
    const free = this.tryAcquire(key);
    if (free !== undefined) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const give = () => {
        leave();
        resolve(this.#releaseOf(key));
      };
      const leave = () => {
        cancelTimer();
        stopListening();
        this.#waiting.get(key)?.delete(give);
      };
      const fail = (reason: unknown) => {
        leave();
        reject(reason);
      };
      const cancelTimer = this.#clock.setTimer(
        () => fail(new TimeoutError(`the lock of ${JSON.stringify(key)} was not free within ${deadline} ms`)),
        deadline,
      );
      let stopListening = (): void => undefined;
      this.#waiting.get(key)?.add(give);
      stopListening = onAbort(signal, fail);
    });
  }

  async acquire(key: string, options: LockOptions): Promise<Hold> {
    const release = await this.wait(key, options);
    return { lost: NEVER, release: async () => release() };
  }

  #releaseOf(key: string): Release {
    let held = true;
    let cancelTimer = (): void => undefined;
    const now = () => {
      if (!held) return;
      held = false;
      cancelTimer();
      this.#passOn(key);
    };
    return (after = 0) => {
      if (after <= 0) return now();
      // Nobody need wait for the end of the process: a caller who wants the key has a timer of its own.
      cancelTimer = this.#clock.setTimer(now, after, { keepsProcessAlive: false });
    };
  }

  #passOn(key: string): void {
    const [next] = this.#waiting.get(key) ?? [];
    if (next === undefined) this.#waiting.delete(key);
    else next();
  }
}

/** Gives the key back, at once or after some milliseconds. */
export type Release = (after?: number) => void;

const NEVER = new AbortController().signal;
