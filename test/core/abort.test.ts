import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort, sleep } from '../../src/core/abort.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';

/** A clock whose timers only a test fires. */
function stoppedClock() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    setTimer: (callback) => {
      timers.add(callback);
      return () => timers.delete(callback);
    },
  };
  return { clock, timers };
}

test('an abort ends a sleep at once with its reason and leaves neither timer nor listener', async () => {
  const { clock, timers } = stoppedClock();
  const controller = new AbortController();
  const slept = sleep(1_000_000, clock, controller.signal);
  expect(timers.size).toBe(1);
  controller.abort(new Error('enough'));
  await expect(slept).rejects.toThrow('enough');
  expect(timers.size).toBe(0);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
});

test('a sleep that ends by itself leaves no listener on the signal', async () => {
  const { clock, timers } = stoppedClock();
  const { signal } = new AbortController();
  const slept = sleep(5, clock, signal);
  for (const fire of timers) fire();
  await slept;
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('a sleep on an aborted signal sets no timer', async () => {
  const { clock, timers } = stoppedClock();
  await expect(sleep(5, clock, AbortSignal.abort('over'))).rejects.toBe('over');
  expect(timers.size).toBe(0);
});

test('a listener is called once, at once where the signal has aborted, and not after it unsubscribed', () => {
  const heard: unknown[] = [];
  const controller = new AbortController();
  onAbort(AbortSignal.abort(1), (reason) => heard.push(reason));
  onAbort(controller.signal, (reason) => heard.push(reason));
  onAbort(controller.signal, () => heard.push('never'))();
  onAbort(undefined, () => heard.push('never'))();
  controller.abort(2);
  expect(heard).toEqual([1, 2]);
});

test('the system clock takes delays that are longer than a timer can be', () => {
  const cancel = systemClock.setTimer(() => {
    throw new Error('fired at once');
  }, Number.MAX_SAFE_INTEGER);
  cancel();
  cancel();
  expect(systemClock.monotonic()).toBeLessThanOrEqual(systemClock.monotonic());
});
