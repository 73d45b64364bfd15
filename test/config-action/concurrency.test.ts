import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import type { ActionOptions } from '../../src/config-action/action-options.ts';
import type { CallResult } from '../../src/config-action/call.ts';
import type { PodSource } from '../../src/config-action/pod-source.ts';
import { eagerClock } from './eager-clock.ts';
import { actionOn, collect, ok, sourceOf, startPods } from './pods.ts';

const named = (results: readonly CallResult[]) => results.map(({ call }) => `${call.pod} ${call.request}`);
const shown = (results: readonly CallResult[]) => results.map(({ status }) => status);

/** Pods that answer when the test says so: `pod-1 two`. */
async function startHeld(count: number) {
  const held = new Map<string, ServerResponse>();
  const waiting = new Set<() => void>();
  const pods = await startPods(count, (pod, { url = '' }, response) => {
    held.set(`pod-${pod} ${url.slice(1)}`, response);
    for (const wake of waiting) wake();
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    ...pods,
    /** Resolves when just these wait for their answers. */
    asked: async (...calls: readonly string[]) => {
      await until(() => held.size >= calls.length);
      // One that should not be there would come now.
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      expect([...held.keys()].sort()).toEqual([...calls].sort());
    },
    answer: (call: string) => {
      const response = held.get(call);
      if (response === undefined) throw new Error(`${call} was not asked`);
      held.delete(call);
      response.end('OK');
    },
  };
}

type Held = Awaited<ReturnType<typeof startHeld>>;

function begin(pods: Held, loop: string, options: ActionOptions): Promise<CallResult[]> {
  const action = actionOn({ port: pods.port, requests: ['one', 'two'], action: { loop_order: loop } });
  return collect(action.run(sourceOf(pods), options));
}

it('keeps the requests of a pod in order while pods are side by side', async () => {
  const pods = await startHeld(3);
  const results = begin(pods, 'foreach_pod_make_all_requests', { concurrency: 2 });
  await pods.asked('pod-0 one', 'pod-1 one');
  pods.answer('pod-1 one');
  await pods.asked('pod-0 one', 'pod-1 two');
  pods.answer('pod-1 two');
  await pods.asked('pod-0 one', 'pod-2 one');
  pods.answer('pod-0 one');
  await pods.asked('pod-0 two', 'pod-2 one');
  pods.answer('pod-2 one');
  await pods.asked('pod-0 two', 'pod-2 two');
  pods.answer('pod-0 two');
  pods.answer('pod-2 two');
  expect(named(await results)).toEqual([
    'pod-0 one',
    'pod-0 two',
    'pod-1 one',
    'pod-1 two',
    'pod-2 one',
    'pod-2 two',
  ]);
});

it('begins a request when all pods have had the one before', async () => {
  const pods = await startHeld(3);
  const results = begin(pods, 'foreach_request_target_each_pod', { concurrency: 4 });
  await pods.asked('pod-0 one', 'pod-1 one', 'pod-2 one');
  pods.answer('pod-2 one');
  pods.answer('pod-1 one');
  await pods.asked('pod-0 one');
  pods.answer('pod-0 one');
  await pods.asked('pod-0 two', 'pod-1 two', 'pod-2 two');
  for (const pod of [2, 0, 1]) pods.answer(`pod-${pod} two`);
  expect(named(await results)).toEqual([
    'pod-0 one',
    'pod-1 one',
    'pod-2 one',
    'pod-0 two',
    'pod-1 two',
    'pod-2 two',
  ]);
});

it('ramps up by batches, the last of which repeats', async () => {
  const pods = await startHeld(10);
  const action = actionOn({ port: pods.port });
  const results = collect(action.run(sourceOf(pods), { concurrency: 10, batches: [1, 2, '30%'] }));
  for (const batch of [[0], [1, 2], [3, 4, 5], [6, 7, 8], [9]]) {
    const calls = batch.map((pod) => `pod-${pod} one`);
    await pods.asked(...calls);
    for (const call of calls) pods.answer(call);
  }
  expect(await results).toHaveLength(10);
});

it.each(['foreach_pod_make_all_requests', 'foreach_request_target_each_pod'])(
  'ramps up by batches where the calls are given, too (%s)',
  async (loop_order) => {
    const pods = await startHeld(6);
    const action = actionOn({ port: pods.port, action: { loop_order } });
    const calls = await action.plan(sourceOf(pods));
    const results = collect(action.run(sourceOf(pods), { concurrency: 6, batches: [1, '50%'], calls }));
    for (const batch of [[0], [1, 2, 3], [4, 5]]) {
      const asked = batch.map((pod) => `pod-${pod} one`);
      await pods.asked(...asked);
      for (const call of asked) pods.answer(call);
    }
    expect(await results).toHaveLength(6);
  },
);

it('waits between the end of a call and the one that takes its place', async () => {
  const clock = eagerClock(5_000);
  const pods = await startPods(4, ok);
  const action = actionOn({ port: pods.port });
  await action.run(sourceOf(pods), { clock, delayBetweenRequests: 250 });
  expect(clock.waits).toEqual([250, 250, 250]);
});

it('stops above failAbove and tells the rest as skipped', async () => {
  const pods = await startPods(8, (pod, _request, response) => response.writeHead(pod < 4 ? 500 : 200).end());
  const action = actionOn({ port: pods.port });
  const run = action.run(sourceOf(pods), { failAbove: '25%' });
  const results = await collect(run);
  expect(shown(results)).toEqual([...Array<string>(3).fill('failed'), ...Array<string>(5).fill('skipped')]);
  expect(results.map(({ call }) => call.pod)).toEqual(pods.pods.map(({ name }) => name));
  expect(results[7]).toMatchObject({ attempts: 0, durationMs: 0 });
  expect(pods.seen).toHaveLength(3);
  const summary = await run;
  expect(summary).toMatchObject({ done: 0, failed: 3, skipped: 5, ok: false });
  expect(summary.rerun('skipped').map(({ pod }) => pod)).toEqual([
    'pod-3',
    'pod-4',
    'pod-5',
    'pod-6',
    'pod-7',
  ]);
});

it('makes again what a summary gives, with the secrets that the plan does not show', async () => {
  let bad = true;
  const tokens: (string | undefined)[] = [];
  const pods = await startPods(3, (pod, request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(bad && pod !== 1 ? 500 : 200).end();
  });
  const action = actionOn({ port: pods.port, endpoint: { headers: { authorization: 'Bearer s3cret' } } });
  const first = await action.run(sourceOf(pods));
  const failed = first.rerun('failed');
  expect(failed).toMatchObject([
    { pod: 'pod-0', headers: { authorization: '<redacted>' } },
    { pod: 'pod-2', headers: { authorization: '<redacted>' } },
  ]);
  bad = false;
  const calls = JSON.parse(JSON.stringify(failed)) as typeof failed;
  expect(await action.run(sourceOf(pods), { calls })).toMatchObject({ done: 2, ok: true });
  expect(pods.seen.slice(3)).toEqual(['pod-0 GET /one', 'pod-2 GET /one']);
  expect(new Set(tokens)).toEqual(new Set(['Bearer s3cret']));
});

it('refuses to make again what is no call of the action', async () => {
  const pods = await startPods(1, ok);
  const action = actionOn({ port: pods.port });
  const [call] = await action.plan(sourceOf(pods));
  if (call === undefined) throw new Error('no call');
  const run = action.run(sourceOf(pods), { calls: [{ ...call, request: 'other' }] });
  await expect(run.then()).rejects.toThrow('options.calls[0]: is no call of the action an-action');
});

it.each([
  ['GET', 'skipped'],
  ['POST', 'ok'],
])('an abort cuts a %s or waits for it', async (type, status) => {
  const stop = new AbortController();
  const pods = await startPods(3, (_pod, _request, response) => {
    stop.abort(new Error('enough'));
    // A read is cut long before.
    if (type === 'POST') setImmediate(() => response.end('OK'));
  });
  const action = actionOn({ port: pods.port, endpoint: { type } });
  const run = action.run(sourceOf(pods), { signal: stop.signal });
  const results = await collect(run);
  expect(results[0]?.status).toBe(status);
  expect(pods.seen).toHaveLength(1);
  expect(await run).toMatchObject({ ok: false, failed: 0 });
});

it('an abort ends the wait for another attempt, and what failed has failed', async () => {
  const stop = new AbortController();
  const pods = await startPods(1, (_pod, _request, response) => response.writeHead(503).end('busy'));
  const action = actionOn({ port: pods.port, request: { retries: 5, retry_delay: 1000 } });
  const run = action.run(sourceOf(pods), {
    signal: stop.signal,
    logger: {
      ...console,
      debug: (text) => text.endsWith('503') && setImmediate(() => stop.abort()),
      warn: () => undefined,
    },
  });
  expect(await collect(run)).toMatchObject([{ status: 'failed', attempts: 1, response: { status: 503 } }]);
});

it('begins nothing more when the loop is left', async () => {
  const pods = await startPods(50, ok);
  const run = actionOn({ port: pods.port }).run(sourceOf(pods));
  for await (const { call } of run) if (call.pod === 'pod-2') break;
  expect(await run).toMatchObject({ ok: false });
  expect(pods.seen.length).toBeLessThanOrEqual(4);
});

it('is no faster than its reader', async () => {
  const pods = await startPods(50, ok);
  const run = actionOn({ port: pods.port }).run(sourceOf(pods), { concurrency: 3 });
  const results = run[Symbol.asyncIterator]();
  await results.next();
  for (let turn = 0; turn < 1_000; turn += 1) await new Promise(setImmediate);
  // Calls that end before the first one is told go on at once; then each of the three waits for the reader.
  expect(pods.seen.length).toBeLessThanOrEqual(10);
  await results.return?.();
});

it('rejects where the pods cannot be read on, after what was begun has ended', async () => {
  const pods = await startPods(2, ok);
  const action = actionOn({ port: pods.port });
  const source = {
    async *select(...given: Parameters<ReturnType<typeof sourceOf>['select']>) {
      yield* sourceOf(pods).select(...given);
      throw new Error('the list broke off');
    },
  };
  const run = action.run(source);
  const seen: string[] = [];
  const loop = async () => {
    for await (const { call } of run) seen.push(call.pod);
  };
  await expect(loop()).rejects.toThrow('the list broke off');
  expect(seen).toEqual(['pod-0', 'pod-1']);
});

it.each<[ActionOptions, string]>([
  [{ concurrency: 0 }, 'options.concurrency'],
  [{ batches: [0] }, 'options.batches[0]'],
  [{ batches: ['0%'] }, "expected a whole number of at least 1 or a share such as '20%'"],
  [{ via: 'api-proxy' }, 'needs pods of a cluster'],
  [{ shard: { index: 0, of: 2 }, calls: [] }, 'options.shard: has no use with calls'],
  [{ transport: 'undici', fetch }, 'options.fetch'],
  [{ deadline: 0 }, 'options.deadline'],
])('refuses the options %o at once', (options, says) => {
  const action = actionOn({ port: 80 });
  expect(() => action.run(sourceOf({ pods: [], port: 80, seen: [] }), options)).toThrow(says);
});

it.each<[string, unknown, string]>([
  ['a list of pods', [{ name: 'a', ip: '127.1.0.0' }], 'Array'],
  ['nothing', undefined, 'undefined'],
  ['an object without select', { list: () => [] }, 'Object'],
])('refuses %s as the source of the pods at once, and says what to pass', async (_name, pods, received) => {
  const action = actionOn({ port: 80 });
  const says =
    `pods: expected a source of pods, received ${received}; ` +
    'pass staticPods([{ name, ip }]) or kubernetesPods(kube)';
  const refused = expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) });
  expect(() => action.run(pods as PodSource)).toThrow(refused);
  await expect(action.plan(pods as PodSource)).rejects.toEqual(refused);
});
