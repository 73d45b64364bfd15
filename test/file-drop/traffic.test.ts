import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Progress } from '../../src/core/run-options.ts';
import { dropFileId } from '../../src/file-drop/file-id.ts';
import type { ProcessorPod } from '../../src/file-drop/processor-pod.ts';
import type { Kubernetes } from '../../src/kube/kubernetes.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { Image } from '../../src/testing/mini-kubernetes/kubelet/image.ts';
import { countTraffic } from './count-traffic.ts';
import { collect, dropCluster, named, TOKEN } from './drop-cluster.ts';

const image = (processor: Image) => ({ images: { 'acme/processor': processor } });

/** Fails for the files named `bad`. */
const processor: Image = async ({ env, log }) => {
  log(`sending ${env['FILENAME']} with ${env['API_TOKEN']}`);
  return env['FILENAME'] === 'bad' ? 3 : 0;
};
const untilStopped: Image = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(143), { once: true }));

test('follow tells how each file ended and sums up', async () => {
  const { drop, store } = await dropCluster(image(processor));
  const files = ['a', 'bad', 'c'].map((name) => named(name));
  await drop.schedule(files, { dropId: 'd1', rate: 1_000 });
  const run = drop.follow({ dropId: 'd1' });
  const items = await collect(run);
  const summary = await run;
  expect(items.map(({ filename, phase }) => `${filename} ${phase}`).sort()).toEqual([
    'a Succeeded',
    'bad Failed',
    'c Succeeded',
  ]);
  expect(summary).toMatchObject({ succeeded: 2, failed: 1, ok: false, rate: { asked: 1_000 } });
  expect(summary.failures).toMatchObject([
    { filename: 'bad', reason: 'Error (exit code 3)', log: ['sending bad with <redacted>'] },
  ]);
  for (const durations of [summary.waiting, summary.running]) {
    expect(Object.keys(durations)).toEqual(['p50', 'p90', 'p99']);
  }
  expect(inspect([items, summary], { depth: 9 })).not.toContain(TOKEN);
  expect(await store.read(dropFileId('d1', 0))).toBeUndefined();
});

test('follow tells how many files started in a second, at least, though all started in the same one', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = { ...systemClock, now: () => now };
  const { drop } = await dropCluster({ ...image(processor), clock });
  const rateOf = async (dropId?: string) => (await drop.follow({ dropId })).rate;
  await drop.schedule([named('a')], { dropId: 'one' });
  expect(await rateOf()).toEqual({});
  await drop.schedule([named('b'), named('c')], { dropId: 'two' });
  expect(await rateOf()).toEqual({ reached: 2 });
  now += 6_000;
  await drop.schedule([named('d')], { dropId: 'later' });
  expect(await rateOf()).toEqual({ reached: 0.5 });
});

test('follow tells each index of an Indexed Job by the name of its file', async () => {
  const bad: Image = async ({ env }) => (env['JOB_COMPLETION_INDEX'] === '1' ? 1 : 0);
  const { drop } = await dropCluster(image(bad), { mode: 'indexed' });
  await drop.schedule(
    ['/no', 'a', 'b', 'c'].map((name) => (name === '/no' ? name : named(name))),
    { dropId: 'd1' },
  );
  const run = drop.follow();
  const items = await collect(run);
  expect(items.map(({ id, filename, phase }) => [id, filename, phase]).sort()).toEqual(
    [
      [dropFileId('d1', 1), 'a', 'Succeeded'],
      [dropFileId('d1', 2), 'b', 'Failed'],
      [dropFileId('d1', 3), 'c', 'Succeeded'],
    ].sort(),
  );
  expect(await run).toMatchObject({ succeeded: 2, failed: 1 });
});

test('follow asks for no Job or pod by itself where the watches tell all', async () => {
  const { drop, kubernetes } = await dropCluster(image(processor));
  const files = Array.from({ length: 60 }, (_, index) => named(`${index}`));
  await drop.schedule(files);
  await expect
    .poll(async () => (await drop.pods()).filter(({ phase }) => phase === 'Succeeded').length)
    .toBe(60);
  const traffic = countTraffic(kubernetes.url);
  expect(await drop.follow()).toMatchObject({ succeeded: 60 });
  // A list and a watch of each.
  expect(traffic().requests).toBeLessThanOrEqual(4);
});

