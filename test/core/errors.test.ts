import {
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

const failure = {
  groupId: 'a',
  operation: 'create',
  operationId: '1.000001',
  nodes: [],
  attempts: [],
} as const;

test.each<[HoldfastError, string, string, boolean]>([
  [new ConfigError([]), 'ConfigError', 'CONFIG_INVALID', false],
  [
    new HttpError({ status: 500, url: 'http://a', method: 'GET', body: '' }),
    'HttpError',
    'HTTP_STATUS',
    false,
  ],
  [new ConnectionError('gone'), 'ConnectionError', 'CONNECTION_FAILED', true],
  [new TimeoutError('late'), 'TimeoutError', 'TIMEOUT', true],
  [new NodeUnavailableError('why', failure), 'NodeUnavailableError', 'NODE_UNAVAILABLE', true],
  [new RolledBackError('why', failure), 'RolledBackError', 'ROLLED_BACK', true],
  [new InconsistentClusterError('why', failure), 'InconsistentClusterError', 'CLUSTER_INCONSISTENT', false],
])('%s has a true name, a stable code and says whether to try again', (error, name, code, retryable) => {
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toBeInstanceOf(Error);
  expect({ name: error.name, code: error.code, retryable: error.retryable }).toEqual({
    name,
    code,
    retryable,
  });
  expect(error.stack).toContain(name);
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
});

test('a mistake is shown with its file, line, column and path', () => {
  const error = new ConfigError([
    { path: 'targets[0].port', message: 'expected a number', source: 'a.yaml', line: 3, column: 7 },
    { path: '', message: 'is empty' },
  ]);
  expect(error.message).toBe('a.yaml:3:7: targets[0].port: expected a number\nis empty');
});
