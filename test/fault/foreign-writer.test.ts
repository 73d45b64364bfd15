import { describe, expect, test } from 'vitest';
import { InconsistentClusterError, RolledBackError } from '../../src/cluster/errors.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type Cluster, rejectionOf, startCluster } from './cluster.ts';
import { holdingsOf, recordOf } from './holdings.ts';

const FOREIGN = { groupId: 'g', timestamp: '7.000007' };
const DIALECTS = ['header', 'path'] as const;

/** Somebody else creates the group on node02 after it was seen to lack it, right before our own first write to it leaves. */
const startWithIntruder = (dialect: 'path' | 'header', steps: readonly FaultStep[]) => {
  let came = false;
  return startCluster({
    dialect,
    steps,
    options: dialect === 'path' ? { writers: 'shared' } : {},
    onSend: ({ method, node }, { nodes }) => {
      if (came || method !== 'POST' || node !== 'node02') return;
      came = true;
      nodes.put('node02', FOREIGN);
    },
  });
};

const held = ({ nodes }: Cluster) => {
  const holdings = holdingsOf(nodes);
  return Object.keys(nodes.urls).map((node) => recordOf(holdings, node, 'g')?.timestamp ?? '-');
};

const NODE03_REFUSES: FaultStep = { node: 'node03', method: 'POST', fault: 'error-before', times: Infinity };

describe.each(DIALECTS)('a record that stood before (%s dialect)', (dialect) => {
  test.each(['parallel', 'sequential'] as const)(
    'outlives the rollback of a create (%s)',
    async (strategy) => {
      await using cluster = await startCluster({ dialect, steps: [NODE03_REFUSES], options: { strategy } });
      cluster.nodes.put('node01', FOREIGN);
      expect(await rejectionOf(cluster.client.createGroup('g'))).toBeInstanceOf(RolledBackError);
      expect(recordOf(holdingsOf(cluster.nodes), 'node01', 'g')).toEqual(FOREIGN);
      expect(recordOf(holdingsOf(cluster.nodes), 'node02', 'g')).toBeUndefined();
      expect(cluster.arrivals.filter((arrival) => arrival.endsWith('node01'))).toEqual(['GET node01']);
    },
  );
});

describe.each(DIALECTS)('a record that somebody else made between look and write (%s dialect)', (dialect) => {
  test('counts as there, and is left as it is', async () => {
    await using cluster = await startWithIntruder(dialect, []);
    const { nodes } = await cluster.client.createGroup('g');
    expect(nodes.map(({ outcome }) => outcome)).toEqual(['created', 'existed', 'created']);
    expect(recordOf(holdingsOf(cluster.nodes), 'node02', 'g')).toEqual(FOREIGN);
  });

  test('outlives the rollback', async () => {
    await using cluster = await startWithIntruder(dialect, [NODE03_REFUSES]);
    expect(await rejectionOf(cluster.client.createGroup('g'))).toBeInstanceOf(RolledBackError);
    expect(held(cluster)).toEqual(['-', FOREIGN.timestamp, '-']);
    expect(cluster.arrivals).not.toContain('DELETE node02');
  });
});

describe('a foreign record met after an attempt whose outcome is unknown', () => {
  const UNKNOWN_FIRST = (fault: FaultStep['fault']): FaultStep[] => [
    { node: 'node02', method: 'POST', fault, lateBy: 120 },
    NODE03_REFUSES,
  ];
  const FAULTS = ['error-after', 'reset-after', 'late-reset', 'hang-before'] as const;

  test.each(FAULTS)('outlives the rollback in the header dialect (%s)', async (fault) => {
    await using cluster = await startWithIntruder('header', UNKNOWN_FIRST(fault));
    expect(await rejectionOf(cluster.client.createGroup('g'))).toBeInstanceOf(RolledBackError);
    expect(held(cluster)).toEqual(['-', FOREIGN.timestamp, '-']);
  });

  test.each(FAULTS)(
    'is never deleted and is reported, in the path dialect with other writers (%s)',
    async (fault) => {
      await using cluster = await startWithIntruder('path', UNKNOWN_FIRST(fault));
      const error = await rejectionOf(cluster.client.createGroup('g'));
      expect(error).toBeInstanceOf(InconsistentClusterError);
      expect(error).toMatchObject({ nodes: [{ node: 'node02', outcome: 'unknown' }] });
      expect(held(cluster)).toEqual(['-', FOREIGN.timestamp, '-']);
      expect(cluster.arrivals).not.toContain('DELETE node02');
    },
  );
});

test('a record made after our own was taken back stays, though that answer was lost (path, other writers)', async () => {
  let undone = false;
  await using cluster = await startCluster({
    dialect: 'path',
    steps: [{ node: 'node01', method: 'DELETE', fault: 'reset-after' }, NODE03_REFUSES],
    options: { writers: 'shared' },
    onArrival: ({ method, node }) => {
      undone ||= method === 'DELETE' && node === 'node01';
    },
    onSend: ({ method, node }, { nodes }) => {
      if (undone && method === 'GET' && node === 'node01') nodes.put('node01', FOREIGN);
    },
  });
  const error = await rejectionOf(cluster.client.createGroup('g'));
  expect(error).toMatchObject({ name: 'InconsistentClusterError', nodes: [{ node: 'node01' }] });
  expect(held(cluster)).toEqual([FOREIGN.timestamp, '-', '-']);
  expect(cluster.arrivals.filter((arrival) => arrival === 'DELETE node01')).toHaveLength(1);
});
