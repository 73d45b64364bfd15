import { tracingChannel } from 'node:diagnostics_channel';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { FileDropScheduler } from '../../src/file-drop/file-drop-scheduler.ts';
import { dropFileId } from '../../src/file-drop/file-id.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { Image } from '../../src/testing/mini-kubernetes/kubelet/image.ts';
import { handClock } from '../http/loopback.ts';
import { collect, dropCluster, folder, HOSTILE_NAMES, named, TOKEN } from './drop-cluster.ts';

const MODES = ['job', 'indexed'] as const;
const JOBS = '/apis/batch/v1/namespaces/default/jobs';
const label = { labelSelector: 'app=file-drop-processor' };

test('paths, Blobs, streams, async iterables and bytes each become a stored file and a Job', async () => {
  const { drop, kube, store } = await dropCluster();
  const path = join(await folder(), 'on-disk.pdf');
  await writeFile(path, 'from disk');
  async function* iterable() {
    yield Buffer.from('itera');
    yield Buffer.from('ble');
  }
  const files = [
    path,
    { name: 'blob', body: new Blob(['blob']) },
    { name: 'stream', body: new Blob(['stream']).stream() },
    { name: 'iterable', body: iterable() },
    named('bytes'),
  ];
  const run = drop.schedule(files, { dropId: 'd1' });
  const items = await collect(run);
  const summary = await run;
  expect(summary).toMatchObject({
    done: 5,
    failed: 0,
    skipped: 0,
    ok: true,
    dropId: 'd1',
    mode: 'job',
    bytes: 32,
  });
  expect(items.map(({ id }) => id).sort()).toEqual([0, 1, 2, 3, 4].map((at) => dropFileId('d1', at)).sort());
  const jobs = await collect(kube.list('jobs', label));
  expect(jobs.map(({ metadata }) => metadata?.name).sort()).toEqual(items.map(({ job }) => job).sort());
  expect(await store.get(dropFileId('d1', 0))).toMatchObject({ filename: 'on-disk.pdf', scheduled: true });
});

test('a bad file has an item that says why and stops no other', async () => {
  const { drop, kube } = await dropCluster();
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('some');
    throw new Error('broken');
  }
  const files = [
    '/nowhere/at/all.pdf',
    named('good'),
    { name: 'broken', body: broken() },
    { name: '', body: Buffer.from('x') },
    { name: 'n'.repeat(5_000), body: Buffer.from('x') },
    { name: 'text', body: new Blob(['x']).stream().pipeThrough(new TextDecoderStream()) },
    42,
    null,
    named('good too'),
  ] as never[];
  const run = drop.schedule(files);
  const items = await collect(run);
  expect(await run).toMatchObject({ done: 2, failed: 7, ok: false });
  expect(
    items
      .filter(({ status }) => status === 'scheduled')
      .map(({ filename }) => filename)
      .sort(),
  ).toEqual(['good', 'good too']);
  expect(items.find(({ filename }) => filename === 'all.pdf')?.error?.message).toMatch(/ENOENT/);
  expect(await collect(kube.list('jobs', label))).toHaveLength(2);
});

test('what a drop has is not stored and not scheduled again, whatever was cut off', async () => {
  const { drop, kube, store, options, directory } = await dropCluster();
  const files = ['a', 'b', 'c', 'd'].map((name) => named(name));
  await drop.schedule(files.slice(0, 2), { dropId: 'd1' });
  // As if killed between the create and the note of it; and between the store and the create.
  await rm(join(directory, 'scheduled', dropFileId('d1', 1)));
  const [, second] = files;
  await store.put(
    { id: dropFileId('d1', 2), dropId: 'd1', position: 2, filename: 'c' },
    new Blob(['c']).stream(),
  );
  const before = await collect(kube.list('jobs', label));
  const again = await new FileDropScheduler(options).schedule(
    [named('a', 'changed'), second ?? '', ...files.slice(2)],
    { dropId: 'd1' },
  );
  expect(again).toMatchObject({ done: 4, ok: true });
  const after = await collect(kube.list('jobs', label));
  expect(after).toHaveLength(4);
  const uids = new Set(after.map(({ metadata }) => metadata?.uid));
  expect(before.every(({ metadata }) => uids.has(metadata?.uid))).toBe(true);
  expect((await store.get(dropFileId('d1', 0)))?.size).toBe(1);
});

