import { getEventListeners } from 'node:events';
import process from 'node:process';
import { expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Progress } from '../../src/core/run-options.ts';
import type { Grade } from '../../src/core/run-task.ts';
import { collect, idle, manualWork, runNumbers, stoppedClock, upTo, watchedSource } from './runs.ts';

const inputsOf = (items: readonly { readonly input: number }[]) => items.map(({ input }) => input);

function warnings(): string[] {
  const seen: string[] = [];
  const listener = (warning: Error) => seen.push(warning.message);
  process.on('warning', listener);
  onTestFinished(() => void process.off('warning', listener));
  return seen;
}

/** Pulled one at a time, when the test says so. */
function manualSource() {
  const asked: PromiseWithResolvers<IteratorResult<number>>[] = [];
  const seen = { returned: 0 };
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const next = Promise.withResolvers<IteratorResult<number>>();
        asked.push(next);
        return next.promise;
      },
      return: async () => {
        seen.returned += 1;
        return { done: true, value: undefined };
      },
    }),
  };
  return { source, seen, asked };
}

it('pulls an input only when a slot is free', async () => {
  const { source, seen } = watchedSource(upTo(10));
  const { work, begun, end } = manualWork();
  const run = runNumbers(source, { work, options: { concurrency: 3 } }).then();
  await idle();
  expect([seen.pulled, begun]).toEqual([3, [0, 1, 2]]);
  end(1);
  await idle();
  expect([seen.pulled, begun]).toEqual([4, [0, 1, 2, 3]]);
  for (const input of upTo(10)) {
    end(input);
    await idle();
  }
  expect((await run).done).toBe(10);
});

it('pulls nothing more where one of two that ended together stopped the run', async () => {
  const { source, seen } = watchedSource(upTo(10));
  const gate = Promise.withResolvers<void>();
  const run = runNumbers(source, {
    work: async (input) => {
      await gate.promise;
      return input === 0 ? 'done' : 'failed';
    },
    options: { concurrency: 2, failAbove: 0 },
  });
  const ended = run.then();
  await idle();
  gate.resolve();
  expect(await ended).toMatchObject({ done: 1, failed: 1 });
  expect(seen.pulled).toBe(2);
});

it('gives items as they end, not as they began', async () => {
  const { work, end } = manualWork();
  const items = collect(runNumbers([1, 2, 3], { work, options: { concurrency: 3 } }));
  await idle();
  for (const input of [2, 3, 1]) end(input);
  expect(inputsOf(await items)).toEqual([2, 3, 1]);
});

it('pulls no further than the loop takes: an item not taken holds its slot', async () => {
  const { source, seen } = watchedSource(upTo(10));
  const iterator = runNumbers(source, { options: { concurrency: 3 } })[Symbol.asyncIterator]();
  await idle();
  expect(seen.pulled).toBe(3);
  await iterator.next();
  await idle();
  expect(seen.pulled).toBe(4);
});

it('pulls further while an input waits outside', async () => {
  const gate = Promise.withResolvers<void>();
  const { source, seen } = watchedSource(upTo(10));
  const run = runNumbers(source, {
    options: { concurrency: 1 },
    work: async (_, { outside }) => {
      await outside(gate.promise);
      return 'done';
    },
  }).then();
  await idle();
  expect(seen.pulled).toBe(10);
  gate.resolve();
  expect((await run).done).toBe(10);
});

it('stops pulling while 1,000 wait outside', async () => {
  const gate = Promise.withResolvers<void>();
  const { source, seen } = watchedSource(upTo(5_000));
  const run = runNumbers(source, {
    options: { concurrency: 4 },
    work: async (_, { outside }) => {
      await outside(gate.promise);
      return 'done';
    },
  }).then();
  await idle();
  expect(seen.pulled).toBe(1_000);
  gate.resolve();
  expect((await run).done).toBe(5_000);
});

it('never asks an async source for the next input before it gave the last', async () => {
  const { source, asked } = manualSource();
  const run = runNumbers(source, { options: { concurrency: 3 } }).then();
  await idle();
  expect(asked).toHaveLength(1);
  asked[0]?.resolve({ done: false, value: 1 });
  await idle();
  expect(asked).toHaveLength(2);
  asked[1]?.resolve({ done: true, value: undefined });
  expect((await run).done).toBe(1);
});

