import { defineError, HoldfastError } from '../core/errors.ts';
import type { OperationId } from './dialect.ts';
import type { NodeResult } from './result.ts';

interface OperationFailure<Operation> {
  readonly groupId: string;
  readonly operation: Operation;
  readonly operationId: OperationId;
  readonly nodes: readonly NodeResult[];
  /** Every failed attempt that led here, oldest first. */
  readonly attempts: readonly HoldfastError[];
  readonly cause?: unknown;
}

/** What the errors of an operation on a group have in common. */
class OperationError<Operation> extends HoldfastError {
  readonly groupId: string;
  readonly operation: Operation;
  readonly operationId: OperationId;
  readonly nodes: readonly NodeResult[];
  /**
   * Every failed attempt on the node that could not be asked or written, oldest first; `cause` is the last of them, unless
   * something else ended the operation.
   */
  readonly attempts: readonly HoldfastError[];

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
