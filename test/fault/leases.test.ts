import { expect, test } from 'vitest';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { Lease } from '../../src/kube/lease-record.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { rejectionOf } from './cluster.ts';
import { holdersOf } from './holdings.ts';
import { DURATION, startFleet } from './leases.ts';
import { watchedFetch } from './watched.ts';

const ALL = ['node01', 'node02', 'node03'];

test('operations of two machines on one group come one after the other, and leave no Lease', async () => {
  await using fleet = await startFleet();
  const [one, two] = [fleet.join(), fleet.join()];
  const results = await Promise.all([
    one.createGroup('g'),
    two.createGroup('g'),
    one.deleteGroup('g'),
    two.createGroup('g'),
  ]);
  expect(results.filter(({ changed }) => changed).length).toBeGreaterThan(0);
  expect([[], ALL]).toContainEqual(holdersOf(fleet.nodes, 'g'));
  await expect.poll(() => fleet.leases()).toEqual([]);
});

test('the intent stands in the Lease before the first write, without credentials, and is gone with the end', async () => {
  await using fleet = await startFleet({ steps: [{ node: 'node02', method: 'POST', fault: 'hang-before' }] });
  const noteOf = (lease: Lease | undefined): unknown =>
    JSON.parse(lease?.metadata?.annotations?.['holdfast/note'] ?? 'null');
  const found: (Lease | undefined)[] = [];
  const client = fleet.join({
    urls: Object.fromEntries(
      Object.entries(fleet.nodes.urls).map(([name, url]) => [name, url.replace('//', '//me:secret@')]),
    ),
    fetch: watchedFetch(fleet.nodes.urls, {
      before: async ({ method }) => {
        if (method === 'POST') found.push((await fleet.leases())[0]);
      },
    }),
  });
  await client.createGroup('g');
  expect(found.map(noteOf)).toHaveLength(4);
  expect(JSON.stringify(found)).not.toContain('secret');
  for (const note of found.map(noteOf)) {
    expect(note).toMatchObject({
      version: 1,
      kind: 'open',
      entry: {
        groupId: 'g',
        operation: 'create',
        nodes: ALL.map((name) => ({ name, url: fleet.nodes.urls[name], before: 'absent', write: true })),
      },
    });
  }
  expect(found[0]?.spec?.renewTime).toMatch(/\.\d{6}Z$/);
  // An attempt was in doubt, so the group is kept until it has settled, and nobody would undo what came out well.
  expect(noteOf((await fleet.leases())[0])).toEqual({
    version: 1,
    kind: 'ended',
    unsettledFor: expect.any(Number),
  });
  await expect.poll(() => fleet.leases()).toEqual([]);
});

test('who takes the Lease of a machine that died half way ends its operation first', async () => {
  await using fleet = await startFleet({ steps: [{ node: 'node02', method: 'POST', fault: 'hang-before' }] });
  const dying = new AbortController();
  const died = () =>
    new Promise<never>(() => {
      dying.abort();
    });
  // A machine that is gone from the moment its second write is sent: none of its calls goes out or comes back.
  const gone = fleet.join({
    options: { strategy: 'sequential' },
    kube: (kube) =>
      new Proxy(kube, {
        get: (target, key) => {
          const method: unknown = Reflect.get(target, key);
          if (typeof method !== 'function') return method;
          return (...args: unknown[]) =>
            dying.signal.aborted ? died() : Reflect.apply(method, target, args);
        },
      }),
    fetch: (input, init) => {
      const second = init?.method === 'POST' && String(input).startsWith(`${fleet.nodes.urls['node02']}/`);
      if (second || dying.signal.aborted) return died();
      return fetch(input, init);
    },
  });
  void gone.createGroup('g').catch(() => undefined);
  await expect.poll(() => dying.signal.aborted).toBe(true);
  expect(holdersOf(fleet.nodes, 'g')).toEqual(['node01']);
  const died_at = fleet.clock.monotonic();
  const result = await fleet.join().deleteGroup('g');
  expect(result.changed).toBe(false);
  expect(fleet.clock.monotonic() - died_at).toBeGreaterThan(DURATION / 2);
  expect(holdersOf(fleet.nodes, 'g')).toEqual([]);
  await expect.poll(() => fleet.leases()).toEqual([]);
});

/** A create fails on the last node, and its undo on the first, to a client that tries that twice. */
const UNDO_FAILS = [
  { node: 'node03', method: 'POST', fault: 'error-before', times: 8 },
  { node: 'node01', method: 'DELETE', fault: 'error-before', times: 2 },
] as const;
const TWICE = { attempts: 2, baseDelay: 1 };

