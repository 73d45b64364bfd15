import { expect, test } from 'vitest';
import { type HoldRequest, holdGroup } from '../../src/cluster/group-hold.ts';
import { KeyLocks } from '../../src/core/key-locks.ts';
import type { Hold, Lock, LockOptions, ReleaseOptions } from '../../src/core/lock.ts';
import { virtualClock } from '../../src/testing/virtual-clock.ts';

/** Locks in the order from narrow to wide, and all that is done with them. */
function start(wider: readonly (Partial<Hold> | Error)[] = []) {
  const clock = virtualClock();
  const told: (string | LockOptions | ReleaseOptions | undefined)[][] = [];
  const locks = new KeyLocks(clock);
  let outside = 0;
  const lockOf = (hold: Partial<Hold> | Error, index: number): Lock => ({
    acquire: async (key, options) => {
      told.push([`take ${index}`, key, options]);
      if (hold instanceof Error) throw hold;
      return {
        lost: new AbortController().signal,
        ...hold,
        release: async (how) => {
          told.push([`give ${index}`, how]);
          await hold.release?.(how);
        },
      };
    },
  });
  const request: HoldRequest = {
    groupId: 'g',
    locks,
    wider: wider.map(lockOf),
    clock,
    deadlineAt: 1_000,
    outside: (wait) => {
      outside++;
      return wait;
    },
  };
  const isFree = () => {
    const release = locks.tryAcquire('g');
    release?.();
    return release !== undefined;
  };
  return { clock, told, locks, request, isFree, outside: () => outside };
}

test('without a wider lock a group is held in the process, for as long as is wanted, and leaves no note', async () => {
  const { request, isFree, outside } = start();
  const hold = await holdGroup(request);
  expect(isFree()).toBe(false);
  expect(hold.lost).toEqual([]);
  expect(hold.aloneUntil()).toBe(Number.POSITIVE_INFINITY);
  expect(hold.notes.areKept).toBe(false);
  expect(outside()).toBe(0);
  hold.release(0);
  expect(isFree()).toBe(true);
});

test('a group that is held is waited for outside, no longer than until the deadline', async () => {
  const { request, locks, clock, outside } = start();
  await clock.advance(400);
  locks.tryAcquire('g');
  const waiting = holdGroup(request);
  const refused = expect(waiting).rejects.toThrow('the lock of "g" was not free within 600 ms');
  expect(outside()).toBe(1);
  await clock.advance(600);
  await refused;
});

test('the wait for a group ends with the reason of its signal', async () => {
  const { request, locks } = start();
  const stop = new AbortController();
  const reason = new Error('enough');
  const release = locks.tryAcquire('g');
  const waiting = holdGroup({ ...request, signal: stop.signal });
  const ended = expect(waiting).rejects.toBe(reason);
  stop.abort(reason);
  await ended;
  release?.();
});

test('wider locks are taken from narrow to wide, and given back the other way round', async () => {
  const { request, told, isFree, outside } = start([{}, {}]);
  const { signal } = new AbortController();
  const hold = await holdGroup({ ...request, signal });
  expect(told.splice(0)).toEqual([
    ['take 0', 'g', { deadline: 1_000, signal }],
    ['take 1', 'g', { deadline: 1_000, signal }],
  ]);
  expect(outside()).toBe(2);
  expect(isFree()).toBe(false);
  hold.release(0);
  expect(told.map(([what]) => what)).toEqual(['give 1', 'give 0']);
  expect(isFree()).toBe(true);
});

test('a lock is told of no signal where there is none', async () => {
  const { request, told } = start([{}]);
  await holdGroup(request);
  expect(told[0]?.[2]).not.toHaveProperty('signal');
});

test('a lock gets the time that those before it have left', async () => {
  const { request, told, clock } = start([{}]);
  await clock.advance(999);
  await holdGroup(request);
  expect(told[0]?.[2]).toEqual({ deadline: 1 });
});

test('where no time is left for a lock, those before it are given back', async () => {
  const { request, told, clock, isFree } = start([{}]);
  await clock.advance(1_000);
  await expect(holdGroup(request)).rejects.toThrow('the lock of "g" was not free in time');
  expect(told).toEqual([]);
  expect(isFree()).toBe(true);
});

test('where a wider lock cannot be had, all that were are given back at once', async () => {
  const failure = new Error('the lease server is gone');
  const { request, told, isFree } = start([{}, failure, {}]);
  await expect(holdGroup(request)).rejects.toBe(failure);
  expect(told.map(([what]) => what)).toEqual(['take 0', 'take 1', 'give 0']);
  // A note that stood there before stays for the next holder.
  expect(told.at(-1)).toEqual(['give 0', undefined]);
  expect(isFree()).toBe(true);
});

test('a group is given back after the time that is named, in the process and to the others', async () => {
  const { request, told, clock, isFree } = start([{}]);
  const hold = await holdGroup(request);
  told.length = 0;
  hold.release(500);
  await clock.advance(499);
  expect(told).toEqual([]);
  expect(isFree()).toBe(false);
  await clock.advance(1);
  expect(told).toEqual([['give 0', { dropNote: true }]]);
  expect(isFree()).toBe(true);
});

test('nobody waits for the end of the process because a group is to be given back', async () => {
  const { request, clock } = start([{}]);
  const kept: (boolean | undefined)[] = [];
  const watched = {
    ...clock,
    setTimer: (callback: () => void, delay: number, options?: { readonly keepsProcessAlive?: boolean }) => {
      kept.push(options?.keepsProcessAlive);
      return clock.setTimer(callback, delay, options);
    },
  };
  const hold = await holdGroup({ ...request, clock: watched });
  hold.release(500);
  expect(kept).toEqual([false]);
});

test('a lock that cannot be given back is no failure of what it guarded', async () => {
  const { request, told } = start([{ release: () => Promise.reject(new Error('gone')) }, {}]);
  const hold = await holdGroup(request);
  hold.release(0);
  // A rejection that nobody handles would fail the test.
  await new Promise((resolve) => setImmediate(resolve));
  expect(told.map(([what]) => what)).toEqual(['take 0', 'take 1', 'give 1', 'give 0']);
});

test('whoever holds a group is alone until the first of its locks may end, and hears of each that is lost', async () => {
  const lost = [new AbortController(), new AbortController(), new AbortController()];
  let first = 700;
  const { request } = start([
    { lost: lost[0]?.signal as AbortSignal, expiresAt: () => 900 },
    { lost: lost[1]?.signal as AbortSignal, expiresAt: () => first },
    { lost: lost[2]?.signal as AbortSignal },
  ]);
  const hold = await holdGroup(request);
  expect(hold.lost).toEqual(lost.map(({ signal }) => signal));
  expect(hold.aloneUntil()).toBe(700);
  first = 950;
  expect(hold.aloneUntil()).toBe(900);
});

test('a note that is not ended stays when the group is given back', async () => {
  const { request, told } = start([{ left: 'by hand', note: async () => undefined }]);
  const hold = await holdGroup(request);
  expect(hold.notes.areKept).toBe(true);
  expect(hold.notes.standing).toEqual({ kind: 'unreadable' });
  hold.release(0);
  expect(told.at(-1)).toEqual(['give 0', { dropNote: false }]);
});
