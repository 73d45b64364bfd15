import { describe, expect, test } from 'vitest';
import { type BulkWork, runBulk } from '../../src/cluster/bulk.ts';
import type { BulkOptions } from '../../src/cluster/bulk-options.ts';
import type { GroupOutcome } from '../../src/cluster/bulk-result.ts';
import { InconsistentClusterError, NodeUnavailableError, RolledBackError } from '../../src/cluster/errors.ts';
import type { GroupResult } from '../../src/cluster/result.ts';
import { ClosedError, ConfigError, HoldfastError } from '../../src/core/errors.ts';
import { virtualClock } from '../../src/testing/virtual-clock.ts';

type Operate = BulkWork['operate'];
type Context = Parameters<Operate>[1];

const failure = {
  groupId: 'g',
  operation: 'create',
  operationId: '1.5',
  nodes: [],
  attempts: [],
} as const;

const result = (groupId: string, changed = true): GroupResult => ({
  groupId,
  operation: 'create',
  operationId: '1.5',
  changed,
  nodes: [],
});

const changes: Operate = async (groupId) => result(groupId);
const fails =
  (error: unknown): Operate =>
  () =>
    Promise.reject(error);

const bulk = (ids: BulkWork['ids'], operate: Operate, options?: BulkOptions, clock = virtualClock()) =>
  runBulk({ ids, options, clock, operate });

/** By id, for they come in no order. */
const list = async (run: AsyncIterable<GroupOutcome>) => {
  const outcomes: GroupOutcome[] = [];
  for await (const outcome of run) outcomes.push(outcome);
  return outcomes.sort((one, other) => one.groupId.localeCompare(other.groupId));
};

/** Ends when the signal that has an operation undone aborts, and then so. */
const endsOn = (signal: AbortSignal | undefined, error: () => unknown) =>
  new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(error()), { once: true });
  });

describe('the outcome of a group', () => {
  test.each([
    ['changed', true],
    ['unchanged', false],
  ])('is %s, with its result, where the operation says so', async (status, changed) => {
    const outcomes = await list(bulk(['g'], async () => result('g', changed)));
    expect(outcomes).toEqual([{ groupId: 'g', status, result: result('g', changed) }]);
  });

  test.each([
    ['rolled-back', new RolledBackError('why', failure)],
    ['inconsistent', new InconsistentClusterError('why', failure)],
    ['unavailable', new NodeUnavailableError('why', failure)],
    ['unavailable', new ConfigError([{ path: 'ids[0]', message: 'is empty' }])],
  ])('is %s, with the error, after a %s', async (status, error) => {
    expect(await list(bulk(['g'], fails(error)))).toEqual([{ groupId: 'g', status, error }]);
  });

  test('is skipped, with the reason, where it was left alone', async () => {
    const leftAlone = new NodeUnavailableError('of a living owner', failure);
    const outcomes = await list(bulk(['g'], async () => ({ leftAlone })));
    expect(outcomes).toEqual([{ groupId: 'g', status: 'skipped', error: leftAlone }]);
  });
});

test('counts every kind, and gives what did not come out well to be run again', async () => {
  const ends: Record<string, () => Promise<GroupResult>> = {
    changed: async () => result('changed'),
    unchanged: async () => result('unchanged', false),
    undone: () => Promise.reject(new RolledBackError('why', failure)),
    silent: () => Promise.reject(new NodeUnavailableError('why', failure)),
    apart: () => Promise.reject(new InconsistentClusterError('why', failure)),
  };
  const times = { changed: 1, unchanged: 2, undone: 3, silent: 4, apart: 5 };
  const ids = Object.entries(times).flatMap(([id, count]) => Array<string>(count).fill(id));
  const summary = await bulk(ids, (id) => ends[id]?.() ?? Promise.reject(new Error(id)));
  expect(summary).toMatchObject({
    ...{ changed: 1, unchanged: 2, rolledBack: 3, unavailable: 4, inconsistent: 5 },
    ...{ done: 3, failed: 12, skipped: 0, ok: false },
  });
  expect(summary.rerun('failed')).toEqual(ids.slice(3));
  expect(summary.rerun('unknown')).toEqual(Array(5).fill('apart'));
});

test('adds up what the operations cost, however they end', async () => {
  const spend: Operate = async (groupId, { meter }) => {
    meter.requests += 3;
    meter.retries += 1;
    if (groupId === 'undone') throw new RolledBackError('why', failure);
    return result(groupId);
  };
  expect(await bulk(['g', 'undone'], spend)).toMatchObject({ requests: 6, retries: 2 });
  expect(await bulk([], spend)).toMatchObject({ requests: 0, retries: 0, ok: true });
});

test('every id is told its place in the list, where that is known', async () => {
  const told: string[] = [];
  const tell: Operate = async (groupId, { path }) => {
    told.push(`${path} ${groupId}`);
    return result(groupId);
  };
  await bulk(['x', 'y'], tell);
  await bulk(['z'], tell, { shard: { index: 0, of: 1 } });
  expect(told).toEqual(['ids[0] x', 'ids[1] y', 'ids z']);
});

test('only the ids of the shard are begun', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `group ${index}`);
  const parts = await Promise.all(
    [0, 1].map((index) => list(bulk(ids, changes, { shard: { index, of: 2 } }))),
  );
  for (const part of parts) expect(part.length).toBeGreaterThan(0);
  expect(parts.flatMap((part) => part.map(({ groupId }) => groupId)).sort()).toEqual(ids.toSorted());
});

test.each([
  ['the client is closed', new ClosedError('this ClusterClient')],
  ['something is broken', new TypeError('broken')],
])('where %s the run ends by it, and begins nothing more', async (_, error) => {
  let begun = 0;
  const operate: Operate = () => {
    begun += 1;
    return Promise.reject(error);
  };
  await expect(bulk(['g', 'h'], operate, { concurrency: 1 })).rejects.toBe(error);
  expect(begun).toBe(1);
});

