import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';

/** The platform's timers, which keep what they are asked for. */
function watchTimers() {
  const timer = { unref: vi.fn() };
  const set = vi.fn((_callback: () => void, _delay: number) => timer);
  const clear = vi.fn();
  vi.stubGlobal('setTimeout', set);
  vi.stubGlobal('clearTimeout', clear);
  onTestFinished(() => void vi.unstubAllGlobals());
  return { timer, set, clear };
}

test('a delay is passed on, and no longer than a timer can be', () => {
  const { set } = watchTimers();
  const callback = () => undefined;
  systemClock.setTimer(callback, 250);
  systemClock.setTimer(callback, 2 ** 31 - 1);
  systemClock.setTimer(callback, 2 ** 31);
  systemClock.setTimer(callback, Infinity);
  expect(set.mock.calls).toEqual([
    [callback, 250],
    [callback, 2 ** 31 - 1],
    [callback, 2 ** 31 - 1],
    [callback, 2 ** 31 - 1],
  ]);
});

test('a timer keeps the process alive unless it is told not to', () => {
  const { timer } = watchTimers();
  systemClock.setTimer(() => undefined, 5);
  systemClock.setTimer(() => undefined, 5, {});
  systemClock.setTimer(() => undefined, 5, { keepsProcessAlive: true });
  expect(timer.unref).not.toHaveBeenCalled();
  systemClock.setTimer(() => undefined, 5, { keepsProcessAlive: false });
  expect(timer.unref).toHaveBeenCalledOnce();
});

test('a cancelled timer is cleared', () => {
  const { timer, clear } = watchTimers();
  const cancel = systemClock.setTimer(() => undefined, 5);
  expect(clear).not.toHaveBeenCalled();
  cancel();
  expect(clear).toHaveBeenCalledWith(timer);
});
