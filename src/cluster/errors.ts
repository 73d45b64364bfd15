import { defineError, HoldfastError } from '../core/errors.ts';
import type { OperationId } from './dialect.ts';
import type { NodeResult } from './result.ts';

/** @inline */
interface OperationFailure<Operation> {
  readonly groupId: string;
  readonly operation: Operation;
  readonly operationId: OperationId;
  readonly nodes: readonly NodeResult[];
  readonly attempts: readonly FailedAttempt[];
  readonly cause?: unknown;
}

/** One request that did not do what it was sent for. */
export interface FailedAttempt {
  /** The node's name. */
  readonly node: string;
  /** What for: to `look` whether the node has the group, to `write`, to `undo`, or to `read-back` what one of those did. */
  readonly step: 'look' | 'write' | 'undo' | 'read-back';
  /** Why it failed. */
  readonly error: HoldfastError;
}

/** What the errors of an operation on a group have in common. */
class OperationError<Operation> extends HoldfastError {
  /** The group that the operation was about. */
  readonly groupId: string;
  /** What was wanted; `read` where a node was only asked. */
  readonly operation: Operation;
  /** Names the operation, as in results and the journal. */
  readonly operationId: OperationId;
  /**
   * What became of every node; of an `InconsistentClusterError` only those that may differ. Empty where the operation was
   * not begun, and where only one node was asked.
   */
  readonly nodes: readonly NodeResult[];
  /**
   * Every failed attempt of the operation, on any node, oldest first; some of them may have been made good by a later one.
   * `cause` is what turned the operation: the last one's error on the node that failed, the deadline, the signal's reason.
   */
  readonly attempts: readonly FailedAttempt[];

  constructor(code: string, message: string, failure: OperationFailure<Operation>, retryable: boolean) {
    super(message, { code, retryable, ...('cause' in failure ? { cause: failure.cause } : {}) });
    this.groupId = failure.groupId;
    this.operation = failure.operation;
    this.operationId = failure.operationId;
    this.nodes = failure.nodes;
    this.attempts = failure.attempts;
  }
}

/** Nothing was written anywhere: a node could not be asked, or the lock or the journal could not be had in time. */
export class NodeUnavailableError extends OperationError<'create' | 'delete' | 'read'> {
  static {
    defineError(this, 'NodeUnavailableError');
  }

  constructor(why: string, failure: OperationFailure<'create' | 'delete' | 'read'>) {
    const { operation, groupId } = failure;
    super(
      'NODE_UNAVAILABLE',
      `${operation} of group ${JSON.stringify(groupId)} wrote nothing: ${why}`,
      failure,
      true,
    );
  }
}

/** Something was written and all of it was taken back: every node is as it was before. `cause` tells why. */
export class RolledBackError extends OperationError<'create' | 'delete'> {
  static {
    defineError(this, 'RolledBackError');
  }

  constructor(why: string, failure: OperationFailure<'create' | 'delete'>) {
    const { operation, groupId } = failure;
    super(
      'ROLLED_BACK',
      `${operation} of group ${JSON.stringify(groupId)} was undone on every node: ${why}`,
      failure,
      true,
    );
  }
}

/**
 * Some nodes may differ from the others: `nodes` holds each of them, and none that is known to be right. Pass `nodes` to
 * `rollbackCreate` or `rollbackDelete` once they answer again.
 */
export class InconsistentClusterError extends OperationError<'create' | 'delete'> {
  static {
    defineError(this, 'InconsistentClusterError');
  }

  constructor(why: string, failure: OperationFailure<'create' | 'delete'>) {
    const { operation, groupId, nodes } = failure;
    const names = nodes.map(({ node }) => node).join(', ');
    super(
      'CLUSTER_INCONSISTENT',
      `${operation} of group ${JSON.stringify(groupId)} left ${names} uncertain: ${why}`,
      failure,
      false,
    );
  }
}
