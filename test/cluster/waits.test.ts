import { expect, test } from 'vitest';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import { type Arrival, type MemoryCluster, memoryCluster, silent } from './memory-cluster.ts';

type Answer = (
  sent: Arrival,
  earlier: readonly Arrival[],
) => ReturnType<NonNullable<MemoryCluster['answer']>>;

const refused = () => Response.json({ error: 'not for you' }, { status: 403 });
const busy = (retryAfter?: string) =>
  Response.json(
    { error: 'busy' },
    { status: 429, ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }) },
  );
const count = (sent: readonly Arrival[], method: string) =>
  sent.filter((one) => one.method === method).length;

/** A create on two nodes of the path dialect by a virtual clock. A node answers itself where no other answer is given. */
async function create(answers: Partial<Record<string, Answer>>, options: ClusterClientOptions = {}) {
  const { client, clock, arrivals } = memoryCluster({
    answer: (arrival) => {
      const earlier = arrivals.filter((other) => other.node === arrival.node && other !== arrival);
      return answers[arrival.node]?.(arrival, earlier);
    },
    options: {
      retry: { attempts: 3, baseDelay: 10, maxDelay: 15, jitter: 'none' },
      rollbackRetry: { attempts: 4, baseDelay: 200, maxDelay: 600, jitter: 'none' },
      ...options,
    },
  });
  const ended = await clock.run(
    client.createGroup('g').then(
      (result) => ({ result, error: undefined, at: clock.monotonic() }),
      (error: Error) => ({ result: undefined, error, at: clock.monotonic() }),
    ),
  );
  const times = (node: string, method: string) =>
    arrivals.filter((one) => one.node === node && one.method === method).map(({ at }) => at);
  return { ...ended, sent: arrivals, times, pending: clock.pending };
}

/** Refuses the create, so that the other node's is undone. */
const turns: Answer = (sent) => (sent.method === 'POST' ? refused() : undefined);

/** Is busy for so many undos. */
const undoBusy =
  (times: number, retryAfter?: string): Answer =>
  (sent, earlier) =>
    sent.method === 'DELETE' && count(earlier, 'DELETE') < times ? busy(retryAfter) : undefined;

test('attempts to go forward are as far apart as retry says', async () => {
  const { times, result } = await create({
    one: (sent, earlier) => (sent.method === 'POST' && count(earlier, 'POST') < 2 ? busy() : undefined),
  });
  expect(result?.changed).toBe(true);
  expect(times('one', 'POST')).toEqual([0, 10, 25]);
});

test('attempts to undo are as far apart as rollbackRetry says', async () => {
  const { times, error } = await create({ one: undoBusy(3), two: turns });
  expect(error?.name).toBe('RolledBackError');
  expect(times('one', 'DELETE')).toEqual([0, 200, 600, 1_200]);
});

test('with full jitter a delay is drawn below its ceiling', async () => {
  const { times } = await create(
    { one: undoBusy(2), two: turns },
    { random: () => 0.25, rollbackRetry: { attempts: 4, baseDelay: 200, maxDelay: 600 } },
  );
  expect(times('one', 'DELETE')).toEqual([0, 50, 150]);
});

test.each([
  ['longer than the delay is waited for', '3', [0, 3_000]],
  ['shorter than the delay changes nothing', '0', [0, 200]],
])('a Retry-After of an undo that is %s', async (_, retryAfter, expected) => {
  const { times } = await create({ one: undoBusy(1, retryAfter), two: turns });
  expect(times('one', 'DELETE')).toEqual(expected);
});

test('a Retry-After counts for the next attempt only', async () => {
  const { times } = await create({
    one: (sent, earlier) => {
      if (sent.method !== 'DELETE' || count(earlier, 'DELETE') >= 2) return undefined;
      return busy(count(earlier, 'DELETE') === 0 ? '2' : undefined);
    },
    two: turns,
  });
  expect(times('one', 'DELETE')).toEqual([0, 2_000, 2_400]);
});

test('a look that hangs is cut at once where the operation has failed elsewhere', async () => {
  const { error, at, sent, pending } = await create({ one: silent, two: refused });
  expect(error?.name).toBe('NodeUnavailableError');
  expect(error?.message).toContain('wrote nothing: two failed');
  expect(at).toBe(0);
  expect(sent.map(({ node, signal }) => [node, signal.aborted])).toEqual([
    ['one', true],
    ['two', false],
  ]);
  expect(pending).toBe(0);
});

test('a wait for the next look ends at once where the operation has failed elsewhere', async () => {
  const long = { attempts: 3, baseDelay: 9_000, maxDelay: 9_000, jitter: 'none' } as const;
  const { error, at, times, pending } = await create(
    { one: () => busy('20'), two: (_, earlier) => (earlier.length === 0 ? busy() : refused()) },
    { retry: long },
  );
  expect(error?.name).toBe('NodeUnavailableError');
  expect(at).toBe(9_000);
  expect(times('one', 'GET')).toEqual([0]);
  expect(pending).toBe(0);
});

test('a wait for the next write ends at once where another node refuses', async () => {
  const { error, at, times, pending } = await create(
    {
      one: (sent) => (sent.method === 'POST' ? busy('20') : undefined),
      two: (sent, earlier) => {
        if (sent.method !== 'POST') return undefined;
        return count(earlier, 'POST') === 0 ? busy() : refused();
      },
    },
    { retry: { attempts: 3, baseDelay: 10, maxDelay: 10, jitter: 'none' } },
  );
  expect(error?.name).toBe('RolledBackError');
  expect(at).toBe(10);
  expect(times('one', 'POST')).toEqual([0]);
  expect(pending).toBe(0);
});
