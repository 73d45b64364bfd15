import { describe, expect, onTestFinished, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import { InconsistentClusterError } from '../../src/cluster/errors.ts';
import type { Journal, JournalEntry } from '../../src/cluster/journal.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { journalPath, openJournal } from '../cluster/journal/journal-files.ts';
import { startRemoteJournal } from '../cluster/journal/remote-journal.ts';
import { type Cluster, rejectionOf, startCluster, writesOf } from './cluster.ts';
import { holdersOf } from './holdings.ts';

const ALL = ['node01', 'node02', 'node03'];
const DIALECTS = ['header', 'path'] as const;
const MINE = '1700000000.000001';

/** What a client that died after its writes to `written` has left, and what was there before. */
async function abandon(
  cluster: Cluster,
  path: string,
  {
    operation = 'create',
    written = ['node01'],
    ...change
  }: Partial<JournalEntry> & { written?: string[] } = {},
): Promise<JournalEntry> {
  const remote = startRemoteJournal(path);
  const entry: JournalEntry = {
    groupId: 'g',
    operationId: MINE,
    operation,
    dialect: cluster.dialect,
    startedAt: 1,
    nodes: ALL.map((name) => ({
      name,
      url: cluster.nodes.urls[name] ?? '',
      before: operation === 'create' ? 'absent' : 'present',
      write: true,
    })),
    ...change,
  };
  await remote.journal.begin(entry);
  for (const node of ALL) {
    const has = operation === 'create' ? written.includes(node) : !written.includes(node);
    if (has) cluster.nodes.put(node, { groupId: entry.groupId, timestamp: MINE });
  }
  await remote.kill();
  return entry;
}

async function startWithFile(dialect: 'header' | 'path', steps: readonly FaultStep[] = []) {
  const path = await journalPath();
  const journal = openJournal(path);
  const cluster = await startCluster({ dialect, steps, options: { journal } });
  return { path, journal, cluster };
}

const outcomesOf = async (run: ReturnType<ClusterClient['recover']>) => {
  const outcomes = [];
  for await (const outcome of run) outcomes.push(outcome);
  return outcomes;
};

const openGroups = async (journal: Journal) => {
  const groups: string[] = [];
  for await (const { groupId } of journal.openEntries()) groups.push(groupId);
  return groups;
};

describe.each(DIALECTS)('recover() of what a dead client left (%s dialect)', (dialect) => {
  test('undoes it, after it has waited for what may come late', async () => {
    const { path, journal, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    await abandon(cluster, path);
    const begin = cluster.clock.monotonic();
    const outcomes = await outcomesOf(cluster.client.recover());
    expect(outcomes).toMatchObject([
      {
        groupId: 'g',
        status: 'changed',
        result: {
          operationId: MINE,
          changed: true,
          // Nothing stood on the other two.
          nodes: [{ outcome: 'undone' }, { outcome: 'untouched' }, { outcome: 'untouched' }],
        },
      },
    ]);
    expect(cluster.clock.monotonic() - begin).toBeGreaterThanOrEqual(200);
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
    expect(await openGroups(journal)).toEqual([]);
  });

  test.each([
    ['create', 'undone'],
    ['delete', 'restored'],
  ] as const)('says of a %s of which nothing was written that it is unchanged', async (operation, undone) => {
    const { path, journal, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    await abandon(cluster, path, { groupId: 'never', operation, written: [] });
    await abandon(cluster, path, { groupId: 'all', operation, written: ALL });
    const had = holdersOf(cluster.nodes, 'never');
    const outcomes = await outcomesOf(cluster.client.recover({ concurrency: 1 }));
    const nodes = (outcome: string) => ALL.map((node) => ({ node, outcome }));
    expect(outcomes).toHaveLength(2);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ groupId: 'never', status: 'unchanged' }),
        expect.objectContaining({ groupId: 'all', status: 'changed' }),
      ]),
    );
    const result = (id: string) => outcomes.find(({ groupId }) => groupId === id)?.result;
    expect(result('never')).toMatchObject({ changed: false, nodes: nodes('untouched') });
    expect(result('all')).toMatchObject({ changed: true, nodes: nodes(undone) });
    expect(holdersOf(cluster.nodes, 'never')).toEqual(had);
    expect(holdersOf(cluster.nodes, 'all')).toEqual(had);
    expect(await openGroups(journal)).toEqual([]);
  });

  test('says of an undo whose answer was lost that it undid something', async () => {
    const lost = { node: 'node01', method: 'DELETE', fault: 'error-after', times: 1 } as const;
    const { path, cluster } = await startWithFile(dialect, [lost]);
    await using _ = cluster;
    await abandon(cluster, path);
    const [outcome] = await outcomesOf(cluster.client.recover());
    expect(outcome).toMatchObject({ status: 'changed', result: { nodes: [{ outcome: 'undone' }, {}, {}] } });
    expect(outcome?.result?.nodes[2]).toMatchObject({ outcome: 'untouched' });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('finishes it', async () => {
    const { path, journal, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    await abandon(cluster, path);
    const summary = await cluster.client.recover({ resolve: 'finish' });
    expect(summary).toMatchObject({ done: 1, changed: 1, ok: true });
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
    expect(await openGroups(journal)).toEqual([]);
  });

  test('finishes a delete', async () => {
    const { path, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    await abandon(cluster, path, { operation: 'delete' });
    await cluster.client.recover({ resolve: 'finish' });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('undoes a delete', async () => {
    const { path, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    await abandon(cluster, path, { operation: 'delete', written: ['node01', 'node03'] });
    await cluster.client.recover();
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
  });

  test('that cannot finish it undoes what either of them wrote', async () => {
    const refuses: FaultStep = { node: 'node03', method: 'POST', fault: 'error-before', times: 8 };
    const { path, journal, cluster } = await startWithFile(dialect, [refuses]);
    await using _ = cluster;
    await abandon(cluster, path);
    const outcomes = await outcomesOf(cluster.client.recover({ resolve: 'finish' }));
    expect(outcomes).toMatchObject([{ status: 'rolled-back', error: { operationId: MINE } }]);
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
    expect(await openGroups(journal)).toEqual([]);
  });

  test('that cannot even look undoes it', async () => {
    const mute: FaultStep = { node: 'node02', method: 'GET', fault: 'error-before', times: 8 };
    const { path, cluster } = await startWithFile(dialect, [mute]);
    await using _ = cluster;
    await abandon(cluster, path);
    const summary = await cluster.client.recover({ resolve: 'finish' });
    expect(summary).toMatchObject({ done: 1 });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('keeps what it cannot undo for the next one', async () => {
    const refuses: FaultStep = { node: 'node01', method: 'DELETE', fault: 'error-before', times: 40 };
    const { path, journal, cluster } = await startWithFile(dialect, [refuses]);
    await using _ = cluster;
    await abandon(cluster, path);
    expect(await cluster.client.recover()).toMatchObject({ inconsistent: 1, ok: false });
    expect(await journal.openEntry('g')).toMatchObject({ state: 'unresolved', operationId: MINE });
    expect(await cluster.client.recover()).toMatchObject({ changed: 1, ok: true });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('never touches nodes that the operation did not mean to write', async () => {
    const { path, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    const nodes = ALL.map((name) => ({
      name,
      url: cluster.nodes.urls[name] ?? '',
      before: name === 'node02' ? ('present' as const) : ('absent' as const),
      write: name !== 'node02',
    }));
    await abandon(cluster, path, { nodes, written: ['node01', 'node02'] });
    await cluster.client.recover();
    expect(holdersOf(cluster.nodes, 'g')).toEqual(['node02']);
    expect(writesOf(cluster).some((write) => write.endsWith('node02'))).toBe(false);
  });

  test('comes first where the next operation on the group meets it', async () => {
    const { path, journal, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    await abandon(cluster, path);
    const result = await cluster.client.createGroup('g');
    expect(result.nodes.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
    const writes = writesOf(cluster);
    const [deletes, posts] = ['DELETE', 'POST'].map((method) =>
      writes.filter((write) => write.startsWith(method)),
    );
    expect(writes).toEqual([...(deletes ?? []), ...(posts ?? [])]);
    expect(deletes).toHaveLength(3);
    expect(await openGroups(journal)).toEqual([]);
  });

  test('forgets a node that is gone for good, and only where it is told to', async () => {
    const { path, journal, cluster } = await startWithFile(dialect);
    await using _ = cluster;
    await abandon(cluster, path);
    const urls = Object.entries(cluster.nodes.urls).filter(([name]) => name !== 'node03');
    const smaller = new ClusterClient(Object.fromEntries(urls), { dialect, journal, settle: 1 });
    onTestFinished(() => smaller.close());
    const [left] = await outcomesOf(smaller.recover());
    expect(left).toMatchObject({
      status: 'skipped',
      error: { message: expect.stringMatching(/node03.*forget/) },
    });
    expect(await rejectionOf(smaller.createGroup('g'))).toBeInstanceOf(InconsistentClusterError);
    expect(await smaller.recover({ forget: ['node03'] })).toMatchObject({ changed: 1, ok: true });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });
});

test('recover() leaves entries of living owners, of another cluster and of another dialect alone, and says so', async () => {
  const { path, journal, cluster } = await startWithFile('path');
  await using _ = cluster;
  const { nodes } = await abandon(cluster, path, {
    groupId: 'other dialect',
    dialect: 'header',
    written: [],
  });
  await abandon(cluster, path, {
    groupId: 'other cluster',
    written: [],
    nodes: nodes.map((node) => ({ ...node, url: 'http://127.0.0.1:1' })),
  });
  const alive = startRemoteJournal(path);
  await alive.journal.begin({
    groupId: 'alive',
    operationId: '5.5',
    operation: 'create',
    dialect: 'path',
    startedAt: 1,
    nodes,
  });
  await alive.journal.lock.acquire('alive', { deadline: 20_000 });
  alive.stop();
  const outcomes = await outcomesOf(cluster.client.recover());
  expect(outcomes.map(({ groupId, status }) => `${groupId}: ${status}`).sort()).toEqual([
    'alive: skipped',
    'other cluster: skipped',
    'other dialect: skipped',
  ]);
  const messages = outcomes.map(({ error }) => error?.message).join('\n');
  expect(messages).toMatch(/none of its nodes is one of this client's/);
  expect(messages).toMatch(/written in the header dialect and this client speaks path/);
  expect(messages).toMatch(/another operation on it did not end in time/);
  expect(cluster.arrivals).toEqual([]);
  expect(await openGroups(journal)).toHaveLength(3);
  const summary = await cluster.client.recover();
  expect(summary.rerun('skipped').toSorted()).toEqual(['alive', 'other cluster', 'other dialect']);
});

test('recover() does not wait for a wall clock that was set back to come round again', async () => {
  const { path, journal, cluster } = await startWithFile('path');
  await using _ = cluster;
  const ahead = Date.now() + 24 * 3_600_000;
  const entry = await abandon(cluster, path, { startedAt: ahead });
  await journal.end(entry, { as: 'unresolved', unsettledUntil: ahead + 300 });
  expect(await cluster.client.recover()).toMatchObject({ changed: 1, ok: true });
  expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
});

test('an operation whose journal is closed under it sends nothing more, for others take it for dead', async () => {
  const path = await journalPath();
  const journal = openJournal(path);
  let sent = Infinity;
  await using cluster = await startCluster({
    dialect: 'path',
    steps: [{ node: 'node02', method: 'POST', fault: 'error-before', times: 3 }],
    options: { journal, strategy: 'sequential' },
    onArrival: ({ method, node }, { arrivals }) => {
      if (method !== 'POST' || node !== 'node02' || sent !== Infinity) return;
      sent = arrivals.length;
      void journal.close();
    },
  });
  const error = await rejectionOf(cluster.client.createGroup('g'));
  expect(error).toBeInstanceOf(InconsistentClusterError);
  expect(cluster.arrivals.slice(sent)).toEqual([]);
  await cluster.connect({ journal: openJournal(path) }).recover();
  expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
});

test('recover() ends an operation of a living owner whose end could not be recorded', async () => {
  const inner = memoryJournal();
  let isFull = true;
  const journal: Journal = {
    ...inner,
    end: (entry, end) => (isFull ? Promise.reject(new Error('the disk is full')) : inner.end(entry, end)),
  };
  await using cluster = await startCluster({ dialect: 'header', options: { journal } });
  expect(await rejectionOf(cluster.client.createGroup('g'))).toBeInstanceOf(InconsistentClusterError);
  isFull = false;
  const refused = await rejectionOf(cluster.client.createGroup('g'));
  expect(refused).toMatchObject({ message: expect.stringContaining('recover()') });
  expect(await cluster.client.recover({ resolve: 'finish' })).toMatchObject({ changed: 1 });
  expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
  expect(await cluster.client.createGroup('g')).toMatchObject({ changed: false });
});

test('an aborted recover() has begun nothing and leaves everything open', async () => {
  const { path, journal, cluster } = await startWithFile('path');
  await using _ = cluster;
  await abandon(cluster, path);
  const stop = new AbortController();
  const run = cluster.client.recover({ signal: stop.signal }).then((summary) => summary);
  stop.abort(new Error('enough'));
  expect(await run).toMatchObject({ done: 0, failed: 0 });
  expect(cluster.arrivals).toEqual([]);
  expect(await journal.openEntry('g')).toMatchObject({ state: 'abandoned' });
});

test('recover() needs a journal, and refuses what it does not know', async () => {
  await using client = new ClusterClient(['http://127.0.0.1:1']);
  expect(() => client.recover()).toThrow(/options.journal.*fileJournal/);
  await using other = new ClusterClient(['http://127.0.0.1:1'], { journal: memoryJournal() });
  expect(() => other.recover({ resolve: 'guess' as 'undo' })).toThrow(
    /options.resolve: expected 'undo' or 'finish'/,
  );
  expect(() => other.recover({ forget: 'node01' as unknown as string[] })).toThrow(/options.forget/);
  expect(await other.recover()).toMatchObject({ done: 0, ok: true });
});
