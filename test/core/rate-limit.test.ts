import { expect, test } from 'vitest';
import { openRateLimit } from '../../src/core/rate-limit.ts';
import { manualClock } from '../testing/manual-clock.ts';

const turns = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

test('a burst at once, then so many per second, in the order asked', async () => {
  const clock = manualClock();
  const take = openRateLimit({ perSecond: 10, burst: 3 }, clock);
  const started: number[] = [];
  for (let number = 0; number < 6; number += 1) void take().then(() => started.push(number));
  await turns();
  expect(started).toEqual([0, 1, 2]);
  clock.advance(100);
  await turns();
  expect(started).toEqual([0, 1, 2, 3]);
  clock.advance(200);
  await turns();
  expect(started).toEqual([0, 1, 2, 3, 4, 5]);
});

test('what was not used is kept, up to the burst', async () => {
  const clock = manualClock();
  const take = openRateLimit({ perSecond: 10, burst: 3 }, clock);
  for (let number = 0; number < 3; number += 1) await take();
  clock.advance(60_000);
  let started = 0;
  for (let number = 0; number < 6; number += 1) void take().then(() => (started += 1));
  await turns();
  expect(started).toBe(3);
});

test('what is not used yet comes back as time passes, not all at once', async () => {
  const clock = manualClock();
  const take = openRateLimit({ perSecond: 10, burst: 3 }, clock);
  for (let number = 0; number < 3; number += 1) await take();
  clock.advance(100);
  let started = 0;
  for (let number = 0; number < 3; number += 1) void take().then(() => (started += 1));
  await turns();
  expect(started).toBe(1);
});

test('who gives up gives the turn back', async () => {
  const clock = manualClock();
  const take = openRateLimit({ perSecond: 1, burst: 1 }, clock);
  const abort = new AbortController();
  await take();
  const given = take(abort.signal);
  abort.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  let started = false;
  void take().then(() => (started = true));
  clock.advance(1_000);
  await turns();
  expect(started).toBe(true);
});

test('false is no limit', async () => {
  const take = openRateLimit(false, manualClock());
  await Promise.all(Array.from({ length: 1_000 }, () => take()));
});