const grades: [Grade, object][] = [
  ['done', { done: 1, failed: 0, skipped: 0, ok: true }],
  ['failed', { done: 0, failed: 1, skipped: 0, ok: false }],
  ['unknown', { done: 0, failed: 1, skipped: 0, ok: false }],
  ['skipped', { done: 0, failed: 0, skipped: 1, ok: false }],
];

it.each(grades)('counts an item that is %s', async (grade, counts) => {
  const summary = await runNumbers([7], { work: async () => grade });
  expect(summary).toMatchObject(counts);
  const kinds = (['failed', 'skipped', 'unknown'] as const).filter((kind) => summary.rerun(kind).length > 0);
  expect(kinds).toEqual(
    { done: [], failed: ['failed'], unknown: ['failed', 'unknown'], skipped: ['skipped'] }[grade],
  );
});

it('is ok with nothing to do', async () => {
  expect(await runNumbers([])).toMatchObject({ done: 0, failed: 0, skipped: 0, ok: true });
  expect(await collect(runNumbers(upTo(0)))).toEqual([]);
});

it('takes its duration from the monotonic clock', async () => {
  const times = [1_000, 1_250];
  const clock: Clock = { ...stoppedClock, monotonic: () => times.shift() ?? NaN };
  expect((await runNumbers([1], { clock })).durationMs).toBe(250);
});

it('begins nothing with a signal that has aborted', async () => {
  const { source, seen } = watchedSource(upTo(5));
  const { work, begun } = manualWork();
  const options = { signal: AbortSignal.abort() };
  expect(await runNumbers(source, { work, options })).toMatchObject({ done: 0, skipped: 0, ok: true });
  expect([seen.pulled, seen.returned, begun]).toEqual([0, 1, []]);
  const items = await collect(runNumbers([1, 2], { work, options }));
  expect(items).toEqual([
    { input: 1, grade: 'skipped' },
    { input: 2, grade: 'skipped' },
  ]);
});

it('resolves after an abort, when work in flight has ended, with the rest of an array skipped', async () => {
  const controller = new AbortController();
  const { work, begun, end } = manualWork();
  let settled = false;
  const run = runNumbers([...upTo(10)], { work, options: { signal: controller.signal } }).finally(() => {
    settled = true;
  });
  await idle();
  controller.abort();
  await idle();
  expect([settled, begun]).toEqual([false, [0, 1]]);
  end(0);
  end(1, 'unknown');
  const summary = await run;
  expect(summary).toMatchObject({ done: 1, failed: 1, skipped: 8, ok: false });
  expect(summary.rerun('skipped')).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  expect(begun).toEqual([0, 1]);
});

it('gives the items that were not begun to a loop at once, while work in flight goes on', async () => {
  const controller = new AbortController();
  const { work, end } = manualWork();
  const run = runNumbers([0, 1, 2, 3], { work, options: { signal: controller.signal } });
  const seen: number[] = [];
  const loop = (async () => {
    for await (const { input } of run) seen.push(input);
  })();
  await idle();
  controller.abort();
  await idle();
  expect(seen).toEqual([2, 3]);
  end(0);
  end(1);
  await loop;
  expect(seen).toEqual([2, 3, 0, 1]);
});

it('tells work in flight that the run stops, with the reason of the signal', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const run = runNumbers(upTo(5), {
    options: { signal: controller.signal, concurrency: 1 },
    work: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(signal.reason === reason ? 'skipped' : 'failed'));
      }),
  }).then();
  await idle();
  controller.abort(reason);
  expect(await run).toMatchObject({ skipped: 1, failed: 0 });
});

