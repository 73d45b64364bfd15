import { expect, onTestFinished, test, vi } from 'vitest';
import { guardListener } from '../../src/core/guard-listener.ts';
import { idle } from './runs.ts';

function watchWarnings() {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => warned.mockRestore());
  return warned;
}

const stackless = Object.assign(new Error('out of paper'), { stack: undefined });

test.each<[string, unknown, RegExp]>([
  ['an error', new Error('out of paper'), /onItem threw; the work went on: Error: out of paper\n\s+at /],
  ['an error without a stack', stackless, /onItem threw; the work went on: out of paper$/],
  ['no error', 'out of paper', /onItem threw; the work went on: out of paper$/],
])(
  'a listener that throws or rejects with %s is told of once, and changes nothing',
  async (_, thrown, told) => {
    for (const fail of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      const warned = watchWarnings();
      warned.mockClear();
      const guarded = guardListener<number>(fail, 'onItem');
      guarded(1);
      guarded(2);
      await idle();
      expect(warned.mock.calls).toEqual([[expect.stringMatching(told), { code: 'HOLDFAST_LISTENER' }]]);
    }
  },
);

test('a listener gets every event, and none is needed', async () => {
  const warned = watchWarnings();
  const heard: number[] = [];
  const guarded = guardListener<number>((event) => void heard.push(event), 'onItem');
  guarded(1);
  guarded(2);
  guardListener<number>(undefined, 'onItem')(3);
  await idle();
  expect(heard).toEqual([1, 2]);
  expect(warned).not.toHaveBeenCalled();
});
