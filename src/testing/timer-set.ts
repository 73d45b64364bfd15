import type { Clock } from '../core/clock.ts';

/** Things still to be done at their time, that can be counted, waited for and dropped. */
export class TimerSet {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#cancels.size;
  }

  /** Does `work` after `delay` milliseconds. */
  add(delay: number, work: () => void): void {
    const cancel = this.#clock.setTimer(() => {
      this.#cancels.delete(cancel);
      work();
      this.#release();
    }, delay);
    this.#cancels.add(cancel);
  }

  /** Resolves when nothing is left. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#release();
    });
  }

  /** Nothing that is left will be done. */
  drop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#release();
  }

  #release(): void {
    if (this.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