it('leaves no listener on the signal, however it ends', async () => {
  const ends: ((signal: AbortSignal) => Promise<unknown>)[] = [
    async (signal) => await runNumbers(upTo(50), { options: { signal } }),
    (signal) => collect(runNumbers(upTo(50), { options: { signal } })),
    async (signal) => {
      for await (const _ of runNumbers(upTo(50), { options: { signal } })) break;
    },
    async (signal) => {
      const work = async () => Promise.reject(new Error('broken'));
      await expect(runNumbers(upTo(50), { work, options: { signal } }).then()).rejects.toThrow('broken');
    },
    async (signal) =>
      await runNumbers(upTo(50), { work: async () => 'failed', options: { signal, failAbove: 1 } }),
  ];
  for (const end of ends) {
    const { signal } = new AbortController();
    await end(signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  }
  const { signal } = new AbortController();
  void runNumbers(upTo(5), { options: { signal } });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('does not warn of many listeners however many inputs are in flight', async () => {
  const seen = warnings();
  const work = (_: number, { signal }: { signal: AbortSignal }) =>
    new Promise<Grade>((resolve) => signal.addEventListener('abort', () => resolve('skipped')));
  const controller = new AbortController();
  const run = runNumbers(upTo(500), {
    work,
    options: { concurrency: 100, signal: controller.signal },
  }).then();
  await idle();
  controller.abort();
  expect((await run).skipped).toBe(100);
  await idle();
  expect(seen).toEqual([]);
});

it('break begins nothing more, closes the source once and waits for work in flight', async () => {
  const { source, seen } = watchedSource(upTo(100));
  const { work, begun, end } = manualWork();
  const run = runNumbers(source, { work, options: { concurrency: 3 } });
  let left = false;
  const loop = (async () => {
    for await (const _ of run) break;
    left = true;
  })();
  await idle();
  end(1);
  await idle();
  const inFlight = begun.filter((input) => input !== 1);
  expect([left, seen.returned]).toEqual([false, 1]);
  for (const input of inFlight) end(input);
  await loop;
  expect(seen.returned).toBe(1);
  expect(await run).toMatchObject({ done: begun.length, failed: 0 });
});

it('counts the rest of an array as skipped after break, and asks for no items of it', async () => {
  const asked: number[] = [];
  const run = runNumbers([...upTo(10)], {
    options: { concurrency: 1 },
    skip: (input) => {
      asked.push(input);
      return { input, grade: 'skipped' };
    },
  });
  for await (const _ of run) break;
  const { done, skipped } = await run;
  expect([done + skipped, asked]).toEqual([10, []]);
});

it('an input that comes when the run is being stopped is skipped, and the loop is told', async () => {
  const controller = new AbortController();
  const { source, seen, asked } = manualSource();
  const { work, begun } = manualWork();
  const run = runNumbers(source, { work, options: { signal: controller.signal } });
  const items = collect(run);
  await idle();
  controller.abort();
  await idle();
  expect(seen.returned).toBe(1);
  asked[0]?.resolve({ done: false, value: 5 });
  expect(await items).toEqual([{ input: 5, grade: 'skipped' }]);
  const summary = await run;
  expect([begun, summary.skipped, summary.rerun('skipped')]).toEqual([[], 1, [5]]);
});

it('skips after a stop what its task knows that the source had not given', async () => {
  const controller = new AbortController();
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => void seen.push(progress);
  const work = async (input: number): Promise<Grade> => {
    if (input === 1) controller.abort();
    return 'done';
  };
  const options = { concurrency: 1, signal: controller.signal, onProgress };
  const run = runNumbers(upTo(10), { work, options, rest: async () => [7, 8] });
  expect(await collect(run)).toEqual([
    { input: 0, grade: 'done' },
    { input: 1, grade: 'done' },
    { input: 7, grade: 'skipped' },
    { input: 8, grade: 'skipped' },
  ]);
  const summary = await run;
  expect(summary).toMatchObject({ done: 2, skipped: 2, ok: false });
  expect(summary.rerun('skipped')).toEqual([7, 8]);
  expect(seen.at(-1)).toEqual({ done: 2, failed: 0, skipped: 2, inFlight: 0 });
});

it('asks its task for what the source had not given only after a stop, and rejects where it cannot tell', async () => {
  const failure = new Error('the store is gone');
  let asked = 0;
  const rest = () => {
    asked++;
    return Promise.reject(failure);
  };
  expect(await runNumbers(upTo(3), { rest })).toMatchObject({ done: 3, ok: true });
  const stopped = { options: { signal: AbortSignal.abort() }, rest };
  await expect(runNumbers(upTo(3), stopped)).rejects.toBe(failure);
  const thrown = new Error('the source');
  const next = () => {
    throw thrown;
  };
  await expect(runNumbers({ [Symbol.iterator]: () => ({ next }) }, { rest })).rejects.toBe(thrown);
  expect(asked).toBe(1);
});

it('closes a source that waits for its next input as soon as it is stopped', async () => {
  const controller = new AbortController();
  const waiting = Promise.withResolvers<IteratorResult<number>>();
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => waiting.promise,
      return: async () => {
        waiting.resolve({ done: true, value: undefined });
        return { done: true, value: undefined };
      },
    }),
  };
  const run = runNumbers(source, { options: { signal: controller.signal } }).then();
  await idle();
  controller.abort();
  expect((await run).skipped).toBe(0);
});

