// Fake timers of a test runner replace the global one.
import { setImmediate } from 'node:timers';
import type { Random } from '../../core/clock.ts';

/**
 * The one queue that decides what happens next: by time, and among things of one time by chance. Time stands while
 * anything is ready to run, promises included.
 */
export class Timeline {
  #time = 0;
  #order = 0;
  /** A binary heap, the next one first. */
  readonly #events: Event[] = [];
  #cancelled = 0;
  readonly #random: Random;

  /** Without `random`, things of one time happen in the order in which they were planned. */
  constructor(random: Random = () => 0) {
    this.#random = random;
  }

  /** Milliseconds since the start. */
  get time(): number {
    return this.#time;
  }

  /** How many things are still to happen. */
  get pending(): number {
    return this.#events.length - this.#cancelled;
  }

  /** When the next thing happens. */
  get next(): number | undefined {
    return this.#peek()?.at;
  }

  /**
   * Plans `run`. What is `quiet` makes no promise settle, so that nothing need be waited for before the next event.
   * The returned function cancels it and may be called twice.
   */
  after(delay: number, run: () => void, { quiet = false } = {}): () => void {
    const event: Event = {
      at: this.#time + Math.max(0, delay),
      tie: this.#random(),
      order: this.#order++,
      run,
      quiet,
    };
    this.#push(event);
    return () => {
      if (event.run === undefined) return;
      event.run = undefined;
      this.#cancelled += 1;
      // Most timers are cancelled, and they would stay until their time.
      if (this.#cancelled > 64 && this.#cancelled > this.#events.length / 2) this.#sweep();
    };
  }

  /** Lets time pass with nothing happening in it. */
  skipTo(time: number): void {
    this.#time = Math.max(this.#time, time);
  }

  /**
   * Makes one thing after the other happen until it is over, or until there is nothing left to happen. Before each one,
   * and before `isOver` is asked, whatever is ready has run.
   */
  run(isOver: () => boolean): Promise<'over' | 'idle'> {
    return new Promise((resolve, reject) => {
      let armed = 0;
      let ended = false;
      const turn = () => {
        armed -= 1;
        if (ended) return;
        try {
          const over = isOver();
          if (over || !this.#step()) {
            ended = true;
            resolve(over ? 'over' : 'idle');
          } else if (armed === 0) arm();
        } catch (error) {
          ended = true;
          reject(error);
        }
      };
      // Promises run out between any two immediates, and those of one batch cost a fifth of one by one.
      const arm = () => {
        armed = BATCH;
        for (let index = 0; index < BATCH; index++) setImmediate(turn);
      };
      arm();
    });
  }

  /** `false` where nothing is left to happen. */
  #step(): boolean {
    for (;;) {
      const event = this.#peek();
      if (event === undefined) return false;
      this.#pop();
      this.#time = event.at;
      const { run } = event;
      event.run = undefined;
      run?.();
      if (!event.quiet) return true;
    }
  }

  #peek(): Event | undefined {
    for (;;) {
      const [first] = this.#events;
      if (first === undefined || first.run !== undefined) return first;
      this.#cancelled -= 1;
      this.#pop();
    }
  }

  #push(event: Event): void {
    const events = this.#events;
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = events[parent];
      if (above === undefined || !isBefore(event, above)) break;
      events[index] = above;
      index = parent;
    }
    events[index] = event;
  }

  #pop(): void {
    const last = this.#events.pop();
    if (last !== undefined && this.#events.length > 0) this.#sink(0, last);
  }

  /** Puts an event where it belongs, at `index` or below. */
  #sink(index: number, event: Event): void {
    const events = this.#events;
    for (;;) {
      const left = 2 * index + 1;
      let child = left;
      let below = events[left];
      const right = events[left + 1];
      if (below === undefined) break;
      if (right !== undefined && isBefore(right, below)) {
        child = left + 1;
        below = right;
      }
      if (!isBefore(below, event)) break;
      events[index] = below;
      index = child;
    }
    events[index] = event;
  }

  #sweep(): void {
    const left = this.#events.filter(({ run }) => run !== undefined);
    this.#events.length = 0;
    this.#events.push(...left);
    for (let index = (left.length >> 1) - 1; index >= 0; index--) {
      const event = this.#events[index];
      if (event !== undefined) this.#sink(index, event);
    }
    this.#cancelled = 0;
  }
}

interface Event {
  readonly at: number;
  readonly tie: number;
  readonly order: number;
  /** `undefined` once it was cancelled or has happened. */
  run: (() => void) | undefined;
  readonly quiet: boolean;
}

const isBefore = (one: Event, other: Event) =>
  one.at !== other.at
    ? one.at < other.at
    : one.tie !== other.tie
      ? one.tie < other.tie
      : one.order < other.order;

const BATCH = 32;
