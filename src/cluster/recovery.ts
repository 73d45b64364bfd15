import { conclude } from './conclude.ts';
import type { Cost } from './cost.ts';
import { type Driven, type DriveSettings, drive, type Task } from './drive.ts';
import { NodeUnavailableError } from './errors.ts';
import type { JournalEntry } from './journal.ts';
import { unresolved } from './open-entry.ts';
import type { GroupResult } from './result.ts';
import type { FinishStart } from './saga-node.ts';

/**
 * How to end what an operation left open.
 *
 * @inline
 */
export type Resolve = 'undo' | 'finish';

export interface RecoveryTask {
  /** All that its operation sent has settled, and its group is held. */
  readonly entry: JournalEntry;
  /** What it may have changed, node by node of the client. */
  readonly starts: readonly FinishStart[];
  readonly resolve: Resolve;
  readonly attemptTimeout: number;
  /** Milliseconds for going forward. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
  readonly lost: readonly AbortSignal[];
  /** Monotonic milliseconds. */
  aloneUntil(): number;
  readonly cost: Cost;
}

/**
 * Ends one open entry. With `finish` the group is then as the operation wanted it; where that cannot be had, and with
 * `undo`, it is as it was before it.
 *
 * @throws the signal's reason where nothing was written; `RolledBackError` where `finish` was undone;
 * `InconsistentClusterError` where the entry stays open
 */
export async function endEntry(settings: DriveSettings, recovery: RecoveryTask): Promise<GroupResult> {
  const { entry, starts, resolve, signal } = recovery;
  const { operation, groupId, operationId } = entry;
  const task: Omit<Task, 'deadlineAt'> = {
    operation,
    groupId,
    // In the header dialect it proves whose a record is: one undo takes back what both wrote.
    operationId,
    attemptTimeout: recovery.attemptTimeout,
    lost: recovery.lost,
    aloneUntil: recovery.aloneUntil,
    ...(entry.supersedes === undefined ? {} : { supersedes: entry.supersedes }),
    ...(signal === undefined ? {} : { signal }),
  };
  const run = async (more: Pick<Task, 'finish' | 'rollback'>): Promise<[Task, Driven]> => {
    const whole = { ...task, ...more, deadlineAt: settings.clock.monotonic() + recovery.deadline };
    const driven = await drive(settings, whole);
    recovery.cost.add(driven);
    return [whole, driven];
  };
  if (resolve === 'finish') {
    const [whole, driven] = await run({ finish: starts });
    if (driven.ending === 'unchanged') await closeEntry(settings, entry);
    if (driven.ending !== 'unwritten' || driven.turn?.by === 'signal') {
      return conclude(whole, settings.nodes, driven);
    }
  }
  const [whole, driven] = await run({ rollback: starts.map((start) => ({ start, operationId })) });
  try {
    return conclude(whole, settings.nodes, driven);
  } catch (error) {
    // Nothing was written by the recovery, and what it is about is as open as it was.
    if (!(error instanceof NodeUnavailableError)) throw error;
    throw unresolved(entry, `its recovery wrote nothing: ${error.message}`, error);
  }
}

/** For an entry of which nothing is left to do. */
export async function closeEntry(
  { journal }: Pick<DriveSettings, 'journal'>,
  entry: JournalEntry,
): Promise<void> {
  try {
    await journal?.end(entry, { as: 'closed' });
  } catch (cause) {
    throw unresolved(entry, 'the journal could not record its end', cause);
  }
}