const abortErrors: [string, (reason: unknown) => unknown][] = [
  ['the reason of the same signal', (reason) => reason],
  [
    'an AbortError of its own',
    (cause) => Object.assign(new Error('aborted', { cause }), { name: 'AbortError' }),
  ],
];

it.each(abortErrors)('a source that throws %s has ended, not failed', async (_, thrown) => {
  const controller = new AbortController();
  async function* source() {
    yield 1;
    await new Promise((_, reject) =>
      controller.signal.addEventListener('abort', () => reject(thrown(controller.signal.reason))),
    );
  }
  const run = runNumbers(source(), { options: { signal: controller.signal } }).then();
  await idle();
  controller.abort(new Error('enough'));
  expect(await run).toMatchObject({ done: 1, skipped: 0 });
});

it('a source that cannot be closed because of the same signal has not failed', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 1 }),
      return: () => Promise.reject(signal.reason),
    }),
  };
  expect(await runNumbers(source, { options: { signal } })).toMatchObject({ done: 0 });
});

it('a source that throws anything else after an abort fails the run', async () => {
  const controller = new AbortController();
  const { source, asked } = manualSource();
  const run = runNumbers(source, { options: { signal: controller.signal } }).then();
  await idle();
  controller.abort();
  asked[0]?.reject(new Error('broken'));
  await expect(run).rejects.toThrow('broken');
});

it('waits for the source to be closed', async () => {
  const closed = Promise.withResolvers<IteratorResult<number>>();
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 1 }),
      return: () => closed.promise,
    }),
  };
  let left = false;
  const loop = (async () => {
    for await (const _ of runNumbers(source)) break;
    left = true;
  })();
  await idle();
  expect(left).toBe(false);
  closed.resolve({ done: true, value: undefined });
  await loop;
});

it('waits for the source to be closed though it was stopped twice', async () => {
  const controller = new AbortController();
  const closed = Promise.withResolvers<IteratorResult<number>>();
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 1 }),
      return: () => closed.promise,
    }),
  };
  const iterator = runNumbers(source, { options: { signal: controller.signal } })[Symbol.asyncIterator]();
  await idle();
  controller.abort();
  let left = false;
  const leaving = iterator.return?.().then(() => {
    left = true;
  });
  await idle();
  expect(left).toBe(false);
  closed.resolve({ done: true, value: undefined });
  await leaving;
});

it('rejects with what closing the source throws, unless something went wrong before', async () => {
  const failing = (): Iterable<number> => ({
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: 1 }),
      return: () => {
        throw new Error('not closed');
      },
    }),
  });
  const stopped = runNumbers(failing(), { work: async () => 'failed', options: { failAbove: 0 } });
  await expect(stopped.then()).rejects.toMatchObject({ message: 'not closed' });
  const broken = runNumbers(failing(), { work: async () => Promise.reject(new Error('broken')) });
  await expect(broken.then()).rejects.toThrow('broken');
});

it('a generator that stops the run while it is asked for an input is closed all the same', async () => {
  const controller = new AbortController();
  let closed = false;
  function* source() {
    try {
      yield 1;
      controller.abort();
      yield 2;
    } finally {
      closed = true;
    }
  }
  const summary = await runNumbers(source(), { options: { signal: controller.signal } });
  expect([closed, summary.rerun('skipped')]).toEqual([true, [2]]);
});

