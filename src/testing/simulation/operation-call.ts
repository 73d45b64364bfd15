/** One call of an operation, as the ledger follows it. */
export interface OperationCall {
  readonly process: string;
  readonly operation: 'create' | 'delete';
  readonly groupId: string;
  /** The call that this one takes back, and the nodes that it is to do that on. */
  readonly undoes?: { readonly call: OperationCall; readonly nodes: ReadonlySet<string> };
  state: 'pending' | 'ended' | 'crashed';
  /** Which nodes had the group when its first request left. */
  before: ReadonlyMap<string, boolean> | undefined;
  /** What each node is to hold once it is undone. */
  restores: ReadonlyMap<string, boolean> | undefined;
  /** The nodes that a write was sent to. */
  readonly wrote: Set<string>;
  /** The nodes of which nothing is promised, for something took effect there beyond `settle`. */
  readonly excused: Set<string>;
}

export function operationCall(
  asked: Pick<OperationCall, 'process' | 'operation' | 'groupId' | 'undoes'>,
): OperationCall {
  const { process, operation, groupId, undoes } = asked;
  return {
    process,
    operation,
    groupId,
    ...(undoes === undefined ? {} : { undoes }),
    state: 'pending',
    before: undefined,
    restores: undefined,
    wrote: new Set(),
    excused: new Set(),
  };
}

export const describeCall = ({ operation, groupId, process, undoes }: OperationCall) =>
  `${undoes === undefined ? operation : `rollback of the ${operation}`} of ${groupId} by ${process}`;
