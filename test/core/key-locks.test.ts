import { getEventListeners } from 'node:events';
import { TimeoutError } from 'holdfast';
import { expect, test } from 'vitest';
import { operationIds } from '../../src/cluster/operation-id.ts';
import { systemClock } from '../../src/core/clock.ts';
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
