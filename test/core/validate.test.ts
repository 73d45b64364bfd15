import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import {
  abortSignal,
  callable,
  count,
  having,
  milliseconds,
  oneOf,
  retryPolicy,
  validate,
} from '../../src/core/validate.ts';

function issuesOf(schema: v.GenericSchema, value: unknown) {
  try {
    validate(schema, value, 'options');
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

type Port = Readonly<Record<'open' | 'close', () => void>>;
const method = () => undefined;
const port = { open: method, close: method };
const signalLike = { aborted: false, addEventListener: method, removeEventListener: method };

const kinds: Record<string, () => v.GenericSchema> = {
  'a count from 1': () => count(1),
  'milliseconds from 0': () => milliseconds(),
  'milliseconds from 5': () => milliseconds(5),
  'one of two words': () => oneOf('full', 'none'),
  'an object with methods': () => having<Port>('open', 'close'),
  'a function': () => callable(),
  'a signal': () => abortSignal,
};

test.each<[string, readonly unknown[]]>([
  ['a count from 1', [1, 2, Number.MAX_SAFE_INTEGER]],
  ['milliseconds from 0', [0, 0.5, 5]],
  ['milliseconds from 5', [5]],
  ['one of two words', ['full', 'none']],
  ['an object with methods', [port, Object.assign(() => undefined, port)]],
  ['a function', [method]],
  ['a signal', [new AbortController().signal, signalLike]],
])('%s takes what it says', (kind, values) => {
  for (const value of values) expect(issuesOf(kinds[kind]?.() ?? v.never(), value)).toEqual([]);
});

test.each<[string, readonly unknown[], string]>([
  ['a count from 1', [0, -1, 1.5, NaN, 2 ** 53, '1', null], 'expected a whole number of at least 1'],
  [
    'milliseconds from 0',
    [-0.5, NaN, Infinity, '5', 5n, null],
    'expected a finite number of milliseconds of at least 0',
  ],
  ['milliseconds from 5', [4.9], 'expected a finite number of milliseconds of at least 5'],
  ['one of two words', ['half', '', 5, ['full'], null], "expected 'full' or 'none'"],
  [
    'an object with methods',
    [null, undefined, {}, { open: method }, { ...port, close: 5 }, 'open', 5],
    'expected an object with open, close',
  ],
  ['a function', [{}, null, 'f'], 'expected a function'],
  [
    'a signal',
    [
      null,
      undefined,
      {},
      'aborted',
      () => undefined,
      Object.assign(() => undefined, signalLike),
      { ...signalLike, aborted: undefined },
      { ...signalLike, addEventListener: undefined },
      { ...signalLike, removeEventListener: undefined },
    ],
    'expected an AbortSignal',
  ],
])('%s refuses everything else, and says what it wants and got', (kind, values, wanted) => {
  for (const value of values) {
    const issues = issuesOf(kinds[kind]?.() ?? v.never(), value);
    expect(issues).toEqual([expect.stringMatching(new RegExp(`^options: ${wanted}, received .`))]);
  }
});

describe('validate', () => {
  const schema = v.strictObject({
    name: v.string(),
    retry: v.optional(retryPolicy),
    nodes: v.optional(v.array(v.object({ url: v.string() }))),
    either: v.optional(v.union([v.object({ kind: v.literal('a') }), v.array(v.string())])),
    list: v.optional(v.array(v.number())),
    flag: v.optional(v.boolean()),
  });

  test('gives what the schema makes of the value', () => {
    const given = { name: 'a', retry: { attempts: 2, jitter: 'none' }, nodes: [{ url: 'x', more: 1 }] };
    expect(validate(schema, given, 'options')).toEqual({ ...given, nodes: [{ url: 'x' }] });
  });

  test('tells every mistake at once, each by its path', () => {
    const given = {
      retry: { attempts: 0, jitter: 'half', maxdelay: 5 },
      nodes: [{ url: 'x' }, { url: 5 }, 7],
      list: {},
      flag: 'yes',
      typo: 1,
    };
    expect(issuesOf(schema, given).sort()).toEqual([
      'options.flag: expected a boolean, received "yes"',
      'options.list: expected an array, received Object',
      'options.name: is missing',
      'options.nodes[1].url: expected a string, received 5',
      'options.nodes[2]: expected an object, received 7',
      'options.retry.attempts: expected a whole number of at least 1, received 0',
      `options.retry.jitter: expected 'full' or 'none', received "half"`,
      'options.retry.maxdelay: is not an option; there are attempts, baseDelay, jitter, maxDelay',
      'options.typo: is not an option; there are either, flag, list, name, nodes, retry',
    ]);
  });

  test('says which names there are, where one schema says it', () => {
    const one = v.strictObject({
      nodes: v.array(v.strictObject({ url: v.string() })),
      either: v.optional(v.union([v.array(v.string()), v.strictObject({ a: v.string() })])),
      none: v.optional(v.strictObject({})),
    });
    const given = { nodes: [{ url: 'x', uri: 'y' }], either: { a: '1', c: 2 }, none: { x: 1 } };
    expect(issuesOf(one, given)).toEqual([
      'options.nodes[0].uri: is not an option; there is url',
      'options.either: expected an array, received Object',
      'options.either.c: is not an option',
      'options.none.x: is not an option',
    ]);
  });

  test('tells what is wrong inside a union', () => {
    expect(issuesOf(schema, { name: 'a', either: { kind: 5 } })).toEqual([
      'options.either.kind: expected a "a", received 5',
      'options.either: expected an array, received Object',
    ]);
    expect(issuesOf(schema, { name: 'a', either: 5 })).toEqual([
      'options.either: expected an object, received 5',
      'options.either: expected an array, received 5',
    ]);
  });

  test('takes no array for an object, and an array where one is wanted', () => {
    expect(issuesOf(schema, [])).toEqual(['options: expected an object, received an array']);
    expect(issuesOf(v.object({}), [])).toEqual(['options: expected an object, received an array']);
    expect(issuesOf(v.array(v.string()), ['a'])).toEqual([]);
    expect(issuesOf(schema, null)).toEqual(['options: expected an object, received null']);
  });

  test("passes a schema's own words on", () => {
    expect(issuesOf(v.pipe(v.string(), v.minLength(3, 'is too short')), 'ab')).toEqual([
      'options: is too short',
    ]);
  });
});
