import { sleep } from '../core/abort.ts';
import { TimeoutError } from '../core/errors.ts';
import { conclude } from './conclude.ts';
import type { OperationId } from './dialect.ts';
import { type DriveSettings, drive, type Task } from './drive.ts';
import { NodeUnavailableError } from './errors.ts';
import type { GroupHold } from './group-hold.ts';
import type { GroupNote } from './group-notes.ts';
import type { JournalEntry } from './journal.ts';
import type { RollbackNode } from './rollback.ts';

/** The operation that found the note. */
export interface Finder {
  readonly hold: GroupHold;
  readonly groupId: string;
  readonly operation: 'create' | 'delete';
  readonly operationId: OperationId;
  /** Milliseconds. */
  readonly attemptTimeout: number;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Ends what the last holder of a group's lock did not: an open operation is undone, once nothing of it can take effect any
 * more, counted from now.
 *
 * @throws NodeUnavailableError where it cannot be ended by this client or in time; InconsistentClusterError, of the earlier
 * operation, where its undo does not end; the signal's reason
 */
export async function endLeft(settings: DriveSettings, left: GroupNote, finder: Finder): Promise<void> {
  const { hold, groupId, attemptTimeout, deadlineAt, signal } = finder;
  const { clock, nodes } = settings;
  switch (left.kind) {
    case 'unreadable':
      throw unended('in words this version does not know', finder);
    case 'ended':
      if (clock.monotonic() + left.unsettledFor > deadlineAt) {
        throw unended('and may take effect until after the deadline', finder, new TimeoutError('too late'));
      }
      return sleep(left.unsettledFor, clock, signal);
    case 'open': {
      const { operation, operationId } = left.entry;
      const rollback = rollbackOf(left.entry, settings, finder);
      const { lost, aloneUntil } = hold;
      const task: Task = {
        operation,
        groupId,
        operationId,
        rollback,
        attemptTimeout,
        deadlineAt,
        lost,
        aloneUntil,
      };
      conclude(task, nodes, await drive({ ...settings, journal: undefined }, task));
    }
  }
}

/** Only what it was about to write is undone, and all of that may still happen. */
function rollbackOf(
  { dialect, nodes, operationId, groupId }: JournalEntry,
  settings: DriveSettings,
  finder: Finder,
): readonly RollbackNode[] {
  const written = nodes.filter(({ write }) => write);
  const isKnown = ({ name, url }: { readonly name: string; readonly url: string }) =>
    settings.nodes.some((node) => node.name === name && node.url === url);
  const isOurs = groupId === finder.groupId && dialect === (settings.dialect.name ?? 'custom');
  if (!isOurs || !written.every(isKnown)) throw unended('on other nodes or in another dialect', finder);
  return settings.nodes.map(({ name }) => ({
    start: written.some((node) => node.name === name) ? 'unknown' : 'untouched',
    operationId,
  }));
}

function unended(how: string, { operation, groupId, operationId }: Finder, cause?: unknown) {
  const why = `the last holder of its lock left an operation unended, ${how}`;
  return new NodeUnavailableError(why, { operation, groupId, operationId, nodes: [], attempts: [], cause });
}
