import type { HoldfastError } from '../core/errors.ts';
import type { RunSummary } from '../core/run.ts';
import type { OperationId } from './dialect.ts';

/** What became of one node. */
export interface NodeResult {
  readonly node: string;
  /**
   * `created`, `deleted`: this operation did it. `existed`, `absent`: it was so already, or by somebody else, and was
   * not touched. `undone` (of a create), `restored` (of a delete): changed or possibly changed, and taken back.
   * `untouched`: not written to. `unknown`: it may differ.
   */
  readonly outcome:
    | 'created'
    | 'existed'
    | 'deleted'
    | 'absent'
    | 'undone'
    | 'restored'
    | 'unknown'
    | 'untouched';
  /** Requests sent to this node, reads included. */
  readonly attempts: number;
  readonly operationId: OperationId;
}

/** An operation that came out well. */
export interface GroupResult {
  readonly groupId: string;
  readonly operation: 'create' | 'delete';
  readonly operationId: OperationId;
  /** `false` where every node was as wanted already, and nothing was written by this operation. */
  readonly changed: boolean;
  /** One for each node of the cluster, in its order. */
  readonly nodes: NodeResult[];
}

/** What became of one group of a bulk run. */
export interface GroupOutcome {
  readonly groupId: string;
  /**
   * `changed`, `unchanged`: as wanted on every node. `rolled-back`: as before on every node. `unavailable`: nothing was
   * written. `inconsistent`: some node may differ; `error` names it. `skipped`: never begun, or given up before anything
   * was written because the run was stopped.
   */
  readonly status: 'changed' | 'unchanged' | 'rolled-back' | 'unavailable' | 'inconsistent' | 'skipped';
  readonly result?: GroupResult;
  readonly error?: HoldfastError;
}

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
