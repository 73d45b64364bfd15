import { expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { checkInputs, openSource } from '../../src/core/source.ts';
import { upTo, watchedSource } from './runs.ts';

const wrong: [unknown, string][] = [
  ['abc', "ids: expected a list of strings, received the string 'abc': put it in brackets"],
  [
    'x'.repeat(99),
    `ids: expected a list of strings, received the string '${'x'.repeat(40)}…': put it in brackets`,
  ],
  ['x'.repeat(40), `received the string '${'x'.repeat(40)}': put`],
  [42, 'received 42'],
  [undefined, 'received undefined'],
  [null, 'received null'],
  [{ a: 1 }, 'received an object that is none of them'],
  [Promise.resolve([]), 'received a promise: await it first'],
  [upTo, 'received a function: call it first'],
];

it.each(wrong)('refuses %o', (inputs, message) => {
  expect(() => checkInputs(inputs, 'ids')).toThrow(ConfigError);
  expect(() => checkInputs(inputs, 'ids')).toThrow(message);
});

it('knows how many there are of an array, a Set and a Map, and of nothing else', async () => {
  async function* later() {
    yield 1;
  }
  const totals = [[1, 2], new Set([1, 2, 3]), new Map([[1, 1]]), upTo(3), later()].map(
    (inputs) => openSource<unknown>(inputs).total,
  );
  expect(totals).toEqual([2, 3, 1, undefined, undefined]);
});

it('takes a size for a number of inputs only where it is one', () => {
  const sized = (size: unknown) => Object.assign(upTo(3), { size });
  const totals = [0, 3, -1, 1.5, '3', 2 ** 53].map((size) => openSource(sized(size)).total);
  expect(totals).toEqual([0, 3, undefined, undefined, undefined, undefined]);
});

it('counts what it pulls from 0', async () => {
  async function* later() {
    yield* upTo(3);
  }
  for (const inputs of [[0, 1, 2], upTo(3), later()]) {
    const source = openSource<number>(inputs);
    const pulled = [await source.pull(), await source.pull(), await source.pull(), await source.pull()];
    expect(pulled).toEqual([...[0, 1, 2].map((index) => ({ input: index, index })), undefined]);
  }
});

it('closes what has no return by leaving it', async () => {
  const source = openSource({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) });
  expect(source.pull()).toEqual({ input: 1, index: 0 });
  await expect(source.close()).resolves.toBeUndefined();
});

it('reads the length of an array once, and gives what was not pulled as the rest', () => {
  const array = [10, 11, 12];
  const source = openSource(array);
  array.push(13);
  expect(source.pull()).toEqual({ input: 10, index: 0 });
  expect([...source.rest()].map(({ input }) => input)).toEqual([11, 12]);
});

it('calls return once, and not where the source has ended or thrown', async () => {
  const stopped = watchedSource([1, 2]);
  const source = openSource(stopped.source);
  await source.pull();
  await source.close();
  await source.close();
  expect(stopped.seen.returned).toBe(1);

  const ended = watchedSource([]);
  const endedSource = openSource(ended.source);
  await endedSource.pull();
  await endedSource.close();
  expect(ended.seen.returned).toBe(0);

  const thrown = watchedSource({
    [Symbol.iterator]: () => ({
      next: () => {
        throw new Error('broken');
      },
    }),
  });
  const thrownSource = openSource(thrown.source);
  expect(() => thrownSource.pull()).toThrow('broken');
  await thrownSource.close();
  expect(thrown.seen.returned).toBe(0);
});
