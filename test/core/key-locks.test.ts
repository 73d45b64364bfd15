import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { operationIds } from '../../src/cluster/operation-id.ts';
import { systemClock, type TimerOptions } from '../../src/core/clock.ts';
import { TimeoutError } from '../../src/core/errors.ts';
import { KeyLocks } from '../../src/core/key-locks.ts';
import { manualClock } from '../testing/manual-clock.ts';

test('a key is given to those who wait in the order they came', async () => {
  const locks = new KeyLocks(systemClock);
  const release = locks.tryAcquire('a');
  expect(locks.tryAcquire('a')).toBeUndefined();
  expect(locks.tryAcquire('b')).toBeDefined();
  const order: number[] = [];
  const waits = [1, 2, 3].map(async (turn) => {
    const mine = await locks.wait('a', { deadline: 60_000 });
    order.push(turn);
    mine();
  });
  release?.();
  release?.();
  await Promise.all(waits);
  expect(order).toEqual([1, 2, 3]);
  expect(locks.tryAcquire('a')).toBeDefined();
});

test('giving a key back twice gives it to one of those who wait, not to two', async () => {
  const locks = new KeyLocks(systemClock);
  const release = locks.tryAcquire('a');
  const given: number[] = [];
  const waits = [1, 2].map(async (turn) => {
    const mine = await locks.wait('a', { deadline: 60_000 });
    given.push(turn);
    return mine;
  });
  release?.();
  release?.();
  const first = await waits[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(given).toEqual([1]);
  first?.();
  await waits[1];
  expect(given).toEqual([1, 2]);
});

test('who was given a key leaves neither a timer nor a listener of the time it waited', async () => {
  const clock = manualClock();
  const locks = new KeyLocks(clock);
  const release = locks.tryAcquire('a');
  const { signal } = new AbortController();
  const waited = locks.wait('a', { deadline: 1_000, signal });
  expect(clock.running()).toBe(1);
  release?.();
  await waited;
  expect(clock.running()).toBe(0);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('a hold is never lost, and gives its key back', async () => {
  const locks = new KeyLocks(systemClock);
  const hold = await locks.acquire('a', { deadline: 1_000 });
  expect(hold.lost.aborted).toBe(false);
  expect(locks.tryAcquire('a')).toBeUndefined();
  await hold.release();
  expect(locks.tryAcquire('a')).toBeDefined();
});

test('one who gives up, by signal or deadline, is passed over and leaves nothing behind', async () => {
  const clock = manualClock();
  const locks = new KeyLocks(clock);
  const release = locks.tryAcquire('a');
  const controller = new AbortController();
  const aborted = locks.wait('a', { deadline: 1_000, signal: controller.signal });
  const late = locks.wait('a', { deadline: 500 });
  const patient = locks.wait('a', { deadline: 5_000 });
  controller.abort('changed my mind');
  await expect(aborted).rejects.toBe('changed my mind');
  clock.advance(500);
  await expect(late).rejects.toBeInstanceOf(TimeoutError);
  await expect(late).rejects.toThrow('the lock of "a" was not free within 500 ms');
  release?.();
  (await patient)();
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  await expect(locks.wait('a', { deadline: 5, signal: AbortSignal.abort('over') })).resolves.toBeDefined();
});

test('a key released for later stays held until then', async () => {
  const clock = manualClock();
  const locks = new KeyLocks(clock);
  locks.tryAcquire('a')?.(200);
  const next = locks.wait('a', { deadline: 1_000 });
  let given = false;
  void next.then(() => (given = true));
  clock.advance(199);
  await Promise.resolve();
  expect(given).toBe(false);
  clock.advance(1);
  await expect(next).resolves.toBeDefined();
});

test('a key released for later keeps no process alive, and can be given back before', () => {
  const options: (TimerOptions | undefined)[] = [];
  const clock = manualClock();
  const locks = new KeyLocks({
    ...clock,
    setTimer: (callback, delay, more) => {
      options.push(more);
      return clock.setTimer(callback, delay);
    },
  });
  const release = locks.tryAcquire('a');
  release?.(200);
  expect(options).toEqual([{ keepsProcessAlive: false }]);
  release?.();
  expect(clock.running()).toBe(0);
  expect(locks.tryAcquire('a')).toBeDefined();
});

test('operation ids are unique and above zero, even where the clock stands still, jumps back or begins at zero', () => {
  let now = 0;
  const next = operationIds({ ...systemClock, now: () => now }, () => 0);
  const ids = [next(), next()];
  now = 1_633_807_521_507;
  ids.push(next(), next());
  now = 1_000;
  ids.push(next());
  expect(ids).toEqual([
    '0.000001',
    '0.000002',
    '1633807521.507000',
    '1633807521.507001',
    '1633807521.507002',
  ]);
});
