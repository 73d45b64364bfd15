import type { OperationId } from './dialect.ts';

/** What became of one node. */
export interface NodeResult {
  /** The node's name. */
  readonly node: string;
  /**
   * `created`, `deleted`: this operation did it. `existed`, `absent`: it was so already, or by somebody else, and was
   * not touched. `undone` (of a create), `restored` (of a delete): changed or possibly changed, and taken back.
   * `untouched`: not written to; of a rollback or a recovery that undoes also a node on which there was nothing to take
   * back. `unknown`: it may differ.
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
  /** Of the operation that this tells of: in the header dialect a rollback needs it. */
  readonly operationId: OperationId;
}

/** An operation that came out well. */
export interface GroupResult {
  /** The group that it was about. */
  readonly groupId: string;
  /** What was wanted. */
  readonly operation: 'create' | 'delete';
  /** Names the operation, as in the journal and, in the header dialect, in the record. */
  readonly operationId: OperationId;
  /**
   * `false` where every node was as wanted already, and nothing was written by this operation; of a rollback or a recovery
   * that undoes, where there was nothing to take back on any node.
   */
  readonly changed: boolean;
  /** One for each node of the cluster, in its order. */
  readonly nodes: NodeResult[];
}
