import { expect, it, test } from 'vitest';
import type { GroupDialect } from '../../src/cluster/dialect.ts';
import { headerDialect } from '../../src/cluster/header-dialect.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';
import { parseRollback } from '../../src/cluster/rollback.ts';

const NODES = ['a', 'b'].map((name) => ({ name, url: `http://${name}` }));

const parse = (given: unknown, dialect: GroupDialect = pathDialect) =>
  parseRollback('create', given, NODES, dialect, '9.9');

const result = (node: string, outcome: string, operationId?: string) => ({
  node,
  outcome,
  attempts: 1,
  ...(operationId === undefined ? {} : { operationId }),
});

it('takes what was changed, or may have been, and leaves the rest alone', () => {
  expect(parse([result('b', 'created', '1.5'), result('a', 'unknown')])).toEqual([
    { start: 'unknown', operationId: '9.9' },
    { start: 'changed', operationId: '1.5' },
  ]);
  expect(parse([result('b', 'existed', '1.5')])).toEqual([
    { start: 'untouched', operationId: '9.9' },
    { start: 'untouched', operationId: '1.5' },
  ]);
});

test.each([
  ['no list', 7, 'nodes', 'expected a list'],
  ['an unknown node', [result('x', 'created')], 'nodes[0].node', 'this cluster has no node "x"; it has a, b'],
  [
    'a node twice',
    [result('a', 'created'), result('a', 'created')],
    'nodes[1].node',
    '"a" stands in the list twice',
  ],
])('refuses %s', (_, given, path, message) => {
  expect(() => parse(given)).toThrow(
    expect.objectContaining({ issues: [{ path, message: expect.stringContaining(message) }] }),
  );
});

test('needs the timestamp of what it may delete, where the dialect tells records by it', () => {
  for (const given of [result('b', 'created'), result('b', 'unknown', '0')]) {
    expect(() => parse([result('a', 'existed'), given], headerDialect)).toThrow(
      expect.objectContaining({
        issues: [
          {
            path: 'nodes[1].operationId',
            message: expect.stringContaining('expected the timestamp of the operation'),
          },
        ],
      }),
    );
  }
  // Of a node that is left alone nothing is needed.
  expect(parse([result('a', 'existed')], headerDialect)[0]).toMatchObject({ start: 'untouched' });
  expect(parse([result('a', 'created')], pathDialect)[0]).toMatchObject({ start: 'changed' });
});
