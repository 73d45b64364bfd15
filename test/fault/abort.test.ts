import { describe, expect, test } from 'vitest';
import { RolledBackError } from '../../src/cluster/errors.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type Cluster, type ClusterSetup, rejectionOf, startCluster, writesOf } from './cluster.ts';
import { type Holdings, holdersOf, holdingsOf } from './holdings.ts';

const ALL = ['node01', 'node02', 'node03'];
const CASES = [
  { operation: 'create', write: 'POST', dialect: 'header' },
  { operation: 'create', write: 'POST', dialect: 'path' },
  { operation: 'delete', write: 'DELETE', dialect: 'header' },
  { operation: 'delete', write: 'DELETE', dialect: 'path' },
] as const;
type Case = (typeof CASES)[number];

interface Aborting {
  readonly cluster: Cluster;
  readonly reason: Error;
  readonly before: Holdings;
  readonly run: () => Promise<unknown>;
}

/** An operation on `g` with a signal that aborts at the n-th request of a method to a node, right before it is carried out
 * or some time after. */
async function startAborting(
  { operation, dialect }: Case,
  at: { readonly method: string; readonly node: string; readonly nth?: number; readonly delay?: number },
  setup: Omit<ClusterSetup, 'dialect' | 'onArrival'> = {},
): Promise<Aborting> {
  const controller = new AbortController();
  const reason = new Error('the caller has changed their mind');
  let left = at.nth ?? 1;
  const cluster = await startCluster({
    ...setup,
    dialect,
    onArrival: ({ method, node }, { clock }) => {
      if (method !== at.method || node !== at.node || --left !== 0) return;
      if (at.delay === undefined) controller.abort(reason);
      else clock.setTimer(() => controller.abort(reason), at.delay);
    },
  });
  if (operation === 'delete')
    for (const node of ALL) cluster.nodes.put(node, { groupId: 'g', timestamp: '1.5' });
  const options = { signal: controller.signal };
  return {
    cluster,
    reason,
    before: holdingsOf(cluster.nodes),
    run: () =>
      operation === 'create'
        ? cluster.client.createGroup('g', options)
        : cluster.client.deleteGroup('g', options),
  };
}

const holders = (holdings: Holdings) =>
  [...holdings].filter(([, groups]) => groups.has('g')).map(([node]) => node);

describe.concurrent.each(CASES)('an abort of a $operation ($dialect dialect)', (which) => {
  const { operation, write } = which;
  const wanted = operation === 'create' ? ALL : [];
  const failsForEver: FaultStep = { node: 'node03', method: write, fault: 'error-before', times: Infinity };

  test('before the first write rejects with its own reason, and nothing is written', async () => {
    const { cluster, reason, before, run } = await startAborting(which, { method: 'GET', node: 'node02' });
    await using _ = cluster;
    expect(await rejectionOf(run())).toBe(reason);
    expect(writesOf(cluster)).toEqual([]);
    expect(holdingsOf(cluster.nodes)).toEqual(before);
  });

  test('while looks are repeated does not wait for the next', async () => {
    const { cluster, reason, run } = await startAborting(
      which,
      { method: 'GET', node: 'node02', nth: 2 },
      {
        steps: [{ node: 'node02', method: 'GET', fault: 'too-many', retryAfter: 1, times: Infinity }],
        options: { retry: { attempts: 5, baseDelay: 0 } },
      },
    );
    await using _ = cluster;
    const error = await rejectionOf(run());
    expect(error).toBe(reason);
    expect(writesOf(cluster)).toEqual([]);
    expect(cluster.arrivals.filter((arrival) => arrival === 'GET node02')).toHaveLength(2);
  });

  test('after it undoes what was written', async () => {
    const { cluster, reason, before, run } = await startAborting(
      which,
      { method: write, node: 'node03', nth: 2 },
      { steps: [failsForEver] },
    );
    await using _ = cluster;
    const error = await rejectionOf(run());
    expect(error).toBeInstanceOf(RolledBackError);
    expect(error).toMatchObject({ cause: reason });
    expect(holdersOf(cluster.nodes, 'g')).toEqual(holders(before));
    // The write in flight ended, and no further one went forward.
    expect(cluster.arrivals.filter((arrival) => arrival === `${write} node03`)).toHaveLength(2);
  });

  test('after it, in sequence, writes to no further node', async () => {
    const { cluster, reason, before, run } = await startAborting(
      which,
      { method: write, node: 'node02' },
      { options: { strategy: 'sequential' } },
    );
    await using _ = cluster;
    expect(await rejectionOf(run())).toMatchObject({ name: 'RolledBackError', cause: reason });
    expect(writesOf(cluster)).not.toContain(`${write} node03`);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(holders(before));
  });

  test('undoes even what took effect after its answer was lost', async () => {
    const { cluster, reason, before, run } = await startAborting(
      which,
      { method: write, node: 'node01' },
      { steps: [{ node: 'node01', method: write, fault: 'late-commit', lateBy: 150 }] },
    );
    await using _ = cluster;
    expect(await rejectionOf(run())).toMatchObject({ name: 'RolledBackError', cause: reason });
    expect(cluster.nodes.pendingCommits).toBe(0);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(holders(before));
  });

  test('does not stop the undo, nor cut its waits', async () => {
    const undo = operation === 'create' ? 'DELETE' : 'POST';
    const { cluster, before, run } = await startAborting(
      which,
      { method: undo, node: 'node01', delay: 200 },
      { steps: [failsForEver, { node: 'node01', method: undo, fault: 'too-many', retryAfter: 1 }] },
    );
    await using _ = cluster;
    const error = await rejectionOf(run());
    expect(error).toMatchObject({ name: 'RolledBackError', cause: { name: 'HttpError', status: 500 } });
    expect(holdersOf(cluster.nodes, 'g')).toEqual(holders(before));
  });

  test('while the last write is under way resolves, once every node is good', async () => {
    const { cluster, run } = await startAborting(
      which,
      { method: write, node: 'node03' },
      { steps: [{ node: 'node03', method: write, fault: 'slow', slowBy: 40 }] },
    );
    await using _ = cluster;
    await expect(run()).resolves.toMatchObject({ changed: true });
    expect(holdersOf(cluster.nodes, 'g')).toEqual(wanted);
  });
});

