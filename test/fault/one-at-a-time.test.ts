import { describe, expect, test } from 'vitest';
import { RolledBackError } from '../../src/cluster/errors.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type ClusterSetup, rejectionOf, startCluster } from './cluster.ts';
import { holdersOf } from './holdings.ts';
import type { Sent } from './watched.ts';

const ALL = ['node01', 'node02', 'node03'];

interface Span extends Sent {
  readonly from: number;
  to: number | undefined;
}

/** A cluster that keeps the spans of all requests, by its own clock and in the order they were sent. */
async function startWithSpans(setup: Omit<ClusterSetup, 'onSend' | 'onDone'>) {
  const spans: Span[] = [];
  const cluster = await startCluster({
    ...setup,
    onSend: (sent, { clock }) => {
      spans.push({ ...sent, from: clock.monotonic(), to: undefined });
    },
    onDone: ({ method, node, groupId }) => {
      const span = spans.find(
        (each) =>
          each.to === undefined && each.method === method && each.node === node && each.groupId === groupId,
      );
      if (span !== undefined) span.to = cluster.clock.monotonic();
    },
  });
  const of = (groupId: string, method: string) =>
    spans.filter((span) => span.groupId === groupId && span.method === method);
  return { cluster, spans, of };
}

const RESET_AND_LATE: FaultStep = { node: 'node01', method: 'POST', fault: 'late-reset', lateBy: 120 };

describe.concurrent('operations on one group', () => {
  test('begin only when the one before has ended, in the order of the calls', async () => {
    const { cluster: starting, spans } = await startWithSpans({ dialect: 'path' });
    await using cluster = starting;
    const { client } = cluster;
    const ended: number[] = [];
    const calls = [0, 1, 2, 3, 4, 5].map(async (index) => {
      const result = await (index % 2 === 0 ? client.createGroup('g') : client.deleteGroup('g'));
      ended.push(index);
      return result.changed;
    });
    expect(await Promise.all(calls)).toEqual([true, true, true, true, true, true]);
    expect(ended).toEqual([0, 1, 2, 3, 4, 5]);
    // Looks and writes, never those of two operations at once: each round trip is over before the next begins.
    const rounds = ['GET', 'POST', 'GET', 'DELETE'];
    expect(spans.map(({ method }) => method)).toEqual(
      [...rounds, ...rounds, ...rounds].flatMap((method) => [method, method, method]),
    );
    for (const [index, span] of spans.entries()) {
      const earlier = spans.slice(0, index - (index % 3));
      expect(earlier.every(({ to }) => to !== undefined && to <= span.from)).toBe(true);
    }
  });

  test('do not wait for those on other groups', async () => {
    const { cluster: starting } = await startWithSpans({
      dialect: 'header',
      steps: [{ key: 'slow', method: 'GET', fault: 'hang-before', times: Infinity }],
    });
    await using cluster = starting;
    let slowEnded = false;
    const slow = rejectionOf(cluster.client.createGroup('slow')).then(() => {
      slowEnded = true;
    });
    await cluster.client.createGroup('quick');
    expect(slowEnded).toBe(false);
    expect(holdersOf(cluster.nodes, 'quick')).toEqual(ALL);
    await slow;
  });
});

describe.concurrent.each(['header', 'path'] as const)('after an attempt in doubt (%s dialect)', (dialect) => {
  test('only the next operation on the group waits, until nothing can happen late', async () => {
    const { cluster: starting, of } = await startWithSpans({
      dialect,
      steps: [{ ...RESET_AND_LATE, key: 'g' }],
    });
    await using cluster = starting;
    const { client, nodes } = cluster;
    const order: string[] = [];
    const note = (what: string) => () => {
      order.push(what);
    };
    await Promise.all([
      client.createGroup('g').then(note('create g')),
      client.deleteGroup('g').then(note('delete g')),
      // These are not begun before the first has ended.
      client.createGroup('other').then(note('create other')),
      client.createGroup('other').then(note('create other again')),
      client.deleteGroup('other').then(note('delete other')),
    ]);
    expect(order.at(-1)).toBe('delete g');
    const doubtful = of('g', 'POST').find(({ node }) => node === 'node01');
    const next = of('g', 'GET').at(-1);
    expect(Number(next?.from) - Number(doubtful?.to)).toBeGreaterThanOrEqual(200);
    await nodes.settled();
    expect(holdersOf(nodes, 'g')).toEqual([]);
  });

  test('it waits after a rollback that was given up, too', async () => {
    const { cluster: starting, of } = await startWithSpans({
      dialect,
      steps: [
        { node: 'node01', method: 'DELETE', fault: 'late-reset', lateBy: 120, times: 2 },
        { node: 'node02', method: 'POST', fault: 'error-before', times: 8 },
      ],
      options: { rollbackRetry: { attempts: 2, baseDelay: 0 } },
    });
    await using cluster = starting;
    const { client, nodes } = cluster;
    const first = rejectionOf(client.createGroup('g'));
    const second = client.createGroup('g');
    expect(await first).toMatchObject({ name: 'InconsistentClusterError', nodes: [{ node: 'node01' }] });
    expect(await second).toMatchObject({ changed: true });
    const doubtful = of('g', 'DELETE').findLast(({ node }) => node === 'node01');
    const next = of('g', 'GET').at(-1);
    expect(Number(next?.from) - Number(doubtful?.to)).toBeGreaterThanOrEqual(200);
    await nodes.settled();
    expect(holdersOf(nodes, 'g')).toEqual(ALL);
  });

  test('close() does not wait', async () => {
    const { cluster: starting } = await startWithSpans({ dialect, steps: [RESET_AND_LATE] });
    await using cluster = starting;
    const { client, clock, nodes } = cluster;
    await client.createGroup('g');
    // Time stands: who waited for it now would wait for ever.
    clock.pause();
    expect(nodes.pendingCommits).toBe(1);
    await client.close();
  });

  test('an operation that cannot wait so long writes nothing', async () => {
    const { cluster: starting, of } = await startWithSpans({ dialect, steps: [RESET_AND_LATE] });
    await using cluster = starting;
    const { client } = cluster;
    await client.createGroup('g');
    const error = await rejectionOf(client.deleteGroup('g', { deadline: 50 }));
    expect(error).toMatchObject({ name: 'NodeUnavailableError', cause: { name: 'TimeoutError' } });
    expect(of('g', 'DELETE')).toEqual([]);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
  });
});

test.concurrent('the same id twice in a bulk run gives one outcome each, one after the other', async () => {
  const { cluster: starting } = await startWithSpans({
    dialect: 'path',
    steps: [{ node: 'node02', method: 'POST', key: 'g', fault: 'error-before', times: 8 }],
  });
  await using cluster = starting;
  const outcomes: string[] = [];
  for await (const { groupId, status, error } of cluster.client.createGroups(['g', 'g', 'h', 'g'])) {
    outcomes.push(`${groupId} ${status}`);
    if (status === 'rolled-back') expect(error).toBeInstanceOf(RolledBackError);
  }
  expect(outcomes.sort()).toEqual(['g changed', 'g rolled-back', 'g unchanged', 'h changed']);
  expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
});