test('other files under the id of a drop are refused, one by one', async () => {
  const { drop } = await dropCluster();
  await drop.schedule([named('a'), named('b')], { dropId: 'd1' });
  const items = await collect(drop.schedule([named('b'), named('b')], { dropId: 'd1' }));
  const refused = items.find(({ status }) => status === 'failed');
  expect(items.map(({ status }) => status).sort()).toEqual(['failed', 'scheduled']);
  expect(refused?.error?.message).toMatch(/position 0 of this drop is a file with another name/);
});

test('what rerun gives keeps its place, so that it becomes the same Jobs', async () => {
  const { drop, kube } = await dropCluster();
  const path = join(await folder(), 'late.pdf');
  const first = await drop.schedule([named('a'), path, named('c')], { dropId: 'd1' });
  expect(first.failed).toBe(1);
  await writeFile(path, 'here now');
  const second = await drop.schedule(first.rerun('failed'), { dropId: 'd1' });
  expect(second).toMatchObject({ done: 1, ok: true });
  const names = (await collect(kube.list('jobs', label))).map(({ metadata }) => metadata?.name);
  expect(names.sort()).toEqual([0, 1, 2].map((at) => dropFileId('d1', at)).sort());
});

test('every file has one Job though the API answers 500, 429 and resets at random', async () => {
  const faults = FaultPlan.seeded(7, {
    'reset-before': 0.1,
    'reset-after': 0.1,
    'too-many': 0.05,
    'error-after': 0.1,
    'error-before': 0.1,
  });
  const { drop, kube } = await dropCluster({ faults });
  const files = Array.from({ length: 100 }, (_, index) => named(`${index}`));
  const summary = await drop.schedule(files, { concurrency: 10 });
  expect(summary).toMatchObject({ done: 100, ok: true });
  expect(await collect(kube.list('jobs', label))).toHaveLength(100);
});

test('the token stands in the Secret and nowhere else', async () => {
  const heard: unknown[] = [];
  const hear = (...said: unknown[]) => heard.push(said);
  const logger = { debug: hear, info: hear, warn: hear, error: hear };
  const events: unknown[] = [];
  const note = (name: string) => (message: unknown) => events.push([name, message]);
  const subscriber = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  };
  const channel = tracingChannel('holdfast:job');
  channel.subscribe(subscriber);
  onTestFinished(() => void channel.unsubscribe(subscriber));
  const refused = FaultPlan.script([{ method: 'POST', key: JOBS, fault: 'expired', times: 1 }]);
  const speaks: Image = async ({ env, log }) => {
    log(`sent with ${env['API_TOKEN']}`);
    return 1;
  };
  const images = { 'acme/processor': speaks };
  const { drop, kube } = await dropCluster({ faults: refused, images }, { logger });
  const run = drop.schedule([named('a'), named('b'), '/nowhere'], { dropId: 'd1', concurrency: 1 });
  const items = await collect(run);
  expect(await run).toMatchObject({ done: 1, failed: 2 });
  const pods = await collect(drop.follow({ dropId: 'd1' }));
  const jobs = await collect(kube.list('jobs', label));
  expect(heard).not.toEqual([]);
  expect(events).toContainEqual(['start', expect.objectContaining({ operation: 'create' })]);
  expect(events).toContainEqual([
    'error',
    expect.objectContaining({ job: dropFileId('d1', 0), error: expect.objectContaining({ status: 410 }) }),
  ]);
  expect(pods).toMatchObject([{ log: ['sent with <redacted>'] }]);
  const everything = [items, await run, jobs, pods, await drop.pods(), heard, events, drop];
  const seen = inspect(everything, { depth: 20, showHidden: true, maxStringLength: null });
  expect(seen).not.toContain(TOKEN);
  expect(seen).not.toContain(Buffer.from(TOKEN).toString('base64'));
  const [secret] = await collect(kube.list('secrets', label));
  expect(Buffer.from(secret?.data?.['token'] ?? '', 'base64').toString()).toBe(TOKEN);
});

test('a resumed drop gets the newer token', async () => {
  const { drop, kube, options } = await dropCluster();
  await drop.schedule([named('a')], { dropId: 'd1' });
  await new FileDropScheduler({ ...options, apiToken: 'newer' }).schedule([named('a')], { dropId: 'd1' });
  const secrets = await collect(kube.list('secrets', label));
  expect(secrets.map(({ data }) => Buffer.from(data?.['token'] ?? '', 'base64').toString())).toEqual([
    'newer',
  ]);
});