it('lets work in flight end, and gives its items, before it rejects with what the source threw', async () => {
  function* source() {
    yield 1;
    throw new Error('source broken');
  }
  const { work, end } = manualWork();
  const run = runNumbers(source(), { work });
  const seen: number[] = [];
  const loop = (async () => {
    for await (const { input } of run) seen.push(input);
  })();
  const settled = loop.then(
    () => 'ended',
    () => 'rejected',
  );
  await idle();
  end(1);
  expect(await settled).toBe('rejected');
  await expect(loop).rejects.toThrow('source broken');
  await expect(run.then()).rejects.toThrow('source broken');
  expect(seen).toEqual([1]);
});

it('rejects where a source cannot be opened', async () => {
  const source: Iterable<number> = {
    [Symbol.iterator]: () => {
      throw new Error('not opened');
    },
  };
  await expect(runNumbers(source).then()).rejects.toThrow('not opened');
});

it('work that rejects ends the run once work in flight has ended, and closes the source', async () => {
  const { source, seen } = watchedSource(upTo(100));
  const { work, reject, end, begun } = manualWork();
  const run = runNumbers(source, { work }).then();
  const settled = run.then(
    () => 'resolved',
    () => 'rejected',
  );
  await idle();
  reject(0, new Error('mistake'));
  await idle();
  end(1);
  expect(await settled).toBe('rejected');
  await expect(run).rejects.toThrow('mistake');
  expect([begun, seen.returned]).toEqual([[0, 1], 1]);
});

it('gives no items for what was not begun when it is going to reject', async () => {
  const seen: number[] = [];
  const work = async (input: number) =>
    input === 1 ? Promise.reject(new Error('mistake')) : ('done' as const);
  const loop = async () => {
    for await (const { input } of runNumbers([0, 1, 2, 3], { work, options: { concurrency: 1 } }))
      seen.push(input);
  };
  await expect(loop()).rejects.toThrow('mistake');
  expect(seen).toEqual([0]);
});

it('rejects with the first of several mistakes', async () => {
  const { work, reject } = manualWork();
  const run = runNumbers([0, 1], { work }).then();
  const settled = expect(run).rejects.toThrow('first');
  await idle();
  reject(0, new Error('first'));
  await idle();
  reject(1, new Error('second'));
  await settled;
});

it('work that throws at once, before it returns a promise, ends the run too', async () => {
  const work = () => {
    throw new Error('mistake');
  };
  await expect(runNumbers([1, 2], { work }).then()).rejects.toThrow('mistake');
});

it('a skip that throws ends the run', async () => {
  const skip = () => {
    throw new Error('mistake');
  };
  const options = { signal: AbortSignal.abort() };
  await expect(collect(runNumbers([1], { skip, options }))).rejects.toThrow('mistake');
});

it('stops when more than failAbove have failed, and resolves', async () => {
  const work = async () => 'failed' as const;
  const summary = await runNumbers([...upTo(100)], { work, options: { failAbove: 2, concurrency: 1 } });
  expect(summary).toMatchObject({ done: 0, failed: 3, skipped: 97, ok: false });
});

it('counts unknown outcomes towards failAbove', async () => {
  const work = async () => 'unknown' as const;
  expect(await runNumbers(upTo(100), { work, options: { failAbove: 0, concurrency: 1 } })).toMatchObject({
    failed: 1,
  });
});

it('takes a share of failures of the whole array, and of what has ended of anything else', async () => {
  const work = async (input: number) => (input < 20 ? 'failed' : 'done') as Grade;
  const options = { failAbove: '10%', concurrency: 1 } as const;
  expect(await runNumbers([...upTo(200)], { work, options })).toMatchObject({ failed: 20, done: 180 });
  expect(await runNumbers(new Set(upTo(200)), { work, options })).toMatchObject({ failed: 20, done: 180 });
  expect(await runNumbers(upTo(200), { work, options })).toMatchObject({ failed: 10, done: 0 });
});

it('tells work in flight why it stops when failAbove is passed', async () => {
  const { work, end } = manualWork();
  let reason: unknown;
  const run = runNumbers([1, 2], {
    options: { failAbove: 0 },
    work: (input, { signal }) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return work(input);
    },
  }).then();
  await idle();
  end(1, 'failed');
  await idle();
  end(2);
  await run;
  expect(reason).toMatchObject({
    code: 'FAIL_ABOVE',
    message: 'Stopped with 1 failed, which is more than failAbove (0)',
  });
});

