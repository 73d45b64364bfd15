import { describe, expect, test } from 'vitest';
import { RolledBackError } from '../../src/cluster/errors.ts';
import { sleep } from '../../src/core/abort.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type Cluster, rejectionOf, startCluster } from './cluster.ts';
import { holdersOf } from './holdings.ts';

const ALL = ['node01', 'node02', 'node03'];
const HOW = [
  { dialect: 'header', strategy: 'parallel' },
  { dialect: 'header', strategy: 'sequential' },
  { dialect: 'path', strategy: 'parallel' },
  { dialect: 'path', strategy: 'sequential' },
] as const;

/** Longer than two attempts, a rollback and a lost answer take together. */
const LATE = 500;
/** Without delays, so that all but the late commit is over at once. */
const OPTIONS = {
  settle: 800,
  deadline: 30_000,
  retry: { attempts: 3, baseDelay: 0 },
  rollbackRetry: { attempts: 9, baseDelay: 0 },
} as const;

const refusesForEver = (method: 'POST' | 'DELETE'): FaultStep => ({
  node: 'node03',
  method,
  fault: 'error-before',
  times: Infinity,
});

/** Notes, with each request to node01, how many late commits were still to come. */
function startWithLateNode01(how: (typeof HOW)[number], steps: readonly FaultStep[]) {
  const seen: string[] = [];
  const cluster = startCluster({
    dialect: how.dialect,
    steps,
    options: { ...OPTIONS, strategy: how.strategy },
    onArrival: ({ node, method }, { nodes }) => {
      if (node === 'node01') seen.push(`${method}, ${nodes.pendingCommits} to come`);
    },
  });
  return { seen, cluster };
}

const settled = async ({ nodes }: Cluster) => {
  expect(nodes.pendingCommits).toBe(0);
  await nodes.settled();
};

