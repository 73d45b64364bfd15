import process from 'node:process';
import { expect, it, onTestFinished } from 'vitest';
import { ConfigError, HoldfastError } from '../../src/core/errors.ts';
import { Run, runEach } from '../../src/core/run.ts';
import { collect, idle, manualWork, runNumbers, upTo, watchedSource } from './runs.ts';

function unhandledRejections(): unknown[] {
  const seen: unknown[] = [];
  // Vitest fails on these by itself: its listeners stand aside while the test looks.
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const listener = (reason: unknown) => seen.push(reason);
  process.on('unhandledRejection', listener);
  onTestFinished(() => {
    process.off('unhandledRejection', listener);
    for (const other of others) process.on('unhandledRejection', other);
  });
  return seen;
}

const codeOf = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error instanceof HoldfastError ? error.code : error;
  }
};

it('does nothing until it is awaited or iterated', async () => {
  const { source, seen } = watchedSource([1]);
  const { begun, work } = manualWork();
  void runNumbers(source, { work });
  await idle();
  expect([seen.pulled, begun]).toEqual([0, []]);
});

it('starts one microtask after the first then', async () => {
  const starts: string[] = [];
  const run = new Run(async () => starts.push('started'));
  void run.then();
  expect(starts).toEqual([]);
  await undefined;
  expect(starts).toEqual(['started']);
});

it('starts one microtask after an iterator was taken', async () => {
  const starts: string[] = [];
  const run = new Run(async () => starts.push('started'));
  run[Symbol.asyncIterator]();
  expect(starts).toEqual([]);
  await undefined;
  expect(starts).toEqual(['started']);
});

it('gives its items to an iterator taken right after the first then', async () => {
  const run = runNumbers([1, 2, 3]);
  const summary = run.then();
  const items = await collect(run);
  expect(items.map(({ input }) => input)).toEqual([1, 2, 3]);
  expect(await summary).toBe(await run);
});

it('gives the same summary to everyone who asks, during and after', async () => {
  const run = runNumbers([1, 2, 3]);
  const [first, second] = await Promise.all([run, run]);
  expect(second).toBe(first);
  expect(await run).toBe(first);
  expect(await run.then(({ done }) => done)).toBe(3);
  expect(first).toMatchObject({ done: 3, failed: 0, skipped: 0, ok: true });
});

it('runs once, whoever asks', async () => {
  const { source, seen } = watchedSource([1, 2]);
  const run = runNumbers(source);
  await Promise.all([run, run.then(), run.finally()]);
  await run;
  expect(seen.pulled).toBe(2);
});

it('refuses a second iterator, and one taken after the start, each saying what to do', async () => {
  const iterated = runNumbers([1]);
  iterated[Symbol.asyncIterator]();
  expect(codeOf(() => iterated[Symbol.asyncIterator]())).toBe('RUN_ITERATED');
  expect(() => iterated[Symbol.asyncIterator]()).toThrow('call the operation again');

  const awaited = runNumbers([1]);
  await awaited;
  expect(codeOf(() => awaited[Symbol.asyncIterator]())).toBe('RUN_STARTED');
  expect(() => awaited[Symbol.asyncIterator]()).toThrow('iterate it before it is awaited');
});

it('rejects an await inside its own loop, and goes on', async () => {
  const run = runNumbers(upTo(20));
  const seen: number[] = [];
  for await (const { input } of run) {
    seen.push(input);
    await expect(Promise.resolve(run)).rejects.toMatchObject({ code: 'RUN_AWAITED_IN_LOOP' });
  }
  expect(seen).toEqual([...upTo(20)]);
  expect((await run).done).toBe(20);
});

it('can be awaited while an iterator waits for its next item', async () => {
  const { work, end } = manualWork();
  const run = runNumbers([1, 2], { work });
  const items = collect(run);
  await idle();
  end(1);
  await idle();
  const summary = run.then();
  end(2);
  expect(await items).toHaveLength(2);
  expect((await summary).done).toBe(2);
});

it('can be awaited while the second of two next calls waits', async () => {
  const { work, end } = manualWork();
  const run = runNumbers([1, 2], { work });
  const iterator = run[Symbol.asyncIterator]();
  const asked = [iterator.next(), iterator.next()];
  await idle();
  end(1);
  await asked[0];
  const summary = run.then();
  end(2);
  await asked[1];
  expect((await summary).done).toBe(2);
});

it('can be awaited after its loop was left', async () => {
  const run = runNumbers(upTo(100));
  for await (const { input } of run) if (input === 3) break;
  expect(await run).toMatchObject({ failed: 0 });
});

