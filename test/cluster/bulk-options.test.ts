import { describe, expect, test } from 'vitest';
import {
  checkRunOptions,
  operationFor,
  parseRecoverOptions,
  placesOf,
} from '../../src/cluster/bulk-options.ts';

const issues = (...found: readonly { readonly path: string; readonly message: string }[]) =>
  expect.objectContaining({ name: 'ConfigError', issues: found });

describe('a wish', () => {
  test('for present is a create, and for absent a delete', () => {
    expect(operationFor('present')).toBe('create');
    expect(operationFor('absent')).toBe('delete');
  });

  test.each([
    ['gone', '"gone"'],
    ['create', '"create"'],
    ['', '""'],
    [true, 'true'],
    [undefined, 'undefined'],
    [() => 'present', 'function'],
  ])('for %o is refused, and says what was received', (want, received) => {
    expect(() => operationFor(want)).toThrow(
      issues({ path: 'want', message: `expected 'present' or 'absent', received ${received}` }),
    );
  });
});

describe('options of a recovery', () => {
  test.each([undefined, {}])('%o undo what is open, and forget no node', (options) => {
    expect(parseRecoverOptions(options)).toEqual({ resolve: 'undo', forget: [], run: {} });
  });

  test('are parted into those of the recovery and those of the run', () => {
    const { signal } = new AbortController();
    const onProgress = () => undefined;
    const run = { signal, onProgress, concurrency: 3, failAbove: '10%', rerunLimit: 5 } as const;
    expect(parseRecoverOptions({ ...run, resolve: 'finish', forget: ['a'] })).toEqual({
      resolve: 'finish',
      forget: ['a'],
      run,
    });
  });

  test.each([
    [{ resolve: 'guess' }, 'options.resolve', `expected 'undo' or 'finish', received "guess"`],
    [{ forget: 'a' }, 'options.forget', 'expected an array, received "a"'],
    [{ forget: [5] }, 'options.forget[0]', 'expected a string, received 5'],
    [
      { shard: { index: 0, of: 1 } },
      'options.shard',
      'is not an option; there are concurrency, failAbove, forget, onProgress, rerunLimit, resolve, signal',
    ],
    [{ onProgress: 5 }, 'options.onProgress', 'expected a function, received 5'],
    [[], 'options', 'expected an object, received an array'],
    ['undo', 'options', 'expected an object, received "undo"'],
  ])('%o are refused', (options, path, message) => {
    expect(() => parseRecoverOptions(options)).toThrow(issues({ path, message }));
  });
});

describe('options of a run', () => {
  test('are none, or those there are', () => {
    const { signal } = new AbortController();
    const shard = { index: 1, of: 2 };
    expect(() => checkRunOptions(undefined)).not.toThrow();
    expect(() => checkRunOptions({})).not.toThrow();
    expect(() =>
      checkRunOptions({ signal, shard, concurrency: 1, onProgress: () => 1, failAbove: 3, rerunLimit: 0 }),
    ).not.toThrow();
  });

  test.each([
    [
      { paralel: 5 },
      'options.paralel',
      'is not an option; there are concurrency, failAbove, onProgress, rerunLimit, shard, signal',
    ],
    [{ signal: 'now' }, 'options.signal', 'expected an AbortSignal, received "now"'],
    [
      { shard: { index: 2, of: 2 } },
      'options.shard',
      'expected an index below 2, received 2; it counts from 0',
    ],
    [5, 'options', 'expected an object, received 5'],
    [null, 'options', 'expected an object, received null'],
  ])('%o are refused', (options, path, message) => {
    expect(() => checkRunOptions(options)).toThrow(issues({ path, message }));
  });
});

test('ids are named by their places, but those of a shard, whose places nobody counts', () => {
  const next = placesOf(undefined);
  expect([next(), next(), next()]).toEqual(['ids[0]', 'ids[1]', 'ids[2]']);
  const ofShard = placesOf({ index: 0, of: 2 });
  expect([ofShard(), ofShard()]).toEqual(['ids', 'ids']);
});