test('what could not be undone stays in the Lease, and the next operation of any machine ends it', async () => {
  await using fleet = await startFleet({ steps: UNDO_FAILS });
  const one = fleet.join({ options: { rollbackRetry: TWICE } });
  expect(await rejectionOf(one.createGroup('g'))).toMatchObject({
    name: 'InconsistentClusterError',
    nodes: [{ node: 'node01' }],
  });
  await expect.poll(async () => (await fleet.leases())[0]?.spec?.holderIdentity).toBeUndefined();
  expect(await fleet.leases()).toHaveLength(1);
  expect((await fleet.join().deleteGroup('g')).changed).toBe(false);
  expect(holdersOf(fleet.nodes, 'g')).toEqual([]);
  await expect.poll(() => fleet.leases()).toEqual([]);
});

test('what another machine ended since, recovery of the own journal leaves alone', async () => {
  await using fleet = await startFleet({ steps: UNDO_FAILS });
  const journal = memoryJournal({ clock: fleet.clock });
  const one = fleet.join({ options: { journal, rollbackRetry: TWICE } });
  await rejectionOf(one.createGroup('g'));
  expect(await journal.openEntry('g')).toMatchObject({ state: 'unresolved', noted: true });
  // It is undone by another machine, which then makes a group of its own.
  expect((await fleet.join().createGroup('g')).nodes.map(({ outcome }) => outcome)).toEqual(
    ALL.map(() => 'created'),
  );
  expect(await one.recover()).toMatchObject({ unchanged: 1, ok: true });
  expect(await journal.openEntry('g')).toBeUndefined();
  expect(holdersOf(fleet.nodes, 'g')).toEqual(ALL);
});

test('recovery ends in the Lease what it ends in the journal', async () => {
  await using fleet = await startFleet({ steps: UNDO_FAILS });
  const journal = memoryJournal({ clock: fleet.clock });
  const one = fleet.join({ options: { journal, rollbackRetry: TWICE } });
  await rejectionOf(one.createGroup('g'));
  expect(await one.recover()).toMatchObject({ changed: 1, ok: true });
  expect(holdersOf(fleet.nodes, 'g')).toEqual([]);
  expect(await journal.openEntry('g')).toBeUndefined();
  await expect.poll(() => fleet.leases()).toEqual([]);
});

test('an intent that this client cannot end keeps it from writing, and stays', async () => {
  await using fleet = await startFleet({ steps: UNDO_FAILS });
  const one = fleet.join({ options: { rollbackRetry: TWICE } });
  await rejectionOf(one.createGroup('g'));
  const other = fleet.join({
    options: { dialect: 'header' },
  });
  expect(await rejectionOf(other.createGroup('g'))).toMatchObject({
    name: 'InconsistentClusterError',
    message: expect.stringContaining('written in the path dialect'),
  });
  expect(holdersOf(fleet.nodes, 'g')).toEqual(['node01']);
  await expect.poll(async () => (await fleet.leases())[0]?.spec?.holderIdentity).toBeUndefined();
  expect(await fleet.leases()).toHaveLength(1);
});

test('an attempt that the Lease may not outlast is not sent', async () => {
  await using fleet = await startFleet();
  const client = fleet.join({ options: { attemptTimeout: DURATION + 1 } });
  expect(await rejectionOf(client.createGroup('g'))).toMatchObject({
    name: 'NodeUnavailableError',
    cause: { code: 'LOCK_LOST', message: expect.stringContaining(`may take ${DURATION + 1} ms`) },
  });
  expect(holdersOf(fleet.nodes, 'g')).toEqual([]);
});

test.each([1, 2, 3])('at 20 % of failed API requests no group is left apart (seed %d)', async (seed) => {
  const kinds = [
    'error-before',
    'error-after',
    'reset-after',
    'too-many',
    'late-reset',
    'hang-after',
  ] as const;
  const rates = Object.fromEntries(kinds.map((kind) => [kind, 0.2 / kinds.length]));
  const apiFaults = FaultPlan.seeded(seed, { ...rates, retryAfter: 0, lateBy: 100 });
  await using fleet = await startFleet({ apiFaults });
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const runs = await Promise.all(
    [fleet.join(), fleet.join()].map((client) => client.createGroups(ids, { concurrency: 5 })),
  );
  for (const run of runs) expect(run.inconsistent).toBe(0);
  for (const id of ids) expect([[], ALL]).toContainEqual(holdersOf(fleet.nodes, id));
});