it('can be awaited by one who holds its last item once it is over', async () => {
  const run = runNumbers([1]);
  const iterator = run[Symbol.asyncIterator]();
  await iterator.next();
  await idle();
  expect((await run).done).toBe(1);
});

it('returned from an async function is awaited', async () => {
  const operate = async () => runNumbers([1, 2]);
  expect((await operate()).done).toBe(2);
});

it('rejects the loop over it with what it rejects with, and raises no unhandled rejection', async () => {
  const seen = unhandledRejections();
  const broken = new Error('broken');
  const run = new Run(async () => Promise.reject(broken));
  await expect(collect(run)).rejects.toBe(broken);
  await idle();
  expect(seen).toEqual([]);
  await expect(run.then()).rejects.toBe(broken);
});

it('is an unhandled rejection where it is awaited without anybody who catches', async () => {
  const seen = unhandledRejections();
  const broken = new Error('broken');
  void new Run(async () => Promise.reject(broken)).then();
  await idle();
  expect(seen).toEqual([broken]);
});

it('tells its error to the first of several waiting next calls, and the end to the others', async () => {
  const broken = new Error('broken');
  const iterator = new Run(async () => Promise.reject(broken))[Symbol.asyncIterator]();
  const [first, second] = await Promise.allSettled([iterator.next(), iterator.next()]);
  expect(first).toMatchObject({ reason: broken });
  expect(second).toMatchObject({ value: { done: true } });
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
});

it('tells its error once to one who asks after it has failed', async () => {
  const broken = new Error('broken');
  const iterator = new Run(async () => Promise.reject(broken))[Symbol.asyncIterator]();
  await idle();
  await expect(iterator.next()).rejects.toBe(broken);
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

it('tells its error to one who leaves and not again to one who asks after that', async () => {
  const broken = new Error('broken');
  const iterator = new Run(async () => Promise.reject(broken))[Symbol.asyncIterator]();
  await idle();
  await expect(iterator.return?.()).rejects.toBe(broken);
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

it('tells an error to the one who leaves the loop, where the loop was not told', async () => {
  const { work, end, reject } = manualWork();
  const run = runNumbers([1, 2], { work });
  const loop = (async () => {
    for await (const _ of run) break;
  })();
  await idle();
  end(1);
  await idle();
  const broken = new Error('broken');
  reject(2, broken);
  await expect(loop).rejects.toBe(broken);
});

it('gives several next calls at once an item each, and the end to those left over', async () => {
  const iterator = runNumbers([1, 2])[Symbol.asyncIterator]();
  const results = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
  expect(results.map(({ value }) => value?.input)).toEqual([1, 2, undefined]);
});

it('ends waiting next calls when the iterator is left', async () => {
  const { work, end } = manualWork();
  const iterator = runNumbers([1], { work })[Symbol.asyncIterator]();
  const waiting = iterator.next();
  await idle();
  const left = iterator.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  end(1);
  expect(await left).toEqual({ done: true, value: undefined });
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

it('begins nothing when its iterator is left before the start', async () => {
  const { work, begun } = manualWork();
  const run = runNumbers([1, 2], { work });
  await run[Symbol.asyncIterator]().return?.();
  expect(begun).toEqual([]);
  expect((await run).skipped).toBe(2);
});

it('has catch and finally', async () => {
  const broken = new Error('broken');
  const run = new Run<never, number>(async () => Promise.reject(broken));
  expect(await run.catch((error) => error)).toBe(broken);
  let settled = 0;
  await expect(run.finally(() => settled++)).rejects.toBe(broken);
  expect(settled).toBe(1);
});

it.each([
  { concurrency: 0 },
  { concurrency: 1.5 },
  { concurrency: NaN },
  { concurrency: Infinity },
  { failAbove: -1 },
  { failAbove: NaN },
  { failAbove: '-5%' as const },
  { failAbove: '200%' as const },
  { rerunLimit: -1 },
  { rerunLimit: 0.5 },
])('refuses %o at once, naming it', (options) => {
  const [name] = Object.keys(options);
  expect(() => runNumbers([1], { options })).toThrow(ConfigError);
  expect(() => runNumbers([1], { options })).toThrow(`options.${name}: expected a whole number`);
});

it('names all options that are wrong', () => {
  const options = { concurrency: 0, rerunLimit: -1 };
  expect(() => runNumbers([1], { options })).toThrow(/concurrency(.|\n)*rerunLimit/);
});

it('refuses a string as the source at once: it would be iterated by its characters', () => {
  const start = () => Reflect.apply(runEach, undefined, ['abc', { name: 'ids' }]);
  expect(start).toThrow("ids: expected a list of strings, received the string 'abc'");
});
