import {
  ClosedError,
  ConfigError,
  ConnectionError,
  HoldfastError,
  HttpError,
  InconsistentClusterError,
  NodeUnavailableError,
  RolledBackError,
  TimeoutError,
} from 'holdfast';
import { expect, test, vi } from 'vitest';

const ANSWER = { status: 500, url: 'http://a', method: 'GET', body: '' };

const failure = {
  groupId: 'a',
  operation: 'create',
  operationId: '1.000001',
  nodes: [],
  attempts: [],
} as const;

test.each<[() => HoldfastError, string, string, boolean]>([
  [() => new ClosedError('this'), 'ClosedError', 'CLOSED', false],
  [() => new ConfigError([]), 'ConfigError', 'CONFIG_INVALID', false],
  [() => new HttpError(ANSWER), 'HttpError', 'HTTP_STATUS', false],
  [() => new HttpError({ ...ANSWER, retryable: true }), 'HttpError', 'HTTP_STATUS', true],
  [() => new ConnectionError('gone'), 'ConnectionError', 'CONNECTION_FAILED', true],
  [() => new ConnectionError('gone', { retryable: false }), 'ConnectionError', 'CONNECTION_FAILED', false],
  [() => new TimeoutError('late'), 'TimeoutError', 'TIMEOUT', true],
  [() => new TimeoutError('late', { retryable: false }), 'TimeoutError', 'TIMEOUT', false],
  [() => new NodeUnavailableError('why', failure), 'NodeUnavailableError', 'NODE_UNAVAILABLE', true],
  [() => new RolledBackError('why', failure), 'RolledBackError', 'ROLLED_BACK', true],
  [
    () => new InconsistentClusterError('why', failure),
    'InconsistentClusterError',
    'CLUSTER_INCONSISTENT',
    false,
  ],
])(
  '%s has a true name, a stable code and says whether to try again: %s %s %s',
  (make, name, code, retryable) => {
    const error = make();
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).toBeInstanceOf(Error);
    expect({ name: error.name, code: error.code, retryable: error.retryable }).toEqual({
      name,
      code,
      retryable,
    });
    expect(error.stack).toContain(name);
  },
);

test('an error of its own code is not to be tried again unless it says so, and has a cause where one is given', () => {
  expect(new HoldfastError('no', { code: 'OWN' })).toMatchObject({ code: 'OWN', retryable: false });
  expect(new HoldfastError('no', { code: 'OWN', retryable: true }).retryable).toBe(true);
  expect(new HoldfastError('no', { code: 'OWN', cause: undefined })).toHaveProperty('cause', undefined);
  expect(new HoldfastError('no', { code: 'OWN', cause: 'why' }).cause).toBe('why');
  expect('cause' in new HoldfastError('no', { code: 'OWN' })).toBe(false);
  expect(new ConfigError([], { cause: 'why' }).cause).toBe('why');
});

test('a closed thing says what to do', () => {
  expect(new ClosedError('this client').message).toBe('this client is closed; make a new one');
});

test.each([
  ['TimeoutError', (options?: { uncertain?: boolean }) => new TimeoutError('late', options)],
  ['ConnectionError', (options?: { uncertain?: boolean }) => new ConnectionError('gone', options)],
])('a %s says whether a write may have happened where its thrower knows', (_, make) => {
  expect(make({ uncertain: true })).toHaveProperty('uncertain', true);
  expect(make({ uncertain: false })).toHaveProperty('uncertain', false);
  expect(Object.keys(make())).not.toContain('uncertain');
});

test('an error is no instance of its siblings', () => {
  const error = new TimeoutError('late');
  expect(error).not.toBeInstanceOf(ConnectionError);
  expect(error).not.toBeInstanceOf(ConfigError);
  expect(new Error('other')).not.toBeInstanceOf(HoldfastError);
  for (const value of [null, undefined, 'HoldfastError', 5]) expect(value).not.toBeInstanceOf(HoldfastError);
});

test('an error of a second copy of the library is recognised, a plain look-alike is not', async () => {
  vi.resetModules();
  const copy = await import('../../src/core/errors.ts');
  expect(copy.TimeoutError).not.toBe(TimeoutError);
  expect(new copy.TimeoutError('late')).toBeInstanceOf(TimeoutError);
  expect(new TimeoutError('late')).toBeInstanceOf(copy.HoldfastError);
  expect({ name: 'TimeoutError', code: 'TIMEOUT' }).not.toBeInstanceOf(TimeoutError);
  const errors = [
    new copy.HoldfastError('no', { code: 'OWN' }),
    new copy.ClosedError('this'),
    new copy.ConfigError([]),
    new copy.HttpError(ANSWER),
    new copy.ConnectionError('gone'),
    new copy.TimeoutError('late'),
  ];
  expect(errors.map(({ name }) => name)).toEqual([
    'HoldfastError',
    'ClosedError',
    'ConfigError',
    'HttpError',
    'ConnectionError',
    'TimeoutError',
  ]);
  const classes = [HoldfastError, ClosedError, ConfigError, HttpError, ConnectionError, TimeoutError];
  for (const [index, error] of errors.entries()) {
    expect(classes.map((type) => error instanceof type)).toEqual(
      classes.map((_, at) => at === 0 || at === index),
    );
  }
  // As any error's, it can be changed by a caller.
  for (const error of errors) expect(Object.assign(error, { name: 'Mine' }).name).toBe('Mine');
});

test("a caller's own subclass is told from its base", () => {
  class Special extends TimeoutError {}
  expect(new Special('late')).toBeInstanceOf(Special);
  expect(new Special('late')).toBeInstanceOf(TimeoutError);
  expect(new TimeoutError('late')).not.toBeInstanceOf(Special);
});

test('a body is kept to 4 KB and out of what is logged', () => {
  const error = new HttpError({ status: 500, url: 'http://a', method: 'GET', body: 'x'.repeat(10_000) });
  expect(error.body).toHaveLength(4096);
  expect(JSON.stringify({ ...error })).not.toContain('xxx');
  expect(error.message).toBe('GET http://a answered 500');
  expect(new HttpError({ ...ANSWER, note: 'which it should not' }).message).toBe(
    'GET http://a answered 500, which it should not',
  );
});

test('a mistake is shown with its file, line, column and path', () => {
  const error = new ConfigError([
    { path: 'targets[0].port', message: 'expected a number', source: 'a.yaml', line: 3, column: 7 },
    { path: '', message: 'is empty' },
  ]);
  expect(error.message).toBe('a.yaml:3:7: targets[0].port: expected a number\nis empty');
});
