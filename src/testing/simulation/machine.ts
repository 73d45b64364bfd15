import type { Timeline } from './timeline.ts';

/** The machine that the simulated processes share: its time, and its wall clock that may be set. */
export class Machine {
  readonly timeline: Timeline;
  readonly #start: number;
  /** Milliseconds that the wall clock was set forward by, all in all; below 0 where it was set back. */
  offset = 0;

  /** `start`: what the wall clock says at first, in milliseconds since the epoch. */
  constructor(timeline: Timeline, start: number) {
    this.timeline = timeline;
    this.#start = start;
  }

  /** What the wall clock says. */
  wall(): number {
    return this.#start + this.timeline.time + this.offset;
  }
}
