import { InconsistentClusterError } from './errors.ts';
import type { JournalEntry, OpenEntry } from './journal.ts';
import type { RollbackNode } from './rollback.ts';

/** What a caller is told who meets an operation on the group that is not resolved. */
export function unresolved(
  { operation, operationId, groupId, nodes }: JournalEntry,
  why: string,
  cause?: unknown,
): InconsistentClusterError {
  const written = nodes.filter(({ write }) => write);
  return new InconsistentClusterError(why, {
    groupId,
    operation,
    operationId,
    nodes: written.map(({ name }) => ({ node: name, outcome: 'unknown', attempts: 0, operationId })),
    attempts: [],
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The way out of an open entry, for its message. */
export function wayOut({ operation, operationId }: OpenEntry, more?: string): string {
  const undo = operation === 'create' ? 'rollbackCreate' : 'rollbackDelete';
  const why = more === undefined ? '' : ` (${more})`;
  return `operation ${operationId} is unresolved in the journal${why}; end it first by recover(), by ${undo} with these nodes, or by repair([groupId], 'present' or 'absent')`;
}

/** What was written down, without what became of it. */
export const recorded = ({ state: _, unsettledUntil: __, owner: ___, ...entry }: OpenEntry): JournalEntry =>
  entry;

/** Whether a rollback is of this very entry. */
export const isRollbackOf = (
  entry: OpenEntry,
  operation: 'create' | 'delete',
  rollback: readonly RollbackNode[] | undefined,
): boolean =>
  operation === entry.operation && rollback?.some((node) => node.operationId === entry.operationId) === true;

/**
 * Milliseconds until nothing that the entry's operation sent can take effect any more. `settle`: how long that may take of
 * what was sent just now.
 */
export function unsettledFor(
  { state, startedAt, unsettledUntil = 0 }: OpenEntry,
  settle: number,
  now: number,
): number {
  if (state !== 'unresolved') return settle;
  // Where the wall clock was set back since, no longer than the whole operation took.
  const most = Math.max(settle, unsettledUntil - startedAt);
  return Math.max(0, Math.min(unsettledUntil - now, most));
}
