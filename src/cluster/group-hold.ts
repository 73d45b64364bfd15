import type { Clock } from '../core/clock.ts';
import { TimeoutError } from '../core/errors.ts';
import type { KeyLocks } from '../core/key-locks.ts';
import type { Hold, Lock, ReleaseOptions } from '../core/lock.ts';
import { GroupNotes } from './group-notes.ts';

/** A group that is this operation's alone, in the process and as far as the journal's lock and the given lock reach. */
export interface GroupHold {
  readonly lost: readonly AbortSignal[];
  /** Monotonic milliseconds from which on somebody else may hold it; `Infinity` where no lock ends by itself. */
  aloneUntil(): number;
  readonly notes: GroupNotes;
  /** Gives it back, at once or after some milliseconds. */
  release(after: number): void;
}

export interface HoldRequest {
  readonly groupId: string;
  readonly locks: KeyLocks;
  /** From the narrowest scope to the widest. */
  readonly wider: readonly Lock[];
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
  readonly signal?: AbortSignal;
  /** Waits without keeping others from working: a bulk run gives its slot back meanwhile. */
  readonly outside: Outside;
}

export type Outside = <T>(wait: Promise<T>) => Promise<T>;

/** @throws the signal's reason, or whatever a lock says; then nothing is held */
export async function holdGroup(request: HoldRequest): Promise<GroupHold> {
  const { groupId, locks, wider, outside } = request;
  const release = locks.tryAcquire(groupId) ?? (await outside(locks.wait(groupId, limits(request))));
  if (wider.length === 0) return { lost: [], aloneUntil: () => Infinity, notes: NO_NOTES, release };
  const holds: Hold[] = [];
  const releaseAll = (after: number, options?: ReleaseOptions) => {
    release(after);
    for (const hold of holds.reverse()) releaseLater(hold, after, request.clock, options);
  };
  try {
    for (const lock of wider) holds.push(await outside(lock.acquire(groupId, limits(request))));
  } catch (error) {
    releaseAll(0);
    throw error;
  }
  const notes = new GroupNotes(holds);
  return {
    lost: holds.map(({ lost }) => lost),
    aloneUntil: () => Math.min(...holds.map((hold) => hold.expiresAt?.() ?? Infinity)),
    notes,
    release: (after) => releaseAll(after, notes.releaseOptions),
  };
}

function limits({ groupId, clock, deadlineAt, signal }: HoldRequest) {
  const deadline = deadlineAt - clock.monotonic();
  if (deadline <= 0) throw new TimeoutError(`the lock of ${JSON.stringify(groupId)} was not free in time`);
  return { deadline, ...(signal === undefined ? {} : { signal }) };
}

const NO_NOTES = new GroupNotes([]);

function releaseLater(hold: Hold, after: number, clock: Clock, options?: ReleaseOptions): void {
  // A lock that cannot be given back ends by itself; the operation it guarded is over.
  const release = () => void hold.release(options).catch(() => undefined);
  if (after <= 0) release();
  else clock.setTimer(release, after, { keepsProcessAlive: false });
}
