import { describe, expect, test } from 'vitest';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { Lock } from '../../src/core/lock.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { rejectionOf, startCluster, writesOf } from './cluster.ts';
import { holdersOf } from './holdings.ts';

const DIALECTS = ['header', 'path'] as const;
const NODE03_REFUSES: FaultStep = { node: 'node03', method: 'POST', fault: 'error-before', times: Infinity };

/** A cluster whose lock is lost at the n-th request of a method to a node, right before it is carried out or some time after. */
async function startLosing(
  dialect: 'path' | 'header',
  at: { readonly method: string; readonly node: string; readonly nth?: number; readonly delay?: number },
  steps: readonly FaultStep[] = [],
) {
  const losing = new AbortController();
  const reason = new Error('the lease went to somebody else');
  const released: string[] = [];
  const lock: Lock = {
    acquire: async (key) => ({
      lost: losing.signal,
      release: async () => {
        released.push(key);
      },
    }),
  };
  const journal = memoryJournal();
  let left = at.nth ?? 1;
  const afterwards: string[] = [];
  const cluster = await startCluster({
    dialect,
    steps,
    options: { lock, journal, strategy: 'sequential' },
    onSend: ({ method, node }) => {
      if (losing.signal.aborted) afterwards.push(`${method} ${node}`);
    },
    onArrival: ({ method, node }, { clock }) => {
      if (method !== at.method || node !== at.node || --left !== 0) return;
      if (at.delay === undefined) losing.abort(reason);
      else clock.setTimer(() => losing.abort(reason), at.delay);
    },
  });
  return { cluster, journal, reason, released, afterwards };
}

describe.each(DIALECTS)('a lost lock (%s dialect)', (dialect) => {
  test('before the first write: nothing is written', async () => {
    const { cluster, reason, afterwards } = await startLosing(dialect, { method: 'GET', node: 'node02' });
    await using _ = cluster;
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
      name: 'NodeUnavailableError',
      cause: reason,
    });
    expect(afterwards).toEqual([]);
    expect(writesOf(cluster)).toEqual([]);
  });

  test('during the writes: nothing more is sent, not even an undo, and the entry stays', async () => {
    const at = { method: 'POST', node: 'node02' };
    const { cluster, journal, reason, released, afterwards } = await startLosing(dialect, at);
    await using _ = cluster;
    const error = await rejectionOf(cluster.client.createGroup('g'));
    expect(error).toMatchObject({
      name: 'InconsistentClusterError',
      cause: reason,
      nodes: [{ node: 'node01' }, { node: 'node02' }],
    });
    expect(afterwards).toEqual([]);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01', 'node02']);
    expect(await journal.openEntry('g')).toBeDefined();
    expect(released).toEqual(['g']);
  });

  test('during the last write: what came out well is not called so', async () => {
    const { cluster, journal, afterwards } = await startLosing(dialect, { method: 'POST', node: 'node03' });
    await using _ = cluster;
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
      name: 'InconsistentClusterError',
      nodes: [{ node: 'node01' }, { node: 'node02' }, { node: 'node03' }],
    });
    expect(afterwards).toEqual([]);
    expect(await journal.openEntry('g')).toBeDefined();
  });

  test('during the undo: nothing more is sent', async () => {
    const at = { method: 'DELETE', node: 'node01', nth: 3 };
    const { cluster, journal, afterwards } = await startLosing(dialect, at, [
      NODE03_REFUSES,
      { node: 'node01', method: 'DELETE', fault: 'error-before', times: Infinity },
    ]);
    await using _ = cluster;
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
      name: 'InconsistentClusterError',
      nodes: expect.arrayContaining([expect.objectContaining({ node: 'node01' })]),
    });
    expect(afterwards).toEqual([]);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01']);
    expect(await journal.openEntry('g')).toBeDefined();
  });

  test('while waiting for a late commit: nothing more is sent', async () => {
    const at = { method: 'DELETE', node: 'node01', delay: 60 };
    const { cluster, afterwards } = await startLosing(dialect, at, [
      { node: 'node01', method: 'POST', fault: 'late-reset', lateBy: 190 },
      { node: 'node02', method: 'POST', fault: 'error-before', times: Infinity },
    ]);
    await using _ = cluster;
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
      name: 'InconsistentClusterError',
      nodes: [{ node: 'node01' }],
    });
    expect(afterwards).toEqual([]);
    expect(cluster.nodes.pendingCommits).toBe(1);
    await cluster.nodes.settled();
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01']);
  });
});

test('a lock that is lost before its operation begins keeps that from sending anything', async () => {
  const reason = new Error('the lease went to somebody else');
  const lock: Lock = {
    acquire: async () => ({ lost: AbortSignal.abort(reason), release: async () => undefined }),
  };
  await using cluster = await startCluster({ dialect: 'path', options: { lock } });
  cluster.nodes.put('node01', { groupId: 'g' });
  expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
    name: 'NodeUnavailableError',
    cause: { code: 'LOCK_LOST', cause: reason },
  });
  const created = {
    node: 'node01',
    outcome: 'created',
    attempts: 1,
    operationId: '1700000000.000001',
  } as const;
  expect(await rejectionOf(cluster.client.rollbackCreate('g', [created]))).toMatchObject({
    name: 'InconsistentClusterError',
    nodes: [{ node: 'node01' }],
  });
  expect(cluster.arrivals).toEqual([]);
  expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01']);
});

test('a lock that cannot be had keeps the operation from sending anything', async () => {
  const failure = new Error('the lease server is gone');
  const lock: Lock = { acquire: () => Promise.reject(failure) };
  await using cluster = await startCluster({ dialect: 'path', options: { lock } });
  expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
    name: 'NodeUnavailableError',
    cause: failure,
  });
  expect(cluster.arrivals).toEqual([]);
  expect(await cluster.client.createGroups(['g', 'h'])).toMatchObject({ unavailable: 2, ok: false });
});