test.each(['job', 'indexed'] as const)(
  'a file whose Job takes longer than its deadline has failed, with that reason, in mode %s',
  async (mode) => {
    const { drop, store } = await dropCluster(image(untilStopped), { mode, job: { deadlineSeconds: 1 } });
    const files = ['a', 'b'].map((name) => named(name));
    await drop.schedule(files, { dropId: 'd1' });
    const run = drop.follow({ dropId: 'd1' });
    const items = await collect(run);
    expect(items.map(({ filename, phase }) => `${filename} ${phase}`).sort()).toEqual([
      'a Failed',
      'b Failed',
    ]);
    const summary = await run;
    expect(summary).toMatchObject({ succeeded: 0, failed: 2, ok: false });
    expect(summary.failures.map(({ reason }) => reason)).toEqual(['DeadlineExceeded', 'DeadlineExceeded']);
    expect(await store.read(dropFileId('d1', 1))).toBeUndefined();
  },
);

test('follow tells every file once though watches break and pods start twice', async () => {
  const faults = FaultPlan.seeded(3, {
    'reset-after': 0.1,
    'error-after': 0.1,
    expired: 0.05,
    truncated: 0.05,
  });
  const { drop } = await dropCluster({ ...image(processor), faults });
  const files = Array.from({ length: 40 }, (_, index) => named(index % 10 === 0 ? 'bad' : `${index}`));
  // An answer of 410 is a refusal, which only another call can better.
  let summary = await drop.schedule(files, { dropId: 'd1' });
  for (let calls = 1; !summary.ok && calls < 10; calls += 1) {
    summary = await drop.schedule(summary.rerun('failed'), { dropId: 'd1' });
  }
  const items = await collect(drop.follow({ dropId: 'd1' }));
  expect(new Set(items.map(({ id }) => id)).size).toBe(40);
  expect(items).toHaveLength(40);
  expect(items.filter(({ phase }) => phase === 'Failed')).toHaveLength(4);
});

test('follow tells of a Job that is deleted, and of one that was gone before', async () => {
  const { drop, kube } = await dropCluster(image(untilStopped));
  await drop.schedule(
    ['a', 'b'].map((name) => named(name)),
    { dropId: 'd1' },
  );
  const propagationPolicy = 'Foreground' as const;
  await kube.delete('jobs', dropFileId('d1', 0), { propagationPolicy });
  const watching = drop.watch({ dropId: 'd1' })[Symbol.asyncIterator]();
  for (;;) {
    const { value } = await watching.next();
    if (value?.phase === 'Running' && value.filename === 'b') break;
  }
  await watching.return?.();
  const run = drop.follow({ dropId: 'd1' });
  const items = collect(run);
  await kube.delete('jobs', dropFileId('d1', 1), { propagationPolicy });
  expect((await items).map(({ filename }) => filename).sort()).toEqual(['a', 'b']);
  expect((await items).every(({ phase }) => phase !== 'Succeeded')).toBe(true);
  expect(await run).toMatchObject({ succeeded: 0, failed: 2, ok: false });
});

test('a loop over follow can be left, and an aborted signal ends it', async () => {
  const { drop } = await dropCluster(
    image(async (container) => (container.env['FILENAME'] === 'a' ? 0 : untilStopped(container))),
  );
  await drop.schedule(['a', 'b'].map((name) => named(name)));
  for await (const pod of drop.follow()) {
    expect(pod.filename).toBe('a');
    break;
  }
  const stop = new AbortController();
  const run = drop.follow({ signal: stop.signal, onProgress: () => stop.abort() });
  expect(await run).toMatchObject({ succeeded: 1 });
});

/** `a` ends well at once, the others run on. */
const onlyA: Image = async (container) => {
  const { FILENAME, JOB_COMPLETION_INDEX } = container.env;
  return FILENAME === 'a' || JOB_COMPLETION_INDEX === '0' ? 0 : untilStopped(container);
};

/** Resolves once both watches have told what there is. */
function listsRead(kube: Kubernetes): Promise<void> {
  const read = Promise.withResolvers<void>();
  let waiting = 2;
  const watch = kube.watch.bind(kube) as (...of: unknown[]) => AsyncIterable<{ type: string }>;
  const watched = (...of: unknown[]) => {
    const events = watch(...of)[Symbol.asyncIterator]();
    let last: IteratorResult<{ type: string }> | undefined;
    const next = async () => {
      // Who asks for the next event has taken this one in.
      if (last?.value?.type === 'synced') waiting -= 1;
      if (waiting === 0) read.resolve();
      last = await events.next();
      return last;
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: () => events.return?.() }) };
  };
  vi.spyOn(kube, 'watch').mockImplementation(watched as never);
  return read.promise;
}

