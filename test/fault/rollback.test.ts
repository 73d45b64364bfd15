import { describe, expect, test } from 'vitest';
import { InconsistentClusterError } from '../../src/cluster/errors.ts';
import type { NodeResult } from '../../src/cluster/result.ts';
import { ConfigError } from '../../src/core/errors.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type Cluster, rejectionOf, startCluster, writesOf } from './cluster.ts';
import { holdersOf, holdingsOf, recordOf } from './holdings.ts';

const ALL = ['node01', 'node02', 'node03'];
const DIALECTS = ['header', 'path'] as const;

const putEverywhere = ({ nodes }: Cluster, timestamp = '1.5') => {
  for (const node of ALL) nodes.put(node, { groupId: 'g', timestamp });
};

const nodeResult = (node: string, outcome: NodeResult['outcome'], operationId = '3.000001'): NodeResult => ({
  node,
  outcome,
  operationId,
  attempts: 1,
});

/** Refuses every write of a kind until it was told to so many times. */
const refuses = (node: string, method: 'POST' | 'DELETE', times: number): FaultStep => ({
  node,
  method,
  fault: 'error-before',
  times,
});

describe.each(DIALECTS)('rollbackCreate (%s dialect)', (dialect) => {
  test('undoes a whole create', async () => {
    await using cluster = await startCluster({ dialect });
    const { nodes } = await cluster.client.createGroup('g');
    expect(await cluster.client.rollbackCreate('g', nodes)).toMatchObject({
      changed: true,
      operation: 'create',
    });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('a second time says that there was nothing left to undo', async () => {
    await using cluster = await startCluster({ dialect });
    const { nodes } = await cluster.client.createGroup('g');
    const first = await cluster.client.rollbackCreate('g', nodes);
    expect(first.nodes.map(({ outcome }) => outcome)).toEqual(['undone', 'undone', 'undone']);
    const second = await cluster.client.rollbackCreate('g', nodes);
    expect(second.changed).toBe(false);
    expect(second.nodes.map(({ outcome }) => outcome)).toEqual(['untouched', 'untouched', 'untouched']);
  });

  test('undoes only what the list says', async () => {
    await using cluster = await startCluster({ dialect });
    cluster.nodes.put('node03', { groupId: 'g', timestamp: '1.5' });
    const { nodes } = await cluster.client.createGroup('g');
    cluster.nodes.put('node03', { groupId: 'g', timestamp: '1.5' });
    const written = writesOf(cluster).length;
    await cluster.client.rollbackCreate(
      'g',
      nodes.filter(({ node }) => node !== 'node01'),
    );
    // node03 stands in the list as one that had it.
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01', 'node03']);
    expect(writesOf(cluster).slice(written)).toEqual(['DELETE node02']);
  });

  test('with nothing to undo writes nothing', async () => {
    await using cluster = await startCluster({ dialect });
    putEverywhere(cluster);
    const { nodes } = await cluster.client.createGroup('g');
    expect(await cluster.client.rollbackCreate('g', nodes)).toMatchObject({ changed: false });
    expect(writesOf(cluster)).toEqual([]);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
  });

  test('makes consistent what an InconsistentClusterError left', async () => {
    // All eight attempts to write to node03 and all forty to undo on node01 fail; then node01 recovers.
    await using cluster = await startCluster({
      dialect,
      steps: [refuses('node03', 'POST', 8), refuses('node01', 'DELETE', 40)],
    });
    const error = await rejectionOf(cluster.client.createGroup('g'));
    if (!(error instanceof InconsistentClusterError)) throw error;
    expect(error.nodes.map(({ node }) => node)).toEqual(['node01']);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01']);
    await cluster.client.rollbackCreate('g', error.nodes);
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('says again what is left when the node still refuses', async () => {
    await using cluster = await startCluster({ dialect, steps: [refuses('node02', 'DELETE', 40)] });
    const { nodes } = await cluster.client.createGroup('g');
    const error = await rejectionOf(cluster.client.rollbackCreate('g', nodes));
    if (!(error instanceof InconsistentClusterError)) throw error;
    expect(error.nodes.map(({ node, outcome }) => [node, outcome])).toEqual([['node02', 'unknown']]);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node02']);
    await cluster.client.rollbackCreate('g', error.nodes);
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('of an unknown node waits for what may still take effect there', async () => {
    await using cluster = await startCluster({
      dialect,
      steps: [
        { node: 'node01', method: 'POST', fault: 'late-reset', lateBy: 150 },
        { node: 'node01', method: 'DELETE', fault: 'error-before', times: 2 },
        refuses('node02', 'POST', 1),
      ],
      options: { retry: { attempts: 1 }, rollbackRetry: { attempts: 2, baseDelay: 0 } },
    });
    const error = await rejectionOf(cluster.client.createGroup('g'));
    if (!(error instanceof InconsistentClusterError)) throw error;
    expect(error.nodes.map(({ node }) => node)).toEqual(['node01']);
    expect(cluster.nodes.pendingCommits).toBe(1);
    // Another client knows no more than the list, and is not kept waiting by the lock of this one.
    await cluster.connect().rollbackCreate('g', error.nodes);
    expect(cluster.nodes.pendingCommits).toBe(0);
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });
});

describe.each(DIALECTS)('rollbackDelete (%s dialect)', (dialect) => {
  test('makes the records again, and only where the delete took them', async () => {
    await using cluster = await startCluster({ dialect });
    cluster.nodes.put('node01', { groupId: 'g', timestamp: '1.5' });
    cluster.nodes.put('node03', { groupId: 'g', timestamp: '1.5' });
    const { nodes } = await cluster.client.deleteGroup('g');
    expect(await cluster.client.rollbackDelete('g', nodes)).toMatchObject({
      changed: true,
      operation: 'delete',
    });
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01', 'node03']);
  });

  test('undoes only what the list says', async () => {
    await using cluster = await startCluster({ dialect });
    putEverywhere(cluster);
    const { nodes } = await cluster.client.deleteGroup('g');
    await cluster.client.rollbackDelete('g', nodes.slice(1, 2));
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node02']);
  });

  test('makes consistent what an InconsistentClusterError left', async () => {
    await using cluster = await startCluster({
      dialect,
      steps: [refuses('node03', 'DELETE', 8), refuses('node01', 'POST', 40)],
    });
    putEverywhere(cluster);
    const error = await rejectionOf(cluster.client.deleteGroup('g'));
    if (!(error instanceof InconsistentClusterError)) throw error;
    expect(error.nodes.map(({ node }) => node)).toEqual(['node01']);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node02', 'node03']);
    await cluster.client.rollbackDelete('g', error.nodes);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
  });
});

describe('a rollback in the header dialect', () => {
  test("takes no record but the operation's own", async () => {
    await using cluster = await startCluster({ dialect: 'header' });
    putEverywhere(cluster);
    const before = holdingsOf(cluster.nodes);
    await cluster.client.rollbackCreate(
      'g',
      ALL.map((node) => nodeResult(node, 'created')),
    );
    expect(writesOf(cluster)).toHaveLength(3);
    expect(holdingsOf(cluster.nodes)).toEqual(before);
  });

  test('restores a record with the id of the delete as its timestamp', async () => {
    await using cluster = await startCluster({ dialect: 'header' });
    await cluster.client.rollbackDelete('g', [nodeResult('node02', 'deleted')]);
    expect(recordOf(holdingsOf(cluster.nodes), 'node02', 'g')?.timestamp).toBe('3.000001');
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node02']);
  });

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['zero', '0'],
    ['zero with decimals', '0.000000'],
    ['a negative one', '-1.5'],
    ['a word', 'yesterday'],
    ['more than a number', '1.5\r\nx: y'],
    ['infinity', 'Infinity'],
    ['a number of another kind', '0x10'],
  ])('is refused before any request where the operation id is %s', async (_, operationId) => {
    await using cluster = await startCluster({ dialect: 'header' });
    putEverywhere(cluster);
    const before = holdingsOf(cluster.nodes);
    const list = [{ node: 'node01', outcome: 'created', attempts: 1, operationId }];
    // As a caller without types would.
    const nodes = list as NodeResult[];
    expect(await rejectionOf(cluster.client.rollbackCreate('g', nodes))).toBeInstanceOf(ConfigError);
    const deleted = nodes.map((node) => ({ ...node, outcome: 'unknown' as const }));
    expect(await rejectionOf(cluster.client.rollbackDelete('g', deleted))).toBeInstanceOf(ConfigError);
    expect(cluster.arrivals).toEqual([]);
    expect(holdingsOf(cluster.nodes)).toEqual(before);
  });
});
