import type { HoldfastError } from '../core/errors.ts';
import type { RunSummary } from '../core/run-task.ts';
import type { InconsistentClusterError, RolledBackError } from './errors.ts';
import type { GroupResult } from './result.ts';

/** What became of one group of a bulk run. */
export type GroupOutcome = {
  /** The id that was given. */
  readonly groupId: string;
} & (
  | {
      /** As wanted on every node. */
      readonly status: 'changed' | 'unchanged';
      /** Node by node. */
      readonly result: GroupResult;
      /** None. */
      readonly error?: undefined;
    }
  | {
      /** As before on every node. */
      readonly status: 'rolled-back';
      /** None. */
      readonly result?: undefined;
      /** Why it was undone. */
      readonly error: RolledBackError;
    }
  | {
      /**
       * Nothing was written: a `NodeUnavailableError`; or, for an id that cannot be one, a `ConfigError` that names it and
       * its place, `ids[3]`. Such an id stands among `rerun('failed')` too.
       */
      readonly status: 'unavailable';
      /** None. */
      readonly result?: undefined;
      /** Why it was not begun. */
      readonly error: HoldfastError;
    }
  | {
      /** Some nodes may differ: `error.nodes` has them. */
      readonly status: 'inconsistent';
      /** None. */
      readonly result?: undefined;
      /** Which nodes, and why. */
      readonly error: InconsistentClusterError;
    }
  | {
      /** Never begun, or given up before anything was written because the run was stopped. */
      readonly status: 'skipped';
      /** None. */
      readonly result?: undefined;
      /** Of a recovery: why the entry was left alone. */
      readonly error?: HoldfastError;
    }
);

/** Sums up a bulk run. `done` is `changed + unchanged`; `failed` is `rolledBack + unavailable + inconsistent`. */
export interface BulkSummary extends RunSummary<string> {
  /** Groups that are as wanted, by this run. */
  readonly changed: number;
  /** Groups that were as wanted already on every node. */
  readonly unchanged: number;
  /** Groups that were written in part, and are as before on every node. */
  readonly rolledBack: number;
  /** Groups for which nothing was written; ids that cannot be one are among them. */
  readonly unavailable: number;
  /** Groups that some node may have otherwise than the others. */
  readonly inconsistent: number;
  /** Requests sent to nodes, in all. */
  readonly requests: number;
  /** Requests that repeated an earlier one of the same step. */
  readonly retries: number;
}
