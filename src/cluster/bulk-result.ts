import type { HoldfastError } from '../core/errors.ts';
import type { RunSummary } from '../core/run-task.ts';
import type { InconsistentClusterError, RolledBackError } from './errors.ts';
import type { GroupResult } from './result.ts';

/** What became of one group of a bulk run. */
export type GroupOutcome = { readonly groupId: string } & (
  | {
      /** As wanted on every node. */
      readonly status: 'changed' | 'unchanged';
      readonly result: GroupResult;
      readonly error?: undefined;
    }
  | {
      /** As before on every node. */
      readonly status: 'rolled-back';
      readonly result?: undefined;
      readonly error: RolledBackError;
    }
  | {
      /** Nothing was written: a `NodeUnavailableError`, or a `ConfigError` for an id that cannot be one. */
      readonly status: 'unavailable';
      readonly result?: undefined;
      readonly error: HoldfastError;
    }
  | {
      /** Some nodes may differ: `error.nodes` has them. */
      readonly status: 'inconsistent';
      readonly result?: undefined;
      readonly error: InconsistentClusterError;
    }
  | {
      /** Never begun, or given up before anything was written because the run was stopped. */
      readonly status: 'skipped';
      readonly result?: undefined;
      /** Of a recovery: why the entry was left alone. */
      readonly error?: HoldfastError;
    }
);

/** Sums up a bulk run. `done` is `changed + unchanged`; `failed` is `rolledBack + unavailable + inconsistent`. */
export interface BulkSummary extends RunSummary<string> {
  readonly changed: number;
  readonly unchanged: number;
  readonly rolledBack: number;
  readonly unavailable: number;
  readonly inconsistent: number;
  /** Requests sent to nodes, in all. */
  readonly requests: number;
  /** Requests that repeated an earlier one of the same step. */
  readonly retries: number;
}
