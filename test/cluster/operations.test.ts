import { tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RecoverOptions } from '../../src/cluster/bulk-options.ts';
import type { BulkSummary, GroupOutcome } from '../../src/cluster/bulk-result.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import { ConfigError, TimeoutError } from '../../src/core/errors.ts';
import type { Lock } from '../../src/core/lock.ts';
import type { Run } from '../../src/core/run.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { broken, entryOf, journalWith, memoryCluster, silent } from './memory-cluster.ts';

const lockThat = (acquire: Lock['acquire']): Lock => ({ acquire });
const free: Lock['acquire'] = async () => ({
  lost: new AbortController().signal,
  release: async () => undefined,
});

async function outcomesOf(clock: VirtualClock, run: Run<GroupOutcome, BulkSummary>): Promise<GroupOutcome[]> {
  const outcomes: GroupOutcome[] = [];
  await clock.run(
    (async () => {
      for await (const outcome of run) outcomes.push(outcome);
    })(),
  );
  return outcomes;
}

const recovered = ({ clock, client }: ReturnType<typeof memoryCluster>, options?: RecoverOptions) =>
  outcomesOf(clock, client.recover(options));

describe('the lock of a group', () => {
  test.each<[string, unknown, string]>([
    ['was not free in time', new TimeoutError('too late'), 'another operation on it did not end in time'],
    [
      'was not free in time for a reason of its own',
      new TimeoutError('too late', { cause: new Error('no network') }),
      'its lock could not be had',
    ],
    ['cannot be asked', new Error('gone'), 'its lock could not be had'],
  ])('that %s keeps the operation from sending anything', async (_, failure, words) => {
    const {
      client,
      failure: failureOf,
      sent,
    } = memoryCluster({
      options: { lock: lockThat(() => Promise.reject(failure)) },
    });
    const error = await failureOf(client.createGroup('g'));
    expect(error).toMatchObject({ name: 'NodeUnavailableError', cause: failure, nodes: [], attempts: [] });
    expect(error.message).toContain(words);
    expect(sent()).toEqual([]);
  });

  test('that refuses what it is given says so itself', async () => {
    const refusal = new ConfigError([{ path: 'prefix', message: 'is no name' }]);
    const { client, failure } = memoryCluster({ options: { lock: lockThat(() => Promise.reject(refusal)) } });
    expect(await failure(client.createGroup('g'))).toBe(refusal);
  });

  test('is waited for until the deadline of the call, else that of the client', async () => {
    const deadlines: number[] = [];
    const { client, clock } = memoryCluster({
      options: {
        deadline: 7_000,
        lock: lockThat((key, options) => {
          deadlines.push(options.deadline);
          return free(key, options);
        }),
      },
    });
    await clock.run(client.createGroup('g'));
    await clock.run(client.createGroup('g', { deadline: 300 }));
    expect(deadlines).toEqual([7_000, 300]);
  });

  test('is not asked for by a call that was aborted before', async () => {
    let asked = 0;
    const reason = new Error('enough');
    const { client, failure, sent } = memoryCluster({
      options: {
        lock: lockThat((key, options) => {
          asked++;
          return free(key, options);
        }),
      },
    });
    expect(await failure(client.createGroup('g', { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(asked).toBe(0);
    expect(sent()).toEqual([]);
  });

  test('is no longer waited for once the call is aborted', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { client, failure } = memoryCluster({
      options: {
        lock: lockThat((_, { signal }) => {
          stop.abort(reason);
          return Promise.reject(signal?.reason);
        }),
      },
    });
    expect(await failure(client.createGroup('g', { signal: stop.signal }))).toBe(reason);
  });

  test('that fails while the call is aborted is the failure', async () => {
    const stop = new AbortController();
    const { client, failure } = memoryCluster({
      options: {
        lock: lockThat(() => {
          stop.abort(new Error('enough'));
          return Promise.reject(new Error('gone'));
        }),
      },
    });
    expect(await failure(client.createGroup('g', { signal: stop.signal }))).toMatchObject({
      name: 'NodeUnavailableError',
      cause: { message: 'gone' },
    });
  });

  test('of the journal comes before the one that is given', async () => {
    const order: string[] = [];
    const lock = (name: string) =>
      lockThat((key, options) => {
        order.push(name);
        return free(key, options);
      });
    const journal = { ...memoryJournal(), lock: lock('journal') };
    const { client, clock } = memoryCluster({ options: { journal, lock: lock('given') } });
    await clock.run(client.createGroup('g'));
    expect(order).toEqual(['journal', 'given']);
  });
});

describe('a journal', () => {
  test('that cannot be read keeps the operation from sending anything', async () => {
    const cause = new Error('the disk is gone');
    const journal = { ...memoryJournal(), openEntry: () => Promise.reject(cause) };
    const { client, failure, sent } = memoryCluster({ options: { journal } });
    const error = await failure(client.createGroup('g'));
    expect(error).toMatchObject({ name: 'NodeUnavailableError', cause });
    expect(error.message).toContain('its journal could not be read');
    expect(sent()).toEqual([]);
  });

  test('that refuses its file says so itself', async () => {
    const refusal = new ConfigError([{ path: 'fileJournal', message: 'is no journal' }]);
    const journal = { ...memoryJournal(), openEntry: () => Promise.reject(refusal) };
    const { client, failure } = memoryCluster({ options: { journal } });
    expect(await failure(client.createGroup('g'))).toBe(refusal);
  });

  test('is asked once by an operation that finds nothing open', async () => {
    const asked: string[] = [];
    const inner = memoryJournal();
    const journal = {
      ...inner,
      openEntry: (groupId: string) => {
        asked.push(groupId);
        return inner.openEntry(groupId);
      },
    };
    const { client, clock } = memoryCluster({ options: { journal } });
    await clock.run(client.createGroup('g'));
    expect(asked).toEqual(['g']);
  });
});

test('an operation that finds every node as wanted writes nothing down', async () => {
  const told: string[] = [];
  const note = (what: string) => async () => void told.push(what);
  const journal = { ...memoryJournal(), begin: note('begin'), end: note('end') };
  const { client, clock } = memoryCluster({ has: { one: true, two: true }, options: { journal } });
  expect(await clock.run(client.createGroup('g'))).toMatchObject({ changed: false });
  expect(told).toEqual([]);
});

describe('what is unresolved', () => {
  test('is named to the next operation on the group, with the ways out, and nothing is sent', async () => {
    const journal = await journalWith(entryOf(), { state: 'unresolved' });
    const { client, failure, sent } = memoryCluster({ options: { journal } });
    const other = { node: 'one', outcome: 'deleted', attempts: 1, operationId: '1700000000.000009' } as const;
    for (const call of [
      () => client.createGroup('g'),
      () => client.deleteGroup('g'),
      () => client.rollbackDelete('g', [other]),
    ]) {
      const error = await failure(call());
      expect(error).toMatchObject({
        name: 'InconsistentClusterError',
        operation: 'create',
        operationId: '1700000000.000001',
        nodes: [
          { node: 'one', outcome: 'unknown' },
          { node: 'two', outcome: 'unknown' },
        ],
      });
      expect(error.message).toContain(
        'operation 1700000000.000001 is unresolved in the journal; end it first',
      );
    }
    expect(sent()).toEqual([]);
  });

  test('is ended by a rollback of its own, at once', async () => {
    const journal = await journalWith(entryOf(), { state: 'unresolved', unsettledUntil: 9e15 });
    const { client, clock, held, arrivals } = memoryCluster({
      has: { one: true },
      options: { journal, settle: 500 },
    });
    const node = { node: 'one', outcome: 'created', attempts: 1, operationId: '1700000000.000001' } as const;
    const result = await clock.run(client.rollbackCreate('g', [node]));
    expect(result.nodes.map(({ outcome }) => outcome)).toEqual(['undone', 'untouched']);
    expect(held).toEqual({ one: false, two: false });
    expect(arrivals[0]?.at).toBe(0);
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('and took the place of another is that again once it is rolled back', async () => {
    const earlier = entryOf({ operation: 'delete', operationId: '1600000000.000001' });
    const journal = await journalWith(entryOf({ supersedes: earlier }), { state: 'unresolved' });
    const { client, clock } = memoryCluster({ has: { one: true }, options: { journal } });
    const node = { node: 'one', outcome: 'created', attempts: 1, operationId: '1700000000.000001' } as const;
    await clock.run(client.rollbackCreate('g', [node]));
    expect(await journal.openEntry('g')).toMatchObject({ ...earlier, state: 'unresolved' });
  });

  test('gives way to a repair, after all that was sent of it has settled', async () => {
    const journal = await journalWith(entryOf(), { state: 'unresolved', unsettledUntil: 0 });
    const { client, clock, arrivals, held } = memoryCluster({
      has: { one: true },
      options: { journal, settle: 500 },
    });
    await clock.run(client.repair(['g'], 'present'));
    expect(arrivals[0]?.at).toBe(500);
    expect(held).toEqual({ one: true, two: true });
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('and unsettled for longer is waited for as long by a repair', async () => {
    const { client, clock, arrivals } = memoryCluster({
      options: {
        settle: 500,
        journal: await journalWith(entryOf(), { state: 'unresolved', unsettledUntil: 1_767_225_600_800 }),
      },
    });
    await clock.run(client.repair(['g'], 'present'));
    expect(arrivals[0]?.at).toBe(800);
  });

  test('is closed by a repair that found every node right', async () => {
    const journal = await journalWith(entryOf(), { state: 'unresolved' });
    const { client, clock, sent } = memoryCluster({ has: { one: true, two: true }, options: { journal } });
    expect(await clock.run(client.repair(['g'], 'present'))).toMatchObject({ unchanged: 1 });
    expect(sent()).toEqual(['GET one', 'GET two']);
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('stays, as it was, where the repair is undone', async () => {
    const journal = await journalWith(entryOf(), { state: 'unresolved', owner: 'me' });
    const { client, clock } = memoryCluster({
      answer: ({ method, node }) => (method === 'POST' && node === 'two' ? broken() : undefined),
      options: { journal },
    });
    expect(await clock.run(client.repair(['g'], 'present'))).toMatchObject({ rolledBack: 1 });
    expect(await journal.openEntry('g')).toEqual({ ...entryOf(), state: 'unresolved' });
  });

  test('of some nodes that this client has, and some that are gone, gives way to a repair', async () => {
    const gone = { name: 'three', url: 'http://three.test', before: 'absent', write: true } as const;
    const journal = await journalWith(entryOf({ nodes: [...entryOf().nodes, gone] }), {
      state: 'unresolved',
    });
    const { client, clock, held } = memoryCluster({ options: { journal } });
    await clock.run(client.repair(['g'], 'present'));
    expect(held).toEqual({ one: true, two: true });
  });

  test('of another cluster is left alone by a repair', async () => {
    const nodes = [{ name: 'x', url: 'http://x.test', before: 'absent', write: true } as const];
    const journal = await journalWith(entryOf({ nodes }), { state: 'unresolved' });
    const { client, clock, sent } = memoryCluster({ options: { journal } });
    expect(await outcomesOf(clock, client.repair(['g'], 'present'))).toMatchObject([
      {
        status: 'inconsistent',
        error: { message: expect.stringContaining('(none of its nodes is one of this') },
      },
    ]);
    expect(sent()).toEqual([]);
  });
});

describe('what a dead owner left', () => {
  test('is undone before the next operation on the group, after all that was sent has settled', async () => {
    const journal = await journalWith(entryOf(), { state: 'abandoned' });
    const { client, clock, arrivals, held } = memoryCluster({
      has: { one: true },
      options: { journal, settle: 500 },
    });
    const result = await clock.run(client.createGroup('g'));
    expect(result.nodes.map(({ outcome }) => outcome)).toEqual(['created', 'created']);
    expect(arrivals[0]).toMatchObject({ node: 'one', method: 'DELETE', at: 500 });
    expect(held).toEqual({ one: true, two: true });
  });

  test('and this client cannot match is named, and nothing is sent', async () => {
    const journal = await journalWith(entryOf({ dialect: 'header' }), { state: 'abandoned' });
    const { client, failure, sent, clock } = memoryCluster({ options: { journal } });
    const error = await failure(client.createGroup('g'));
    expect(error.message).toContain('(it was written in the header dialect and this client speaks path)');
    expect(sent()).toEqual([]);
    expect(clock.monotonic()).toBe(0);
  });

  test('and cannot be undone is told as what it was, and costs what it cost', async () => {
    const journal = await journalWith(entryOf(), { state: 'abandoned' });
    const { client, clock } = memoryCluster({
      has: { one: true },
      answer: ({ method }) => (method === 'DELETE' ? broken() : undefined),
      options: { journal, settle: 1 },
    });
    const run = client.createGroups(['g']);
    expect(await outcomesOf(clock, run)).toMatchObject([
      { status: 'inconsistent', error: { operationId: '1700000000.000001', operation: 'create' } },
    ]);
    expect(await run).toMatchObject({ requests: 4, retries: 2 });
  });

  test('is undone though the caller gives up meanwhile, and the call ends with the reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const journal = await journalWith(entryOf(), { state: 'abandoned' });
    const { client, failure, held } = memoryCluster({
      has: { one: true, two: true },
      answer: ({ method }) => {
        if (method === 'DELETE') stop.abort(reason);
        return undefined;
      },
      options: { journal, settle: 1 },
    });
    expect(await failure(client.createGroup('g', { signal: stop.signal }))).toBe(reason);
    expect(held).toEqual({ one: false, two: false });
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('is not waited for once the caller gives up', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const journal = await journalWith(entryOf(), { state: 'abandoned' });
    const { client, failure, clock, sent } = memoryCluster({ options: { journal, settle: 5_000 } });
    const call = failure(client.createGroup('g', { signal: stop.signal }));
    clock.setTimer(() => stop.abort(reason), 100);
    expect(await call).toBe(reason);
    expect(clock.monotonic()).toBe(100);
    expect(sent()).toEqual([]);
  });

  test('keeps the group to itself for as long as its undo may come late', async () => {
    const journal = await journalWith(entryOf(), { state: 'abandoned' });
    let cut = false;
    const { client, clock, arrivals } = memoryCluster({
      has: { one: true, two: true },
      answer: ({ method, node }) => {
        if (method !== 'DELETE' || node !== 'one' || cut) return undefined;
        cut = true;
        return Promise.reject(new TypeError('fetch failed', { cause: new Error('reset') }));
      },
      options: { journal, settle: 500 },
    });
    await clock.run(client.createGroup('g'));
    const next = clock.run(client.deleteGroup('g'));
    await next;
    const undo = arrivals.find(({ method }) => method === 'DELETE');
    const look = arrivals.findLast(({ method }) => method === 'GET');
    expect(Number(look?.at) - Number(undo?.at)).toBeGreaterThanOrEqual(500);
  });
});

describe('recover()', () => {
  test('leaves what a living owner is at to it, after a moment', async () => {
    const inner = await journalWith(entryOf(), { state: 'running' });
    const deadlines: number[] = [];
    const lock = lockThat((_, { deadline }) => {
      deadlines.push(deadline);
      return Promise.reject(new TimeoutError('too late'));
    });
    const cluster = memoryCluster({ options: { journal: { ...inner, lock }, settle: 500 } });
    const [outcome] = await recovered(cluster);
    expect(outcome?.status).toBe('skipped');
    expect(outcome?.error?.message).toContain('another operation on it did not end in time');
    expect(deadlines).toEqual([50]);
    expect(cluster.sent()).toEqual([]);
  });

  test('waits for the group of a dead owner as long as any operation does', async () => {
    const deadlines: number[] = [];
    const lock = lockThat((key, options) => {
      deadlines.push(options.deadline);
      return free(key, options);
    });
    const inner = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    const cluster = memoryCluster({ options: { journal: { ...inner, lock }, settle: 500, deadline: 7_000 } });
    expect(await recovered(cluster)).toMatchObject([{ status: 'unchanged' }]);
    expect(deadlines).toEqual([7_000]);
    expect(cluster.arrivals[0]?.at).toBe(500);
  });

  test('takes what others have ended since as done, with nothing of its own', async () => {
    const inner = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    const cluster = memoryCluster({ options: { journal: { ...inner, openEntry: async () => undefined } } });
    expect(await recovered(cluster)).toMatchObject([
      {
        status: 'unchanged',
        result: {
          operation: 'create',
          groupId: 'g',
          operationId: '1700000000.000001',
          changed: false,
          nodes: [],
        },
      },
    ]);
    expect(cluster.sent()).toEqual([]);
  });

  test('says which entry it left alone, and why', async () => {
    const journal = await journalWith(entryOf({ dialect: 'header' }), { state: 'abandoned', owner: 'dead' });
    const cluster = memoryCluster({ options: { journal } });
    const [outcome] = await recovered(cluster);
    expect(outcome).toMatchObject({
      status: 'skipped',
      error: { name: 'NodeUnavailableError', groupId: 'g' },
    });
    expect(outcome?.error?.message).toContain(
      'its journal entry is left as it is: it was written in the header',
    );
    expect(await journal.openEntry('g')).toBeDefined();
  });

  test('leaves an entry alone that has become one of another cluster meanwhile', async () => {
    const inner = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    const openEntry = async () => ({ ...entryOf({ dialect: 'header' }), state: 'abandoned' as const });
    const cluster = memoryCluster({ options: { journal: { ...inner, openEntry } } });
    const [outcome] = await recovered(cluster);
    expect(outcome?.status).toBe('skipped');
    expect(cluster.sent()).toEqual([]);
  });

  test('waits once more for an entry whose owner has died since it began', async () => {
    const inner = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    const openEntry = async (groupId: string) => {
      const open = await inner.openEntry(groupId);
      return open === undefined ? undefined : { ...open, owner: 'another' };
    };
    const cluster = memoryCluster({ options: { journal: { ...inner, openEntry }, settle: 500 } });
    await recovered(cluster);
    expect(cluster.arrivals[0]?.at).toBe(1_000);
  });

  test('ends what took the place of an entry, and then that', async () => {
    const earlier = entryOf({ operationId: '1600000000.000001' });
    const journal = await journalWith(entryOf({ supersedes: earlier }), {
      state: 'abandoned',
      owner: 'dead',
    });
    const cluster = memoryCluster({ has: { one: true }, options: { journal, settle: 500 } });
    expect(await recovered(cluster)).toMatchObject([
      { status: 'unchanged', result: { operationId: '1600000000.000001' } },
    ]);
    expect(await journal.openEntry('g')).toBeUndefined();
    expect(cluster.held).toEqual({ one: false, two: false });
  });

  test('counts all that it sent', async () => {
    const journal = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    const { client, clock } = memoryCluster({
      has: { one: true },
      answer: ({ method, node, at }) =>
        method === 'DELETE' && node === 'one' && at === 500 ? broken() : undefined,
      options: { journal, settle: 500 },
    });
    expect(await clock.run(client.recover())).toMatchObject({ changed: 1, requests: 3, retries: 1 });
  });

  test('keeps a group to itself for as long as what it sent may come late', async () => {
    const journal = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    let cutAt: number | undefined;
    const { client, clock, arrivals, held } = memoryCluster({
      answer: ({ method, at }) => {
        if (method !== 'POST' || cutAt !== undefined) return undefined;
        cutAt = at;
        return Promise.reject(new TypeError('fetch failed', { cause: new Error('reset') }));
      },
      options: { journal, settle: 500 },
    });
    expect(await clock.run(client.recover({ resolve: 'finish' }))).toMatchObject({ changed: 1 });
    expect(held).toEqual({ one: true, two: true });
    await clock.run(client.deleteGroup('g'));
    const looks = arrivals.filter(({ method }) => method === 'GET').map(({ at }) => at);
    expect(looks.at(-1)).toBe(Number(cutAt) + 500);
  });

  test('does not wait for the group of an entry that it will leave alone', async () => {
    const inner = await journalWith(entryOf({ dialect: 'header' }), { state: 'abandoned', owner: 'dead' });
    let asked = 0;
    const lock = lockThat((key, options) => {
      asked++;
      return free(key, options);
    });
    const cluster = memoryCluster({ options: { journal: { ...inner, lock } } });
    expect(await recovered(cluster)).toMatchObject([{ status: 'skipped' }]);
    expect(asked).toBe(0);
  });

  test('says so where its lock refuses what it is given', async () => {
    const refusal = new ConfigError([{ path: 'prefix', message: 'is no name' }]);
    const journal = await journalWith(entryOf(), { state: 'abandoned', owner: 'dead' });
    const cluster = memoryCluster({ options: { journal, lock: lockThat(() => Promise.reject(refusal)) } });
    expect(await recovered(cluster)).toEqual([{ groupId: 'g', status: 'unavailable', error: refusal }]);
  });
});

describe('what is told of an operation', () => {
  const told = () => {
    const said: { level: string; message: string; details?: object | undefined }[] = [];
    const say = (level: string) => (message: string, details?: object) =>
      void said.push({ level, message, details });
    return {
      said,
      logger: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    };
  };

  test.each([
    ['changed', {}, 4, 0],
    ['unchanged', { one: true, two: true }, 2, 0],
  ] as const)('says that it came out %s, and what it cost', async (outcome, has, requests, retries) => {
    const { said, logger } = told();
    const seen: object[] = [];
    const channel = tracingChannel('holdfast:cluster.operation');
    const subscriber = { asyncEnd: (event: object) => void seen.push(event) };
    channel.subscribe(subscriber as never);
    onTestFinished(() => channel.unsubscribe(subscriber as never));
    const { client, clock } = memoryCluster({ has, options: { logger } });
    const { operationId } = await clock.run(client.createGroup('g'));
    const details = { operation: 'create', groupId: 'g', operationId, outcome, requests, retries };
    expect(said.at(-1)).toEqual({ level: 'debug', message: `create of group "g": ${outcome}`, details });
    expect(seen).toEqual([expect.objectContaining(details)]);
  });

  test('says of one that was aborted in time that it was', async () => {
    const { said, logger } = told();
    const stop = new AbortController();
    const { client, failure } = memoryCluster({
      answer: () => {
        stop.abort(new Error('enough'));
        return silent();
      },
      options: { logger },
    });
    await failure(client.deleteGroup('g', { signal: stop.signal }));
    expect(said.at(-1)).toMatchObject({
      level: 'debug',
      message: 'delete of group "g" was aborted in time',
      details: { operation: 'delete', outcome: 'aborted', requests: 2, retries: 0 },
    });
  });
});