describe.concurrent.each(CASES)(
  'the deadline of a $operation ($dialect dialect)',
  ({ operation, write, dialect }) => {
    const start = async (steps: readonly FaultStep[], options: ClusterClientOptions = {}) => {
      const cluster = await startCluster({
        dialect,
        steps,
        options: { retry: { attempts: 1_000 }, ...options },
      });
      if (operation === 'delete')
        for (const node of ALL) cluster.nodes.put(node, { groupId: 'g', timestamp: '1.5' });
      const run = () =>
        operation === 'create'
          ? cluster.client.createGroup('g', { deadline: 300 })
          : cluster.client.deleteGroup('g', { deadline: 300 });
      return { cluster, run, before: holdingsOf(cluster.nodes) };
    };

    test.each(['hang-before', 'error-before', 'too-many'] as const)(
      'ends a look without a write (%s)',
      async (fault) => {
        const { cluster, run, before } = await start([
          { node: 'node02', method: 'GET', fault, times: Infinity },
        ]);
        await using _ = cluster;
        expect(await rejectionOf(run())).toMatchObject({
          name: 'NodeUnavailableError',
          cause: { name: fault === 'too-many' ? 'HttpError' : 'TimeoutError' },
        });
        expect(writesOf(cluster)).toEqual([]);
        expect(holdingsOf(cluster.nodes)).toEqual(before);
      },
    );

    test.each(['hang-before', 'late-reset', 'error-before'] as const)(
      'has a write undone (%s)',
      async (fault) => {
        const { cluster, run, before } = await start([
          { node: 'node02', method: write, fault, times: fault === 'late-reset' ? 1 : Infinity, lateBy: 120 },
          { node: 'node03', method: write, fault: 'error-before', times: Infinity },
        ]);
        await using _ = cluster;
        expect(await rejectionOf(run())).toMatchObject({
          name: 'RolledBackError',
          cause: { name: 'TimeoutError', message: expect.stringContaining('deadline') },
        });
        await cluster.nodes.settled();
        expect(holdersOf(cluster.nodes, 'g')).toEqual(holders(before));
      },
    );

    test.each(['hang-before', 'error-before', 'too-many'] as const)(
      "is not the undo's, which has one of its own (%s)",
      async (fault) => {
        const undo = operation === 'create' ? 'DELETE' : 'POST';
        const { cluster, run } = await start(
          [
            { node: 'node03', method: write, fault: 'error-before', times: Infinity },
            { node: 'node01', method: undo, fault, times: Infinity },
          ],
          { rollbackDeadline: 900, rollbackRetry: { attempts: 1_000 } },
        );
        await using _ = cluster;
        const began = cluster.clock.monotonic();
        expect(await rejectionOf(run())).toMatchObject({
          name: 'InconsistentClusterError',
          nodes: [{ node: 'node01', outcome: 'unknown' }],
        });
        expect(cluster.clock.monotonic() - began).toBeGreaterThanOrEqual(1_200);
        const held = holdersOf(cluster.nodes, 'g');
        expect(held).toEqual(operation === 'create' ? ['node01'] : ['node02', 'node03']);
      },
    );
  },
);
