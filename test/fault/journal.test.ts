import { describe, expect, test } from 'vitest';
import { InconsistentClusterError } from '../../src/cluster/errors.ts';
import type { Journal, JournalEntry } from '../../src/cluster/journal.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type ClusterSetup, rejectionOf, startCluster, writesOf } from './cluster.ts';
import { holdersOf, holdingsOf } from './holdings.ts';

const ALL = ['node01', 'node02', 'node03'];
const DIALECTS = ['header', 'path'] as const;

/** A cluster with a journal, and one list of what was recorded and what was sent, in order. */
async function startRecorded(setup: ClusterSetup, inner: Journal = memoryJournal()) {
  const events: string[] = [];
  const begun: JournalEntry[] = [];
  const journal: Journal = {
    ...inner,
    begin: async (entry) => {
      events.push('begin');
      begun.push(entry);
      // A disk takes its time.
      await new Promise((resolve) => setImmediate(resolve));
      await inner.begin(entry);
      events.push('begun');
    },
    end: async (entry, end) => {
      events.push(`end ${end.as}`);
      await inner.end(entry, end);
      events.push('ended');
    },
  };
  const cluster = await startCluster({
    ...setup,
    options: { ...setup.options, journal },
    onSend: ({ method }) => {
      events.push(method);
    },
  });
  return { cluster, events, begun, journal };
}

const NODE03_REFUSES: FaultStep = { node: 'node03', method: 'POST', fault: 'error-before', times: 8 };