test.each([
  ['job', 'd1'],
  ['job', undefined],
  ['indexed', 'd1'],
  ['indexed', undefined],
] as const)(
  'files that have not ended when follow is stopped are skipped, in mode %s of drop %s',
  async (mode, dropId) => {
    const { drop, kube } = await dropCluster(image(onlyA), { mode });
    await drop.schedule(
      ['a', 'b', 'c'].map((name) => named(name)),
      { dropId: 'd1' },
    );
    const running = async () => (await drop.pods()).filter(({ phase }) => phase === 'Running').length;
    await expect.poll(running).toBe(2);
    const stop = new AbortController();
    const first = Promise.withResolvers<void>();
    void Promise.all([first.promise, listsRead(kube)]).then(() => stop.abort());
    const seen: Progress[] = [];
    const onProgress = (progress: Progress) => {
      seen.push(progress);
      first.resolve();
    };
    const run = drop.follow({ dropId, signal: stop.signal, onProgress });
    const items = await collect(run);
    const summary = await run;
    expect(summary).toMatchObject({ done: 1, succeeded: 1, failed: 0, skipped: 2, ok: false, failures: [] });
    expect(items.map(({ filename, phase }) => `${filename} ${phase}`).sort()).toEqual([
      'a Succeeded',
      'b Running',
      'c Running',
    ]);
    const ids = summary.rerun('skipped').map(({ id }) => id);
    expect(ids.sort()).toEqual([dropFileId('d1', 1), dropFileId('d1', 2)].sort());
    expect(seen.at(-1)).toEqual({ done: 1, failed: 0, skipped: 2, inFlight: 0 });
  },
);

test('files are skipped where the loop over follow is left, and all may have ended well by then', async () => {
  const { drop } = await dropCluster(image(onlyA));
  await drop.schedule([named('a'), named('b')], { dropId: 'd1' });
  await drop.schedule([named('a'), named('a')], { dropId: 'd2' });
  const leave = async (dropId: string, after: number) => {
    const run = drop.follow({ dropId, rerunLimit: 1 });
    let told = 0;
    for await (const _ of run) {
      told += 1;
      if (told === after) break;
    }
    return run;
  };
  const left = await leave('d1', 1);
  expect(left).toMatchObject({ done: 1, skipped: 1, ok: false });
  expect(left.rerun('skipped')).toMatchObject([{ id: dropFileId('d1', 1), filename: 'b' }]);
  expect(await leave('d2', 2)).toMatchObject({ done: 2, skipped: 0, ok: true });
});

test.each(['job', 'indexed'] as const)(
  'the files of Jobs whose pods are not there yet are skipped, in mode %s',
  async (mode) => {
    // As under Kueue: a suspended Job has no pods.
    const { drop, kube } = await dropCluster(image(onlyA), { mode, job: { queueName: 'later' } });
    await drop.schedule([named('b'), named('c')], { dropId: 'd1' });
    const stop = new AbortController();
    void listsRead(kube).then(() => stop.abort());
    const summary = await drop.follow({ signal: stop.signal });
    expect(summary).toMatchObject({ done: 0, skipped: 2, ok: false });
    const names = summary.rerun('skipped').map(({ filename, phase }) => `${filename} ${phase}`);
    expect(names.sort()).toEqual(['b Pending', 'c Pending']);
  },
);

test('a follow that is stopped before it knew what there is was not ok', async () => {
  const { drop } = await dropCluster(image(onlyA));
  await drop.schedule([named('a'), named('b')], { dropId: 'd1' });
  const signal = AbortSignal.abort();
  expect(await drop.follow({ signal })).toMatchObject({ done: 0, failed: 0, skipped: 0, ok: false });
  expect(await drop.follow({ signal, dropId: 'nope' })).toMatchObject({ skipped: 0, ok: false });
  // What is scheduled of one drop the store tells.
  const summary = await drop.follow({ signal, dropId: 'd1' });
  expect(summary).toMatchObject({ done: 0, failed: 0, skipped: 2, ok: false });
  expect(summary.rerun('skipped')).toMatchObject([{ phase: 'Unknown' }, { phase: 'Unknown' }]);
});

