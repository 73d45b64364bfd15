import { expect, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import { sleep } from '../../src/core/abort.ts';
import { NEW_YEAR, virtualClock } from '../../src/testing/virtual-clock.ts';

test('fires timers in the order of their times, each at its own', async () => {
  const clock = virtualClock();
  const fired: [string, number][] = [];
  for (const [name, delay] of [['late', 300] as const, ['early', 100] as const, ['beyond', 301] as const]) {
    clock.setTimer(() => fired.push([name, clock.monotonic()]), delay);
  }
  await clock.advance(300);
  expect(fired).toEqual([
    ['early', 100],
    ['late', 300],
  ]);
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  expect(fired.at(-1)).toEqual(['beyond', 301]);
});

test('fires timers of one time in the order in which they were set', async () => {
  const clock = virtualClock();
  const fired: number[] = [];
  for (let index = 0; index < 200; index++) clock.setTimer(() => fired.push(index), 5);
  await clock.advance(5);
  expect(fired).toEqual(Array.from({ length: 200 }, (_, index) => index));
});

test('lets what a timer made ready set further timers within the same advance', async () => {
  const clock = virtualClock();
  const reached: number[] = [];
  const walk = async () => {
    for (let step = 0; step < 4; step++) {
      await sleep(10, clock);
      reached.push(clock.monotonic());
    }
  };
  const walking = walk();
  await clock.advance(25);
  expect(reached).toEqual([10, 20]);
  await clock.advance(25);
  expect(reached).toEqual([10, 20, 30, 40]);
  expect(clock.monotonic()).toBe(50);
  await walking;
});

test('forgets a cancelled timer, of many and twice', async () => {
  const clock = virtualClock();
  const fired: number[] = [];
  const cancels = Array.from({ length: 1_000 }, (_, index) =>
    clock.setTimer(() => fired.push(index), 1_000 - index),
  );
  for (const [index, cancel] of cancels.entries()) {
    if (index % 10 === 0) continue;
    cancel();
    cancel();
  }
  expect(clock.pending).toBe(100);
  await clock.advance(1_000);
  expect(fired).toEqual(Array.from({ length: 100 }, (_, index) => 990 - 10 * index));
  expect(clock.pending).toBe(0);
});

test('moves the wall clock alone when it jumps', async () => {
  const clock = virtualClock();
  expect(clock.now()).toBe(NEW_YEAR);
  let fired = false;
  clock.setTimer(() => {
    fired = true;
  }, 1_000);
  clock.jump(3_600_000);
  await clock.advance(10);
  expect([clock.now() - NEW_YEAR, clock.monotonic(), fired]).toEqual([3_600_010, 10, false]);
  expect(virtualClock(5).now()).toBe(5);
});

test('runs a whole operation with its retries in no time', async () => {
  const clock = virtualClock();
  const cluster = new ClusterClient(['http://node.test'], {
    clock,
    fetch: async () => new Response(null, { status: 500 }),
  });
  const failed = clock.run(cluster.createGroup('g'));
  await expect(failed).rejects.toMatchObject({ name: 'NodeUnavailableError' });
  expect(clock.monotonic()).toBeGreaterThan(100);
});

test('settles as the work does', async () => {
  const clock = virtualClock();
  expect(await clock.run(sleep(60_000, clock).then(() => 'done'))).toBe('done');
  await expect(clock.run(Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('says that work waits for something else', async () => {
  const clock = virtualClock();
  const waiting = clock.run(new Promise(() => undefined));
  await expect(waiting).rejects.toMatchObject({ name: 'HoldfastError', code: 'NOTHING_LEFT' });
});