describe.each(DIALECTS)('a journal (%s dialect)', (dialect) => {
  test('has the intent before the first write leaves, and the end before the call resolves', async () => {
    const { cluster, events, begun, journal } = await startRecorded({ dialect });
    await using _ = cluster;
    cluster.nodes.put('node02', { groupId: 'g', timestamp: '1.5' });
    const { operationId } = await cluster.client.createGroup('g');
    expect(events).toEqual(['GET', 'GET', 'GET', 'begin', 'begun', 'POST', 'POST', 'end closed', 'ended']);
    expect(begun).toMatchObject([
      {
        operationId,
        groupId: 'g',
        operation: 'create',
        dialect,
        nodes: [
          { name: 'node01', url: cluster.nodes.urls['node01'], before: 'absent', write: true },
          { name: 'node02', url: cluster.nodes.urls['node02'], before: 'present', write: false },
          { name: 'node03', url: cluster.nodes.urls['node03'], before: 'absent', write: true },
        ],
      },
    ]);
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('has nothing of an operation that writes nothing', async () => {
    const { cluster, events } = await startRecorded({ dialect });
    await using _ = cluster;
    expect(await cluster.client.deleteGroup('g')).toMatchObject({ changed: false });
    expect(events).toEqual(['GET', 'GET', 'GET']);
  });

  test('is closed by a rollback', async () => {
    const { cluster, events, journal } = await startRecorded({ dialect, steps: [NODE03_REFUSES] });
    await using _ = cluster;
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({ name: 'RolledBackError' });
    expect(events.slice(-2)).toEqual(['end closed', 'ended']);
    expect(events.filter((event) => event === 'begin')).toHaveLength(1);
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('keeps what is unresolved, and no further operation on that group begins before it is undone', async () => {
    const { cluster, events, journal } = await startRecorded({
      dialect,
      steps: [NODE03_REFUSES, { node: 'node01', method: 'DELETE', fault: 'error-before', times: 40 }],
    });
    await using _ = cluster;
    const { client, nodes } = cluster;
    const error = await rejectionOf(client.createGroup('g'));
    if (!(error instanceof InconsistentClusterError)) throw error;
    expect(events.slice(-2)).toEqual(['end unresolved', 'ended']);
    expect(await journal.openEntry('g')).toMatchObject({ operationId: error.operationId });

    const sent = events.length;
    for (const refused of [client.createGroup('g'), client.deleteGroup('g')]) {
      expect(await rejectionOf(refused)).toMatchObject({
        name: 'InconsistentClusterError',
        operationId: error.operationId,
        message: expect.stringContaining(error.operationId),
      });
    }
    expect(events).toHaveLength(sent);
    // Other groups are not held up.
    await client.createGroup('other');
    const bulk = await client.createGroups(['g', 'h']);
    expect(bulk).toMatchObject({ changed: 1, inconsistent: 1 });

    await client.rollbackCreate('g', error.nodes);
    expect(holdersOf(nodes, 'g')).toEqual([]);
    expect(await journal.openEntry('g')).toBeUndefined();
    await client.createGroup('g');
    expect(holdersOf(nodes, 'g')).toEqual(ALL);
  });

  test('that cannot record the intent keeps the operation from writing', async () => {
    const failure = new Error('the disk is full');
    const begin = () => Promise.reject(failure);
    const { cluster } = await startRecorded({ dialect }, { ...memoryJournal(), begin });
    await using _ = cluster;
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
      name: 'NodeUnavailableError',
      cause: failure,
    });
    expect(writesOf(cluster)).toEqual([]);
  });

  test('that cannot record the end makes the operation uncertain, for recovery would undo it', async () => {
    const failure = new Error('the disk is full');
    const end = () => Promise.reject(failure);
    const { cluster, journal } = await startRecorded({ dialect }, { ...memoryJournal(), end });
    await using _ = cluster;
    cluster.nodes.put('node02', { groupId: 'g', timestamp: '1.5' });
    const error = await rejectionOf(cluster.client.createGroup('g'));
    expect(error).toMatchObject({
      name: 'InconsistentClusterError',
      cause: failure,
      nodes: [{ node: 'node01' }, { node: 'node03' }],
    });
    expect(await journal.openEntry('g')).toBeDefined();
  });

  test.each(['createGroup', 'deleteGroup'] as const)(
    'that cannot be read keeps %s from sending anything',
    async (method) => {
      const failure = new Error('the disk is gone');
      const openEntry = () => Promise.reject(failure);
      const { cluster } = await startRecorded({ dialect }, { ...memoryJournal(), openEntry });
      await using _ = cluster;
      expect(await rejectionOf(cluster.client[method]('g'))).toMatchObject({
        name: 'NodeUnavailableError',
        cause: failure,
      });
      expect(cluster.arrivals).toEqual([]);
      // Nor does one group of a bulk run end the others.
      expect(await cluster.client.createGroups(['g', 'h'])).toMatchObject({ unavailable: 2 });
    },
  );

  test('an abort while the intent is recorded writes nothing and closes the entry', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const inner = memoryJournal();
    const { cluster, events, journal } = await startRecorded(
      { dialect },
      {
        ...inner,
        begin: (entry) => {
          controller.abort(reason);
          return inner.begin(entry);
        },
      },
    );
    await using _ = cluster;
    expect(await rejectionOf(cluster.client.createGroup('g', { signal: controller.signal }))).toBe(reason);
    expect(writesOf(cluster)).toEqual([]);
    expect(events.slice(-2)).toEqual(['end closed', 'ended']);
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('tells how long a late attempt may still take effect', async () => {
    const inner = memoryJournal();
    const ends: (number | undefined)[] = [];
    const { cluster } = await startRecorded(
      { dialect, steps: [{ node: 'node01', method: 'POST', key: 'g', fault: 'late-reset', lateBy: 120 }] },
      {
        ...inner,
        end: (entry, end) => {
          ends.push(end.unsettledUntil);
          return inner.end(entry, end);
        },
      },
    );
    await using _ = cluster;
    const start = Date.now();
    await cluster.client.createGroup('g');
    await cluster.client.createGroup('h');
    expect(ends[0]).toBeGreaterThan(start);
    expect(ends[1]).toBeUndefined();
  });
});

describe.each(DIALECTS)('two clients that share a memoryJournal (%s dialect)', (dialect) => {
  test('take turns on a group, and not on different groups', async () => {
    const { cluster, events, journal } = await startRecorded({ dialect });
    await using _ = cluster;
    const other = cluster.connect({ journal });
    const results = await Promise.all([
      cluster.client.createGroup('g'),
      other.createGroup('g'),
      cluster.client.deleteGroup('g'),
      other.deleteGroup('g'),
    ]);
    expect(results.map(({ changed }) => changed)).toEqual([true, false, true, false]);
    const looks = ['GET', 'GET', 'GET'];
    const writes = (method: string) => ['begin', 'begun', method, method, method, 'end closed', 'ended'];
    expect(events).toEqual([...looks, ...writes('POST'), ...looks, ...looks, ...writes('DELETE'), ...looks]);

    events.length = 0;
    await Promise.all([cluster.client.createGroup('one'), other.createGroup('two')]);
    expect(events.slice(0, 6)).toEqual(['GET', 'GET', 'GET', 'GET', 'GET', 'GET']);
  });

  test('wait for what the other left in doubt', async () => {
    const { cluster, journal } = await startRecorded({
      dialect,
      steps: [{ node: 'node01', method: 'POST', fault: 'late-reset', lateBy: 120 }],
    });
    await using _ = cluster;
    const other = cluster.connect({ journal });
    await cluster.client.createGroup('g');
    expect(cluster.nodes.pendingCommits).toBe(1);
    await other.deleteGroup('g');
    expect(cluster.nodes.pendingCommits).toBe(0);
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('see what the other left unresolved, and can undo it', async () => {
    const { cluster, journal } = await startRecorded({
      dialect,
      steps: [
        { node: 'node03', method: 'DELETE', fault: 'error-before', times: 8 },
        { node: 'node01', method: 'POST', fault: 'error-before', times: 40 },
      ],
    });
    await using _ = cluster;
    const other = cluster.connect({ journal });
    for (const node of ALL) cluster.nodes.put(node, { groupId: 'g', timestamp: '1.5' });
    const error = await rejectionOf(cluster.client.deleteGroup('g'));
    if (!(error instanceof InconsistentClusterError)) throw error;
    const refused = await rejectionOf(other.deleteGroup('g'));
    if (!(refused instanceof InconsistentClusterError)) throw refused;
    expect(refused.operationId).toBe(error.operationId);
    // The refusal itself tells what to pass.
    await other.rollbackDelete('g', refused.nodes);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
    expect([...holdingsOf(cluster.nodes).values()].map((groups) => groups.size)).toEqual([1, 1, 1]);
  });
});