it('reports progress after every item, with the total where it is known', async () => {
  const { work, end } = manualWork();
  const seen: Progress[] = [];
  const run = runNumbers([0, 1, 2], {
    work,
    options: { onProgress: (progress) => seen.push(progress) },
  }).then();
  await idle();
  end(1, 'failed');
  await idle();
  end(0);
  end(2);
  await run;
  expect(seen).toEqual([
    { done: 0, failed: 1, skipped: 0, inFlight: 1, total: 3 },
    { done: 1, failed: 1, skipped: 0, inFlight: 1, total: 3 },
    { done: 2, failed: 1, skipped: 0, inFlight: 0, total: 3 },
  ]);
});

it('reports no total for a source that does not tell', async () => {
  const seen: Progress[] = [];
  await runNumbers(upTo(1), { options: { onProgress: (progress) => seen.push(progress) } });
  expect(seen).toStrictEqual([{ done: 1, failed: 0, skipped: 0, inFlight: 0 }]);
});

it('reports the inputs that were not begun once, at the end', async () => {
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => seen.push(progress);
  await runNumbers([...upTo(50)], { options: { onProgress, signal: AbortSignal.abort() } });
  expect(seen).toEqual([{ done: 0, failed: 0, skipped: 50, inFlight: 0, total: 50 }]);
});

it.each([
  [
    'throws',
    () => {
      throw new Error('listener broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('listener broken'))],
])('goes on when a listener %s, and warns once', async (_, onProgress) => {
  const seen = warnings();
  expect(await runNumbers([1, 2, 3], { options: { onProgress } })).toMatchObject({ done: 3, ok: true });
  await idle();
  expect(seen.filter((message) => message.includes('onProgress threw'))).toHaveLength(1);
});

it('keeps indexes of an array, and gives the inputs in its order', async () => {
  const { work, end } = manualWork();
  const array = [30, 10, 20];
  const run = runNumbers(array, { work, options: { concurrency: 3 } }).then();
  await idle();
  for (const input of [20, 10, 30]) end(input, 'failed');
  const summary = await run;
  expect(summary.rerun('failed')).toEqual([30, 10, 20]);
  expect(summary.rerun('failed')).not.toBe(summary.rerun('failed'));
  array[0] = 31;
  expect(summary.rerun('failed')).toEqual([31, 10, 20]);
});

it.each([
  ['an array', () => [...upTo(6)]],
  ['an iterable', () => upTo(6)],
])('keeps none of a kind of %s past rerunLimit, and says so', async (_, source) => {
  const work = async (input: number) => (input === 5 ? 'skipped' : input > 2 ? 'unknown' : 'failed') as Grade;
  const summary = await runNumbers(source(), { work, options: { rerunLimit: 3 } });
  expect(summary.rerun('unknown')).toEqual([3, 4]);
  expect(summary.rerun('unknown')).not.toBe(summary.rerun('unknown'));
  expect(summary.rerun('skipped')).toEqual([5]);
  const rerun = () => summary.rerun('failed');
  expect(rerun).toThrow(expect.objectContaining({ name: 'HoldfastError', code: 'RERUN_LIMIT' }));
  expect(rerun).toThrow(
    '5 inputs are failed and the limit of what is kept is 3, so none is: run with a rerunLimit of at least 5',
  );
});

it('keeps nothing with a rerunLimit of 0, and throws only where there was something to keep', async () => {
  const summary = await runNumbers([1], { work: async () => 'failed', options: { rerunLimit: 0 } });
  expect(() => summary.rerun('failed')).toThrow('rerunLimit of at least 1');
  expect(summary.rerun('skipped')).toEqual([]);
});

it('keeps 10,000 of a kind by default', async () => {
  const work = async () => 'failed' as const;
  expect((await runNumbers(upTo(10_000), { work })).rerun('failed')).toHaveLength(10_000);
  const more = await runNumbers(upTo(10_001), { work });
  expect(() => more.rerun('failed')).toThrow(
    '10001 inputs are failed and the limit of what is kept is 10000',
  );
});

it('refuses to give a kind that is none', async () => {
  const summary = await runNumbers([1]);
  const ask = () => Reflect.apply(summary.rerun, undefined, ['done']);
  expect(ask).toThrow("which: expected 'failed', 'skipped' or 'unknown', received done");
});
