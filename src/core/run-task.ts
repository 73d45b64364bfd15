import type { Clock } from './clock.ts';
import type { RerunKind } from './rerun.ts';
import type { RunOptions } from './run-options.ts';

/** What every run's summary has. `done + failed + skipped` is all that was pulled; of an array, all of it. */
export interface RunSummary<Input> {
  /** Came out well. */
  readonly done: number;
  /** Did not come out well, or nobody knows. */
  readonly failed: number;
  /** Pulled and not begun, because the run was stopped; of an array, all that was not begun. */
  readonly skipped: number;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Nothing failed and nothing was skipped. */
  readonly ok: boolean;
  /**
   * The inputs to run again; those with an unknown outcome are among the failed too. Of an array only the
   * indexes are kept, so it must be as it was.
   * @throws HoldfastError `RERUN_LIMIT` where there are more of them than `rerunLimit`.
   */
  rerun(which: RerunKind): readonly Input[];
}

/** How an item counts. `unknown` is a failure of which nobody can say whether it took effect. */
export type Grade = 'done' | 'failed' | 'unknown' | 'skipped';

/**
 * What the work on one input gets.
 *
 * @internal
 */
export interface WorkContext {
  /** Aborts when the run stops: the caller's signal (with its reason), `break`, `failAbove`, an error. */
  readonly signal: AbortSignal;
  /** Settles as `wait` does. The input's slot is free meanwhile, and is its own again before this settles. */
  outside<T>(wait: Promise<T>): Promise<T>;
}

/** One bulk operation. */
export interface EachTask<Input, Item, Summary extends RunSummary<Input>> {
  /** What the caller knows the source as. */
  readonly name: string;
  readonly options: RunOptions | undefined;
  readonly defaultConcurrency: number;
  readonly clock: Clock;
  /** Ends in an item whatever happens to the input: a rejection ends the whole run. */
  work(input: Input, context: WorkContext): Promise<Item>;
  /** The item for an input that was never begun. Not called where nobody iterates. */
  skip(input: Input): Item;
  grade(item: Item): Grade;
  /**
   * After a stop: the inputs that the source knew of and had not given, where it can tell. They are skipped, as the rest
   * of an array is.
   */
  readonly rest?: (() => Promise<readonly Input[]>) | undefined;
  summarize(base: RunSummary<Input>): Summary | Promise<Summary>;
}
