import { expect, test } from 'vitest';
import { FileDropScheduler } from '../../src/file-drop/file-drop-scheduler.ts';
import { dropFileId, dropJobName } from '../../src/file-drop/file-id.ts';
import { collect, dropCluster, named } from './drop-cluster.ts';

const label = { labelSelector: 'app=file-drop-processor' };
const indexed = { mode: 'indexed' } as const;

test('one Indexed Job stands for the whole drop, and a file that failed has no index', async () => {
  const { drop, kube, store } = await dropCluster({}, indexed);
  const files = [named('a'), '/nowhere', named('c'), named('d')];
  const run = drop.schedule(files, { dropId: 'd1' });
  const items = await collect(run);
  expect(await run).toMatchObject({ done: 3, failed: 1, mode: 'indexed' });
  expect(items.filter(({ status }) => status === 'scheduled')).toHaveLength(3);
  const jobs = await collect(kube.list('jobs', label));
  expect(jobs.map(({ metadata }) => metadata?.name)).toEqual([dropJobName('d1')]);
  expect(jobs[0]?.spec).toMatchObject({ completions: 3, backoffLimitPerIndex: 0, completionMode: 'Indexed' });
  expect((await store.drop('d1'))?.indexed).toEqual({ count: 3, gaps: [1] });
});

test('a drop that was cut off before its Job is gone on with, and after it takes no other file', async () => {
  const { drop, kube, options } = await dropCluster({}, indexed);
  const stop = new AbortController();
  async function* files() {
    yield named('a');
    yield named('b');
    stop.abort();
    yield named('c');
  }
  const run = drop.schedule(files(), { dropId: 'd1', concurrency: 1, signal: stop.signal });
  const items = await collect(run);
  const summary = await run;
  expect(summary).toMatchObject({ done: 0, ok: false });
  expect(items.every(({ status }) => status === 'skipped')).toBe(true);
  expect(() => summary.rerun('skipped')).toThrow(/schedule all of them again with dropId 'd1'/);
  expect(await collect(kube.list('jobs', label))).toEqual([]);

  const all = ['a', 'b', 'c'].map((name) => named(name));
  expect(await drop.schedule(all, { dropId: 'd1' })).toMatchObject({ done: 3, ok: true });
  const again = await new FileDropScheduler(options).schedule([...all, named('d')], { dropId: 'd1' });
  expect(again).toMatchObject({ done: 3, failed: 1 });
  const jobs = await collect(kube.list('jobs', label));
  expect(jobs.map(({ spec }) => spec?.completions)).toEqual([3]);
});

test('a Job that is gone, by its time to live or deleteJobs, is not made again', async () => {
  let runs = 0;
  const processor = async () => {
    runs += 1;
  };
  const { drop, kube, options } = await dropCluster({ images: { 'acme/processor': processor } }, indexed);
  const files = [named('a'), named('b')];
  await drop.schedule(files, { dropId: 'd1' });
  expect(await drop.follow({ dropId: 'd1' })).toMatchObject({ succeeded: 2 });
  await drop.deleteJobs({ dropId: 'd1' });
  await expect.poll(() => collect(kube.list('jobs', label))).toEqual([]);
  const again = await new FileDropScheduler(options).schedule(files, { dropId: 'd1' });
  expect(again).toMatchObject({ done: 2, ok: true });
  expect(await collect(kube.list('jobs', label))).toEqual([]);
  expect(runs).toBe(2);
});

test('too many failures make no Job', async () => {
  const { drop, kube } = await dropCluster({}, indexed);
  const summary = await drop.schedule(['/no', '/no', named('a')], { concurrency: 1, failAbove: 1 });
  expect(summary).toMatchObject({ done: 0, failed: 2, skipped: 1 });
  expect(await collect(kube.list('jobs', label))).toEqual([]);
});

test('auto takes an Indexed Job above a number of files, and a drop keeps its mode', async () => {
  const { drop, options } = await dropCluster({}, { mode: 'auto', indexedAbove: 2 });
  const few = [named('a'), named('b')];
  const many = [...few, named('c')];
  expect(await drop.schedule(few, { dropId: 'few' })).toMatchObject({ mode: 'job', done: 2 });
  expect(await drop.schedule(many, { dropId: 'many' })).toMatchObject({ mode: 'indexed', done: 3 });
  const other = new FileDropScheduler({ ...options, mode: 'job' });
  await expect(other.schedule(many, { dropId: 'many' })).rejects.toThrow(/was begun in mode 'indexed'/);
});

test('an Indexed Job has no rate, and needs the url where a file is asked for', async () => {
  const { drop, options } = await dropCluster({}, indexed);
  expect(() => drop.schedule([], { rate: 1 })).toThrow(/rate: has no use with one Job/);
  const without = { ...options, fileUrl: (id: string) => `http://x/${id}` };
  expect(() => new FileDropScheduler(without)).toThrow(/dropUrl: is missing/);
});

test('each pod learns its file by its index', async () => {
  const learned: unknown[] = [];
  const processor = async ({ env }: { env: Record<string, string> }) => {
    const answer = await fetch(`${env['DROP']}/${env['JOB_COMPLETION_INDEX']}`);
    learned.push(await answer.json());
  };
  const { drop, kube } = await dropCluster({ images: { 'acme/processor': processor } }, indexed);
  await drop.schedule(['/no', named('b'), '/no', named('d')], { dropId: 'd1' });
  for await (const event of kube.watch('jobs', label)) {
    if (event.type !== 'synced' && event.object.status?.succeeded === 2) break;
  }
  expect(learned).toHaveLength(2);
  expect(learned).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: dropFileId('d1', 1), filename: 'b' }),
      expect.objectContaining({ id: dropFileId('d1', 3), filename: 'd' }),
    ]),
  );
});