test('too many failures skip the files that have not ended', async () => {
  const { drop } = await dropCluster(
    image(async (container) => (container.env['FILENAME'] === 'bad' ? 3 : untilStopped(container))),
  );
  await drop.schedule([named('bad'), named('b')], { dropId: 'd1' });
  const summary = await drop.follow({ dropId: 'd1', failAbove: 0 });
  expect(summary).toMatchObject({ done: 0, failed: 1, skipped: 1, ok: false });
});

test('follow ends at once where nothing was scheduled', async () => {
  const { drop } = await dropCluster();
  expect(await drop.follow()).toMatchObject({ succeeded: 0, ok: true });
});

test.each(['job', 'indexed'] as const)(
  'follow refuses a drop of which nothing is known, and takes an empty one, in mode %s',
  async (mode) => {
    const { drop, kube, store } = await dropCluster(image(processor), { mode });
    async function* unread() {
      yield named('never asked for');
    }
    await drop.schedule([named('a')], { dropId: 'load-test-7' });
    const refused = {
      name: 'HoldfastError',
      code: 'DROP_UNKNOWN',
      message: expect.stringContaining("'nope'"),
    };
    await expect(drop.follow({ dropId: 'nope' })).rejects.toMatchObject(refused);
    await expect(collect(drop.follow({ dropId: 'nope' }))).rejects.toMatchObject(refused);

    const { dropId } = await drop.schedule([]);
    expect(await drop.follow({ dropId })).toMatchObject({ done: 0, ok: true });
    await drop.schedule(unread(), { dropId: 'stopped', signal: AbortSignal.abort() });
    expect(await store.drop('stopped')).toBeUndefined();
    await drop.schedule(['/no'], { dropId: 'none-stored' });
    expect(await drop.follow({ dropId: 'none-stored' })).toMatchObject({ done: 0, ok: true });

    await drop.follow({ dropId: 'load-test-7' });
    await drop.deleteJobs();
    await expect.poll(() => collect(kube.list('jobs'))).toEqual([]);
    await store.removeBefore(new Date(Date.now() + 60_000));
    await expect(drop.follow({ dropId: 'load-test-7' })).rejects.toThrow('store and cluster know nothing');
  },
);

test('watch tells the phases of each pod and its deletion, pods tells what is there', async () => {
  const { drop } = await dropCluster(image(processor));
  const seen: string[] = [];
  const ended = Promise.withResolvers<void>();
  const stop = new AbortController();
  const watching = (async () => {
    for await (const pod of drop.watch({ signal: stop.signal })) {
      seen.push(pod.deleted ? 'deleted' : pod.phase);
      if (pod.phase === 'Succeeded') ended.resolve();
      if (pod.deleted) break;
    }
  })();
  await drop.schedule([named('a')], { dropId: 'd1' });
  await ended.promise;
  const [pod, ...others] = await drop.pods();
  expect(others).toEqual([]);
  expect(pod satisfies ProcessorPod | undefined).toMatchObject({
    id: dropFileId('d1', 0),
    filename: 'a',
    phase: 'Succeeded',
    job: dropFileId('d1', 0),
  });
  expect(await drop.pods({ dropId: 'other' })).toEqual([]);
  expect(await drop.deleteJobs()).toEqual({ deleted: 1 });
  await watching;
  expect(seen.at(-1)).toBe('deleted');
  expect(seen).toContain('Pending');
});

test('deleteJobs deletes one drop with its Secret and bytes, and never makes its files run again', async () => {
  const { drop, kube, store } = await dropCluster(image(processor));
  await drop.schedule([named('a')], { dropId: 'd1' });
  await drop.schedule([named('b')], { dropId: 'd2' });
  await drop.follow();
  expect(await drop.deleteJobs({ dropId: 'd1' })).toEqual({ deleted: 1 });
  expect(await collect(kube.list('secrets', { labelSelector: 'app=file-drop-processor' }))).toHaveLength(1);
  expect(await store.read(dropFileId('d1', 0))).toBeUndefined();
  for await (const event of kube.watch('jobs', { labelSelector: 'holdfast/drop=d1' })) {
    if (event.type === 'deleted' || event.type === 'synced') break;
  }
  expect(await drop.schedule([named('a')], { dropId: 'd1' })).toMatchObject({ done: 1 });
  expect(await drop.pods({ dropId: 'd2' })).toHaveLength(1);
  const again = await collect(kube.list('jobs', { labelSelector: 'holdfast/drop=d1' }));
  expect(again.every(({ metadata }) => metadata?.deletionTimestamp !== undefined)).toBe(true);
});