describe('the signal of the run', () => {
  test.each([
    ['any reason', new Error('enough')],
    ['an error of the library', new HoldfastError('enough', { code: 'TEST' })],
  ])('skips what was not written to and what waits, for %s', async (_, reason) => {
    const stop = new AbortController();
    const operate: Operate = (groupId, { signal }) => {
      if (groupId === 'ended') return Promise.resolve(result(groupId));
      queueMicrotask(() => stop.abort(reason));
      return endsOn(signal, () => reason);
    };
    const run = bulk(['ended', 'begun', 'waits'], operate, { signal: stop.signal, concurrency: 1 });
    expect(await list(run)).toEqual([
      { groupId: 'begun', status: 'skipped' },
      { groupId: 'ended', status: 'changed', result: result('ended') },
      { groupId: 'waits', status: 'skipped' },
    ]);
    const summary = await run;
    expect(summary).toMatchObject({ done: 1, failed: 0, skipped: 2, unavailable: 0, ok: false });
    expect(summary.rerun('skipped')).toEqual(['begun', 'waits']);
  });

  test('does not hide what became of a group that was written to', async () => {
    const stop = new AbortController();
    const error = new RolledBackError('the caller aborted it', { ...failure, cause: 'enough' });
    const operate: Operate = (_, { signal }) => {
      queueMicrotask(() => stop.abort('enough'));
      return endsOn(signal, () => error);
    };
    const outcomes = await list(bulk(['g'], operate, { signal: stop.signal }));
    expect(outcomes).toEqual([{ groupId: 'g', status: 'rolled-back', error }]);
  });

  test('does not hide what breaks', async () => {
    const stop = new AbortController();
    const broken = new TypeError('broken');
    const operate: Operate = (_, { signal }) => {
      queueMicrotask(() => stop.abort(new Error('enough')));
      return endsOn(signal, () => broken);
    };
    await expect(bulk(['g'], operate, { signal: stop.signal })).rejects.toBe(broken);
  });

  test('is not there for an operation where the run has none', async () => {
    const contexts: Context[] = [];
    await bulk(['g'], async (groupId, context) => {
      contexts.push(context);
      return result(groupId);
    });
    expect(contexts[0]?.signal).toBeUndefined();
    expect(contexts[0]?.waitSignal.aborted).toBe(false);
  });
});

describe('a loop that is left', () => {
  /** Leaves at the first outcome; `second` is in flight then. */
  const leaveWith = async (second: (context: Context) => Promise<GroupResult>, options: BulkOptions = {}) => {
    const run = bulk(
      ['first', 'second', 'third'],
      (groupId, context) => (groupId === 'first' ? Promise.resolve(result(groupId)) : second({ ...context })),
      { concurrency: 2, ...options },
    );
    for await (const _ of run) break;
    return run;
  };

  test('lets an operation that writes come to its end', async () => {
    const seen: (boolean | undefined)[] = [];
    const stop = new AbortController();
    const summary = await leaveWith(
      async ({ signal, waitSignal }) => {
        await new Promise<void>((resolve) => {
          waitSignal.addEventListener('abort', () => resolve(), { once: true });
        });
        seen.push(signal?.aborted);
        return result('second');
      },
      { signal: stop.signal },
    );
    expect(seen).toEqual([false]);
    expect(summary).toMatchObject({ changed: 2, skipped: 1 });
  });

  test('skips an operation that waits for its group', async () => {
    const summary = await leaveWith(({ waitSignal }) => endsOn(waitSignal, () => waitSignal.reason));
    expect(summary).toMatchObject({ changed: 1, skipped: 2, failed: 0 });
  });

  test('can be aborted as well, which skips what was in flight and not written to', async () => {
    const stop = new AbortController();
    const summary = await leaveWith(
      ({ signal, waitSignal }) => {
        waitSignal.addEventListener('abort', () => stop.abort(new Error('enough')), { once: true });
        return endsOn(signal, () => signal?.reason);
      },
      { signal: stop.signal },
    );
    expect(summary).toMatchObject({ changed: 1, skipped: 2, failed: 0 });
  });
});

test('a group that waits outside gives its slot to another one', async () => {
  const order: string[] = [];
  let free = (): void => undefined;
  const freed = new Promise<void>((resolve) => {
    free = resolve;
  });
  const operate: Operate = async (groupId, { outside }) => {
    if (groupId === 'waits') await outside(freed);
    else free();
    order.push(groupId);
    return result(groupId);
  };
  await bulk(['waits', 'works'], operate, { concurrency: 1 });
  expect(order).toEqual(['works', 'waits']);
});

test('16 groups are worked on at once', async () => {
  const begun: string[] = [];
  const stop = new AbortController();
  const operate: Operate = (groupId, { signal }) => {
    if (begun.push(groupId) === 16) setImmediate(() => stop.abort());
    return endsOn(signal, () => signal?.reason);
  };
  const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
  expect(await bulk(ids, operate, { signal: stop.signal })).toMatchObject({ skipped: 20 });
  expect(begun).toEqual(ids.slice(0, 16));
});

test('wrong options and ids that are no list are refused at once', () => {
  expect(() => bulk([], changes, { paralel: 5 } as BulkOptions)).toThrow('options.paralel: is not an option');
  expect(() => bulk('abc', changes)).toThrow(/^ids: /);
});

test('says how long it took by the clock of the client', async () => {
  const clock = virtualClock();
  const operate: Operate = async (groupId) => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, 70));
    return result(groupId);
  };
  expect(await clock.run(bulk(['g'], operate, {}, clock))).toMatchObject({ durationMs: 70 });
});
