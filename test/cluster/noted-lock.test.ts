import { describe, expect, test } from 'vitest';
import type { Journal, JournalEntry } from '../../src/cluster/journal.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { Lock } from '../../src/core/lock.ts';
import { type Cluster, rejectionOf, startCluster } from '../fault/cluster.ts';
import { holdersOf } from '../fault/holdings.ts';
import { notedLock } from './note-keeper.ts';

const ALL = ['node01', 'node02', 'node03'];

const entryOf = (cluster: Cluster, change: Partial<JournalEntry> = {}): JournalEntry => ({
  ...{ groupId: 'g', operationId: '1.000001', operation: 'create', dialect: 'path', startedAt: 1 },
  nodes: ALL.map((name) => ({
    ...{ name, url: cluster.nodes.urls[name] ?? '', before: 'absent', write: true },
  })),
  ...change,
});

describe('what stands in the lock of a group', () => {
  test.each([
    ['another version', JSON.stringify({ version: 2, kind: 'ended', unsettledFor: 0 })],
    ['another kind', JSON.stringify({ version: 1, kind: 'paused' })],
    ['no JSON', 'held by hand'],
    ['a time that is none', JSON.stringify({ version: 1, kind: 'ended', unsettledFor: -1 })],
  ])('keeps everybody from writing while it is %s, and stays', async (_, left) => {
    const { lock, state } = notedLock(left);
    await using cluster = await startCluster({ dialect: 'path', options: { lock } });
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
      name: 'NodeUnavailableError',
      message: expect.stringContaining('use the later one'),
    });
    expect(cluster.arrivals).toEqual([]);
    expect(state.text).toBe(left);
  });

  test('is waited for where something may still come late, and is gone afterwards', async () => {
    const { lock, state } = notedLock(JSON.stringify({ version: 1, kind: 'ended', unsettledFor: 700 }));
    await using cluster = await startCluster({ dialect: 'path', options: { lock } });
    const begin = cluster.clock.monotonic();
    await cluster.client.createGroup('g');
    expect(cluster.clock.monotonic() - begin).toBeGreaterThanOrEqual(700);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(ALL);
    expect(state.text).toBeUndefined();
  });

  test('is the intent while an operation writes, and nothing once it has ended', async () => {
    const { lock, state, told } = notedLock();
    const stood: (string | undefined)[] = [];
    await using cluster = await startCluster({
      dialect: 'path',
      options: { lock },
      onSend: ({ method }) => void (method === 'POST' && stood.push(state.text)),
    });
    await cluster.client.createGroup('g');
    expect(stood).toHaveLength(ALL.length);
    for (const text of stood) {
      expect(JSON.parse(text ?? '')).toMatchObject({ version: 1, kind: 'open', entry: { groupId: 'g' } });
    }
    expect(state.text).toBeUndefined();
    // The end goes with the release, in one step.
    expect(told.map(([what]) => what)).toEqual(['note', 'release', 'release']);
    expect(told[1]).toEqual(['release', { dropNote: true }]);
  });

  test('that could not be written takes the intent out of the journal again, and nothing is sent', async () => {
    const journal = memoryJournal();
    const lock: Lock = {
      acquire: async () => ({
        lost: new AbortController().signal,
        note: () => Promise.reject(new Error('no room for a note')),
        release: async () => undefined,
      }),
    };
    await using cluster = await startCluster({ dialect: 'path', options: { lock, journal } });
    expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
      name: 'NodeUnavailableError',
      cause: { message: 'no room for a note' },
    });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
    expect(await journal.openEntry('g')).toBeUndefined();
  });
});

test('an entry that another holder has ended, and whose end cannot be recorded, keeps its group from being written', async () => {
  const inner = memoryJournal();
  const journal: Journal = { ...inner, end: () => Promise.reject(new Error('the disk is full')) };
  const { lock } = notedLock();
  await using cluster = await startCluster({ dialect: 'path', options: { lock, journal } });
  const entry = entryOf(cluster, { noted: true });
  await inner.begin(entry);
  expect(await rejectionOf(cluster.client.createGroup('g'))).toMatchObject({
    name: 'InconsistentClusterError',
    message: expect.stringContaining('the journal could not record its end'),
    cause: { message: 'the disk is full' },
  });
  expect(cluster.arrivals).toEqual([]);
});

test('recover() closes an entry whose operation found every node as it wanted it, and asks no node', async () => {
  const journal = memoryJournal();
  await using cluster = await startCluster({ dialect: 'path', options: { journal } });
  const had = entryOf(cluster, {
    nodes: ALL.map((name) => ({
      ...{ name, url: cluster.nodes.urls[name] ?? '', before: 'present', write: false },
    })),
  });
  await journal.begin(had);
  await journal.end(had, { as: 'unresolved' });
  const outcomes = [];
  for await (const outcome of cluster.client.recover()) outcomes.push(outcome);
  expect(outcomes).toMatchObject([
    {
      groupId: 'g',
      status: 'unchanged',
      result: {
        operationId: '1.000001',
        changed: false,
        nodes: ALL.map((node) => ({ node, outcome: 'untouched', attempts: 0 })),
      },
    },
  ]);
  expect(cluster.arrivals).toEqual([]);
  expect(await journal.openEntry('g')).toBeUndefined();
});