describe.concurrent.each(HOW)('in the $dialect dialect, $strategy', (how) => {
  test.each(['late-commit', 'late-reset'] as const)(
    'a first create that takes effect after the second one was undone leaves nothing behind (%s)',
    async (fault) => {
      const late: FaultStep = { node: 'node01', method: 'POST', fault, lateBy: LATE };
      const { seen, cluster: starting } = startWithLateNode01(how, [late, refusesForEver('POST')]);
      await using cluster = await starting;
      expect(await rejectionOf(cluster.client.createGroup('g'))).toBeInstanceOf(RolledBackError);
      await settled(cluster);
      expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
      // The second create was undone while the first was still to come, and that one was undone after it had.
      expect(seen.filter((request) => request.startsWith('DELETE'))).toEqual([
        'DELETE, 1 to come',
        'DELETE, 0 to come',
      ]);
    },
  );

  test.each(['late-commit', 'late-reset'] as const)(
    'a first delete that takes effect after the restore leaves the record where it was (%s)',
    async (fault) => {
      const late: FaultStep = { node: 'node01', method: 'DELETE', fault, lateBy: LATE };
      const { seen, cluster: starting } = startWithLateNode01(how, [late, refusesForEver('DELETE')]);
      await using cluster = await starting;
      for (const node of ALL) cluster.nodes.put(node, { groupId: 'g', timestamp: '1.5' });
      expect(await rejectionOf(cluster.client.deleteGroup('g'))).toBeInstanceOf(RolledBackError);
      await settled(cluster);
      expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
      expect(seen.filter((request) => request.startsWith('POST'))).toEqual([
        'POST, 1 to come',
        'POST, 0 to come',
      ]);
    },
  );

  test.each(['late-commit', 'late-reset'] as const)(
    'an undo of a create that takes effect late is over before the rollback is (%s)',
    async (fault) => {
      const late: FaultStep = { node: 'node01', method: 'DELETE', fault, lateBy: LATE };
      const { seen, cluster: starting } = startWithLateNode01(how, [late, refusesForEver('POST')]);
      await using cluster = await starting;
      expect(await rejectionOf(cluster.client.createGroup('g'))).toBeInstanceOf(RolledBackError);
      await settled(cluster);
      expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
      expect(seen.slice(-2)).toEqual(['DELETE, 1 to come', 'GET, 0 to come']);
    },
  );

  test.each(['late-commit', 'late-reset'] as const)(
    'an undo of a delete that takes effect late is over before the rollback is (%s)',
    async (fault) => {
      const late: FaultStep = { node: 'node01', method: 'POST', fault, lateBy: LATE };
      const { seen, cluster: starting } = startWithLateNode01(how, [late, refusesForEver('DELETE')]);
      await using cluster = await starting;
      for (const node of ['node01', 'node03']) cluster.nodes.put(node, { groupId: 'g', timestamp: '1.5' });
      expect(await rejectionOf(cluster.client.deleteGroup('g'))).toBeInstanceOf(RolledBackError);
      await settled(cluster);
      expect(holdersOf(cluster.nodes, 'g')).toEqual(['node01', 'node03']);
      expect(seen.slice(-2)).toEqual(['POST, 1 to come', 'GET, 0 to come']);
    },
  );

  test('a late undo does not take away what the next operation made', async () => {
    const late: FaultStep = { node: 'node01', method: 'DELETE', fault: 'late-reset', lateBy: LATE };
    const { cluster: starting } = startWithLateNode01(how, [late, { ...refusesForEver('POST'), times: 3 }]);
    await using cluster = await starting;
    const first = rejectionOf(cluster.client.createGroup('g'));
    const second = cluster.client.createGroup('g');
    expect(await first).toBeInstanceOf(RolledBackError);
    expect(await second).toMatchObject({ changed: true });
    await settled(cluster);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
  });

  test('a late create or delete does not reach the next operation of its group', async () => {
    const { cluster: starting } = startWithLateNode01(how, [
      { node: 'node01', method: 'POST', fault: 'late-reset', lateBy: LATE },
      { node: 'node02', method: 'DELETE', fault: 'late-commit', lateBy: LATE },
    ]);
    await using cluster = await starting;
    const { client, nodes } = cluster;
    const done = [client.createGroup('g'), client.deleteGroup('g'), client.createGroup('g')];
    expect((await Promise.all(done)).map(({ changed }) => changed)).toEqual([true, true, true]);
    await settled(cluster);
    expect(holdersOf(nodes, 'g')).toEqual(ALL);
  });
});

test.concurrent.each([502, 504])(
  'a create that a gateway gave up (%i), and that the node carries out later, leaves nothing behind',
  async (status) => {
    let late: Promise<unknown> | undefined;
    let undoneBefore = 0;
    await using cluster = await startCluster({ dialect: 'path', steps: [refusesForEver('POST')] });
    const { clock, nodes, arrivals } = cluster;
    const through: typeof fetch = (input, init) => {
      const isFirst =
        late === undefined && init?.method === 'POST' && String(input).startsWith(`${nodes.urls['node01']}/`);
      if (!isFirst) return fetch(input, init);
      late = sleep(150, clock).then(() => {
        undoneBefore = arrivals.filter((arrival) => arrival === 'DELETE node01').length;
        return fetch(input, { ...init, signal: null });
      });
      return Promise.resolve(new Response('<h1>No answer from upstream</h1>', { status }));
    };
    const client = cluster.connect({ fetch: through, retry: OPTIONS.retry });
    expect(await rejectionOf(client.createGroup('g'))).toBeInstanceOf(RolledBackError);
    await late;
    expect(undoneBefore).toBe(1);
    expect(holdersOf(nodes, 'g')).toEqual([]);
  },
);

test('what was made or deleted by an attempt that never got an answer is known by reading it back', async () => {
  await using cluster = await startCluster({
    dialect: 'path',
    steps: [{ node: 'node02', method: 'POST', fault: 'hang-after' }],
  });
  const { nodes } = await cluster.client.createGroup('g');
  expect(nodes.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
  expect(cluster.arrivals.filter((arrival) => arrival.endsWith('node02'))).toEqual([
    'GET node02',
    'POST node02',
    'POST node02',
    'GET node02',
  ]);
});
