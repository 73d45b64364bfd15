import { expect, test } from 'vitest';
import { WorkQueue } from '../../../../src/testing/mini-kubernetes/controllers/work-queue.ts';
import { steppedClock } from './cluster.ts';

function recordingQueue() {
  const time = steppedClock();
  const done: string[] = [];
  const queue = new WorkQueue(time.clock, (key) => done.push(`${key}@${time.clock.monotonic()}`));
  return { ...time, queue, done };
}

test('what is asked for several times is done once, at the earliest time', async () => {
  const { queue, done, advance } = recordingQueue();
  for (const delay of [100, 50, 200]) queue.add('a', delay);
  queue.add('b', 70);
  await advance(1000);
  expect(done).toEqual(['a@50', 'b@70']);
});

test('what is asked for after it was done is done again', async () => {
  const { queue, done, advance } = recordingQueue();
  queue.add('a', 0);
  await advance(10);
  queue.add('a', 0);
  await advance(10);
  expect(done).toEqual(['a@0', 'a@10']);
});

test('nothing is done within the call that asks for it', () => {
  const { queue, done } = recordingQueue();
  queue.add('a', 0);
  expect(done).toEqual([]);
});

test('a closed one does nothing and leaves no timer', async () => {
  const { queue, done, advance, timers } = recordingQueue();
  queue.add('a', 10);
  queue.close();
  queue.add('b', 10);
  expect(timers()).toBe(0);
  await advance(100);
  expect(done).toEqual([]);
});
