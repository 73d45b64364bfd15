import { describe, expect, test } from 'vitest';
import type { RecoverOptions } from '../../src/cluster/bulk-options.ts';
import type { GroupOutcome } from '../../src/cluster/bulk-result.ts';
import type { JournalEntry } from '../../src/cluster/journal.ts';
import type { Lock } from '../../src/core/lock.ts';
import { broken, entryOf, journalWith, type MemoryCluster, memoryCluster, silent } from './memory-cluster.ts';
import { notedLock } from './note-keeper.ts';

const withWrites = (one: boolean, two: boolean, change: Partial<JournalEntry> = {}): JournalEntry =>
  entryOf({
    nodes: entryOf().nodes.map((node) => {
      const write = node.name === 'one' ? one : two;
      return { ...node, write, before: write ? 'absent' : 'present' };
    }),
    ...change,
  });

/** A cluster whose journal has one entry of a dead owner, and the only outcome of its recovery. */
async function recover(entry: JournalEntry, setup: MemoryCluster = {}, options?: RecoverOptions) {
  const journal = await journalWith(entry, { state: 'abandoned', owner: 'dead' });
  const cluster = memoryCluster({ ...setup, options: { settle: 500, journal, ...setup.options } });
  const outcomes: GroupOutcome[] = [];
  await cluster.clock.run(
    (async () => {
      for await (const outcome of cluster.client.recover(options)) outcomes.push(outcome);
    })(),
  );
  expect(outcomes).toHaveLength(1);
  return { ...cluster, journal, outcome: outcomes[0] };
}

const FINISH = { resolve: 'finish' } as const;
const posts = (sent: readonly string[]) => sent.filter((each) => each.startsWith('POST'));

