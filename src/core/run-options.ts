import type { FailAbove } from './fail-above.ts';

/** What every long operation takes. */
export interface RunOptions {
  /**
   * Stops the run: nothing new is begun, what is in flight ends or is rolled back, and the run then resolves
   * with its summary. No listener stays on the signal afterwards. A source that waits for its next input is
   * waited for: give it the same signal, or a `return()` that ends the wait.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /** How many inputs are worked on at once: a whole number of at least 1. @default the operation's own */
  readonly concurrency?: number | undefined;
  /**
   * Called whenever an item has ended, and once at the end where inputs were not begun. What it throws never
   * fails the work; the first error is shown as a warning of the process. @default none
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Stops the run when more than so many failed: a count, or a share such as `'10%'`. The share is one of the
   * total where that is known (an array, a `Set`, a `Map`); otherwise it is one of those that ended, and is
   * looked at once so many have ended that one failure is not above it: 10 of them for `'10%'`.
   * @default never
   */
  readonly failAbove?: FailAbove | undefined;
  /**
   * How many inputs the summary's `rerun` keeps of each kind; of a kind with more than that it keeps none.
   * @default 10_000
   */
  readonly rerunLimit?: number | undefined;
}

/** How far a run is. */
export interface Progress {
  /** Came out well. */
  readonly done: number;
  /** Did not come out well, or nobody knows. */
  readonly failed: number;
  /** Not begun, because the run was stopped. */
  readonly skipped: number;
  /** Begun and not ended. */
  readonly inFlight: number;
  /** How many there are, where the source tells: an array, a `Set`, a `Map`. */
  readonly total?: number;
}