test.each(['', ' x', 'x\ny', 'tökén'])(
  'a token that no header can carry is refused and not shown',
  (apiToken) => {
    const options = { apiToken, kube: {}, store: {}, image: 'x', fileUrl: 'http://x', apiUrl: 'http://x' };
    expect(() => new FileDropScheduler(options as never)).toThrow(/apiToken: expected a token \(printable/);
  },
);

test('hostile names are stored as they are and arrive in the container as text', async () => {
  const arrived: (string | undefined)[] = [];
  const processor = async ({ env }: { env: Record<string, string> }) => {
    arrived.push(env['FILENAME']);
  };
  const { drop, kube } = await dropCluster({ images: { 'acme/processor': processor } });
  const items = await collect(drop.schedule(HOSTILE_NAMES.map((name) => named(name, 'x'))));
  expect(items.map(({ filename }) => filename).sort()).toEqual([...HOSTILE_NAMES].sort());
  expect(items.every(({ status }) => status === 'scheduled')).toBe(true);
  const ended = new Set<string>();
  for await (const event of kube.watch('jobs', label)) {
    if (event.type !== 'synced' && event.object.status?.succeeded === 1)
      ended.add(event.object.metadata?.name ?? '');
    if (ended.size === HOSTILE_NAMES.length) break;
  }
  expect(arrived.sort()).toEqual(HOSTILE_NAMES.map((name) => name.replace('\0', '\ufffd')).sort());
});

test('Jobs are created no faster than the rate asked for', async () => {
  const { drop, options } = await dropCluster();
  expect(() => drop.schedule([], { rate: 0 })).toThrow(/rate: expected a number of files per second above 0/);
  const clock = handClock();
  const stop = new AbortController();
  const waits = Promise.withResolvers<void>();
  const setTimer: typeof clock.setTimer = (callback, delay) => {
    const cancel = clock.setTimer(callback, delay);
    if (clock.delays.length === 2) waits.resolve();
    return cancel;
  };
  const run = new FileDropScheduler({ ...options, clock: { ...clock, setTimer } }).schedule(
    ['a', 'b', 'c'].map((name) => named(name)),
    { rate: 4, signal: stop.signal },
  );
  const items = collect(run);
  await waits.promise;
  expect(clock.delays).toEqual([250, 500]);
  clock.fire();
  expect((await items).map(({ status }) => status)).toEqual(['scheduled', 'scheduled', 'scheduled']);
});

test('an aborted signal ends the wait for bytes that never come, and schedules nothing more', async () => {
  const { drop, kube } = await dropCluster();
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const hanging = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        asked.resolve();
        return new Promise<never>(() => undefined);
      },
    }),
  };
  const run = drop.schedule([{ name: 'hangs', body: hanging }, named('b')], {
    concurrency: 1,
    signal: stop.signal,
  });
  const items = collect(run);
  await asked.promise;
  stop.abort();
  expect((await items).map(({ status }) => status)).toEqual(['skipped', 'skipped']);
  expect(await run).toMatchObject({ done: 0, skipped: 2 });
  expect(await collect(kube.list('jobs', label))).toEqual([]);
});

test('a drop whose Secret is refused rejects, for none of its files could run', async () => {
  const tokens = { t: { user: 'u', allow: [{ verbs: ['create', 'list'], resources: ['jobs'] }] } };
  const { drop } = await dropCluster({ tokens });
  await expect(drop.schedule([named('a')])).rejects.toMatchObject({ name: 'KubernetesError', status: 403 });
});

test.each(MODES)(
  'no file runs again whose Job is deleted after a kill left it unmarked: %s',
  async (mode) => {
    const { drop, kube, store, options } = await dropCluster({}, { mode });
    const markScheduled = async () => {
      throw new Error('killed');
    };
    const killed = new FileDropScheduler({ ...options, store: { ...store, markScheduled } });
    await collect(killed.schedule([named('a')], { dropId: 'd1' })).catch(() => undefined);
    expect(await collect(kube.list('jobs', label))).toHaveLength(1);
    expect(await drop.deleteJobs({ dropId: 'd1' })).toEqual({ deleted: 1 });
    await expect.poll(() => collect(kube.list('jobs', label))).toEqual([]);
    expect(await drop.schedule([named('a')], { dropId: 'd1' })).toMatchObject({ done: 1, ok: true });
    expect(await collect(kube.list('jobs', label))).toEqual([]);
  },
);