describe('to undo', () => {
  test('asks no node of an entry that was to write none', async () => {
    const { outcome, sent, journal } = await recover(withWrites(false, false), {
      has: { one: true, two: true },
    });
    const operationId = '1700000000.000001';
    const untouched = { outcome: 'untouched', attempts: 0, operationId };
    expect(outcome).toEqual({
      groupId: 'g',
      status: 'unchanged',
      result: {
        operation: 'create',
        groupId: 'g',
        operationId,
        changed: false,
        nodes: [
          { node: 'one', ...untouched },
          { node: 'two', ...untouched },
        ],
      },
    });
    expect(sent()).toEqual([]);
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('without the nodes that it was to write ends also what its operation took the place of', async () => {
    const gone = { name: 'three', url: 'http://three.test', before: 'absent', write: true } as const;
    const earlier = entryOf({ operation: 'delete', operationId: '1600000000.000001' });
    const entry = entryOf({ nodes: [gone], supersedes: earlier });
    const { held, outcome, journal } = await recover(entry, { has: { one: true } }, { forget: ['three'] });
    expect(outcome).toMatchObject({ status: 'changed', result: { operationId: '1600000000.000001' } });
    expect(held).toEqual({ one: true, two: true });
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('touches only what was to be written', async () => {
    const { outcome, sent, held } = await recover(withWrites(true, false), { has: { one: true, two: true } });
    expect(outcome).toMatchObject({
      status: 'changed',
      result: { nodes: [{ outcome: 'undone' }, { outcome: 'untouched' }] },
    });
    expect(sent()).toEqual(['DELETE one']);
    expect(held).toEqual({ one: false, two: true });
  });

  test('that could send nothing leaves the entry as open as it was, and says why', async () => {
    const lost = AbortSignal.abort(new Error('the lease went to somebody else'));
    const lock: Lock = { acquire: async () => ({ lost, release: async () => undefined }) };
    const { outcome, sent, journal } = await recover(entryOf(), { options: { lock } });
    expect(outcome).toMatchObject({
      status: 'inconsistent',
      error: {
        operationId: '1700000000.000001',
        nodes: [{ node: 'one', outcome: 'unknown' }, { node: 'two' }],
      },
    });
    expect(sent()).toEqual([]);
    expect(await journal.openEntry('g')).toBeDefined();
  });

  test('that cannot be written down leaves the entry as open as it was, and says why', async () => {
    const inner = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    const cause = new Error('the disk is full');
    const journal = { ...inner, begin: () => Promise.reject(cause) };
    const { outcome, sent } = await recover(entryOf(), { options: { journal } });
    expect(outcome).toMatchObject({
      status: 'inconsistent',
      error: { operationId: '1700000000.000001', cause: { name: 'NodeUnavailableError', cause } },
    });
    expect(outcome?.error?.message).toContain('its recovery wrote nothing: ');
    expect(sent()).toEqual([]);
  });

  test('that fails on a node leaves the entry unresolved', async () => {
    const { outcome, journal } = await recover(entryOf(), {
      has: { one: true, two: true },
      answer: ({ method, node }) => (method === 'DELETE' && node === 'two' ? broken() : undefined),
    });
    expect(outcome).toMatchObject({ status: 'inconsistent', error: { nodes: [{ node: 'two' }] } });
    expect(outcome?.error?.message).toContain('the undo did not end: two failed in 2 attempts to undo');
    expect(await journal.openEntry('g')).toMatchObject({ state: 'unresolved' });
  });
});

describe('to finish', () => {
  test('writes what is missing, by the id of the operation', async () => {
    const { outcome, held, sent, journal } = await recover(entryOf(), { has: { one: true } }, FINISH);
    expect(outcome).toMatchObject({
      status: 'changed',
      result: { operationId: '1700000000.000001', changed: true },
    });
    expect(posts(sent())).toEqual(['POST two']);
    expect(held).toEqual({ one: true, two: true });
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('closes an entry whose nodes are all as wanted and were never to be written', async () => {
    const has = { one: true, two: true };
    const { outcome, sent, journal } = await recover(withWrites(false, false), { has }, FINISH);
    expect(outcome).toMatchObject({ status: 'unchanged', result: { nodes: [{ outcome: 'existed' }, {}] } });
    expect(sent()).toEqual(['GET one', 'GET two']);
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('writes also to a node that had it at first and lacks it now', async () => {
    const { held } = await recover(withWrites(false, false), { has: { one: true } }, FINISH);
    expect(held).toEqual({ one: true, two: true });
  });

  test('undoes where a node does not say what it has', async () => {
    const answer = ({ method, node }: { readonly method: string; readonly node: string }) =>
      method === 'GET' && node === 'two' ? broken() : undefined;
    const { outcome, held, sent, journal } = await recover(entryOf(), { has: { one: true }, answer }, FINISH);
    expect(outcome).toMatchObject({ status: 'changed', result: { nodes: [{ outcome: 'undone' }, {}] } });
    expect(posts(sent())).toEqual([]);
    expect(held).toEqual({ one: false, two: false });
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('undoes where a node does not say what it has within the deadline', async () => {
    const answer = ({ method, node }: { readonly method: string; readonly node: string }) =>
      method === 'GET' && node === 'two' ? silent() : undefined;
    const options = { deadline: 3_000, attemptTimeout: 9_000 };
    const setup = { has: { one: true }, answer, options };
    const { outcome, clock, held } = await recover(entryOf(), setup, FINISH);
    expect(outcome?.status).toBe('changed');
    expect(clock.monotonic()).toBe(3_500);
    expect(held).toEqual({ one: false, two: false });
  });

  test('that is aborted before it wrote leaves the entry as it is', async () => {
    const stop = new AbortController();
    const answer = ({ method }: { readonly method: string }) => {
      if (method === 'GET') stop.abort(new Error('enough'));
      return undefined;
    };
    const { outcome, sent, journal } = await recover(
      entryOf(),
      { has: { one: true }, answer },
      { ...FINISH, signal: stop.signal },
    );
    expect(outcome).toEqual({ groupId: 'g', status: 'skipped' });
    expect(posts(sent())).toEqual([]);
    expect(sent().some((each) => each.startsWith('DELETE'))).toBe(false);
    expect(await journal.openEntry('g')).toMatchObject({ state: 'abandoned' });
  });

  test('that cannot write undoes what either of them wrote', async () => {
    const answer = ({ method, node }: { readonly method: string; readonly node: string }) =>
      method === 'POST' && node === 'two' ? broken() : undefined;
    const { outcome, held, journal } = await recover(entryOf(), { has: { one: true }, answer }, FINISH);
    expect(outcome).toMatchObject({ status: 'rolled-back', error: { operationId: '1700000000.000001' } });
    expect(held).toEqual({ one: false, two: false });
    expect(await journal.openEntry('g')).toBeUndefined();
  });
});

describe('what stands open in the lock of a group', () => {
  const noteOf = (entry: JournalEntry) => JSON.stringify({ version: 1, kind: 'open', entry });

  test('is undone by the next operation, which then keeps a note of its own', async () => {
    const { lock, state } = notedLock(noteOf(entryOf()));
    const noted: unknown[] = [];
    const { client, clock, sent, held } = memoryCluster({
      has: { one: true },
      answer: ({ method }) => {
        noted.push([method, JSON.parse(state.text ?? 'null')?.entry?.operationId]);
        return undefined;
      },
      options: { lock, settle: 500 },
    });
    const { operationId } = await clock.run(client.deleteGroup('g'));
    expect(sent()).toEqual(['DELETE one', 'DELETE two', 'GET one', 'GET two']);
    expect(noted.slice(0, 2)).toEqual(Array(2).fill(['DELETE', '1700000000.000001']));
    expect(noted.slice(2)).toEqual(Array(2).fill(['GET', undefined]));
    expect(operationId).not.toBe('1700000000.000001');
    expect(held).toEqual({ one: false, two: false });
    expect(state.text).toBeUndefined();
  });

  test('and cannot be ended by this client stays', async () => {
    const left = noteOf(entryOf({ dialect: 'header' }));
    const { lock, state } = notedLock(left);
    const { client, failure, sent } = memoryCluster({ options: { lock } });
    expect(await failure(client.createGroup('g'))).toMatchObject({ name: 'InconsistentClusterError' });
    expect(sent()).toEqual([]);
    expect(state.text).toBe(left);
  });
});
