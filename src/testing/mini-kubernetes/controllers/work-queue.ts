import type { Clock } from '../../../core/clock.ts';

/**
 * Work by key, as controllers do it: what is asked for again before it was done is done once, at the earliest of the
 * times asked for; what is asked for while it is being done is done again. Never within the call that asks.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #work: (key: string) => void;
  readonly #waiting = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  #closed = false;

  constructor(clock: Clock, work: (key: string) => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Does the work for `key` after at most `delay` milliseconds. */
  add(key: string, delay: number): void {
    if (this.#closed) return;
    const at = this.#clock.monotonic() + delay;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined && waiting.at <= at) return;
    waiting?.cancel();
    const cancel = this.#clock.setTimer(() => {
      this.#waiting.delete(key);
      this.#work(key);
    }, delay);
    this.#waiting.set(key, { at, cancel });
  }

  /** Nothing that waits will be done. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }
}
