import type { Clock } from '../../core/clock.ts';
import type { Machine } from './machine.ts';

/**
 * A simulated process. All that it waits for comes through its ports (fetch, clock, journal, lock), and each of them asks
 * `reach()` first: so a process crashes between any two things that it does, and from then on hears and does nothing.
 */
export class Process {
  readonly name: string;
  readonly clock: Clock;
  /** Told once, when it crashes. */
  readonly onCrash: (() => void)[] = [];
  #alive = true;
  #stepsLeft = Number.POSITIVE_INFINITY;

  constructor(name: string, machine: Machine) {
    const { timeline } = machine;
    this.name = name;
    this.clock = {
      now: () => machine.wall(),
      monotonic: () => timeline.time,
      setTimer: (callback, delay) => {
        if (!this.reach()) return () => undefined;
        // Whole milliseconds, so that things fall together.
        return timeline.after(Math.ceil(delay), () => {
          if (this.reach()) callback();
        });
      },
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** It will crash when it reaches for its ports for the `steps`-th time from now on. */
  crashAfter(steps: number): void {
    this.#stepsLeft = steps;
  }

  /** Something goes in or out. `false`: it does not, for the process is dead by now. */
  reach(): boolean {
    if (!this.#alive) return false;
    this.#stepsLeft -= 1;
    if (this.#stepsLeft <= 0) this.crash();
    return this.#alive;
  }

  crash(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const tell of this.onCrash) tell();
  }
}

/** What a dead process waits for. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
