import type { Clock } from '../core/clock.ts';
import { TimeoutError } from '../core/errors.ts';
import type { KeyLocks } from '../core/key-locks.ts';
import type { Hold, Lock } from '../core/lock.ts';

/** A group that is this operation's alone, in the process and as far as the journal's lock and the given lock reach. */
export interface GroupHold {
  readonly lost: readonly AbortSignal[];
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
  if (wider.length === 0) return { lost: [], release };
  const holds: Hold[] = [];
  const releaseAll = (after: number) => {
    release(after);
    for (const hold of holds.reverse()) releaseLater(hold, after, request.clock);
  };
  try {
    for (const lock of wider) holds.push(await outside(lock.acquire(groupId, limits(request))));
  } catch (error) {
    releaseAll(0);
    throw error;
  }
  return { lost: holds.map(({ lost }) => lost), release: releaseAll };
}

function limits({ groupId, clock, deadlineAt, signal }: HoldRequest) {
  const deadline = deadlineAt - clock.monotonic();
  if (deadline <= 0) throw new TimeoutError(`the lock of ${JSON.stringify(groupId)} was not free in time`);
  return { deadline, ...(signal === undefined ? {} : { signal }) };
}

function releaseLater(hold: Hold, after: number, clock: Clock): void {
  // A lock that cannot be given back ends by itself; the operation it guarded is over.
  const release = () => void hold.release().catch(() => undefined);
  if (after <= 0) release();
  else clock.setTimer(release, after, { keepsProcessAlive: false });
}
