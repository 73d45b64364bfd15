import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { processorOptions } from '../../src/file-drop/processor-env.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { collect, dropCluster, HOSTILE_NAMES, named, TOKEN } from './drop-cluster.ts';
import { processorImage, rebuildApi } from './rebuild-api.ts';

test.each(['job', 'indexed'] as const)(
  'in mode %s every file arrives once for each start of its pod, though the API server fails at random',
  async (mode) => {
    const api = await rebuildApi();
    // The plan starts some pods twice: the API is then asked twice, and never otherwise.
    const { image, starts } = await processorImage();
    const faults = FaultPlan.seeded(11, { 'reset-after': 0.1, 'error-after': 0.1, 'too-many': 0.05 });
    const { drop } = await dropCluster(
      { images: { 'acme/processor': image }, faults },
      { mode, apiUrl: api.url },
    );
    const names = Array.from({ length: 50 }, (_, index) => (index === 20 ? 'bad' : `file ${index}`));
    const summary = await drop.schedule(
      names.map((name) => named(name)),
      { dropId: 'd1' },
    );
    expect(summary).toMatchObject({ done: 50, ok: true });
    const run = drop.follow({ dropId: 'd1' });
    const items = await collect(run);
    expect(await run).toMatchObject({ succeeded: 49, failed: 1 });
    expect(items.map(({ filename }) => filename).sort()).toEqual([...names].sort());
    expect(items.find(({ phase }) => phase === 'Failed')).toMatchObject({
      filename: 'bad',
      reason: 'Error (exit code 4)',
      log: expect.arrayContaining([expect.stringContaining('answered 422')]),
    });
    expect([...api.counts.keys()].sort()).toEqual([...names].sort());
    expect([...api.tokens]).toEqual([TOKEN]);
    expect([...api.counts.values()].sort()).toEqual([...starts.values()].sort());
  },
);

test.each(['job', 'indexed'] as const)('hostile names are text all the way in mode %s', async (mode) => {
  const api = await rebuildApi();
  const { image, outputDirectory } = await processorImage();
  const { drop, directory } = await dropCluster(
    { images: { 'acme/processor': image } },
    { mode, apiUrl: api.url },
  );
  const run = drop.schedule(HOSTILE_NAMES.map((name, at) => named(name, `content ${at}`)));
  const { dropId, done } = await run;
  expect(done).toBe(HOSTILE_NAMES.length);
  const pods = await collect(drop.follow({ dropId }));
  expect(pods.map(({ phase }) => phase)).toEqual(HOSTILE_NAMES.map(() => 'Succeeded'));
  const arrives = (name: string) => (mode === 'job' ? name.replace('\0', '\ufffd') : name);
  expect(pods.map(({ filename }) => filename).sort()).toEqual([...HOSTILE_NAMES].sort());
  // As browsers write names in forms (HTML, "multipart/form-data encoding algorithm"), other control characters as well.
  const inForm = (name: string) =>
    arrives(name).replace(/[\0\r\n"]/g, (character) => encodeURIComponent(character));
  for (const [at, name] of HOSTILE_NAMES.entries()) {
    expect(api.names.get(`content ${at}`)).toBe(inForm(name));
  }
  const written = [...(await readdir(outputDirectory)), ...(await readdir(directory, { recursive: true }))];
  expect(written.filter((path) => !/^[A-Za-z0-9._ /-]+$/.test(path))).toEqual([]);
  expect(await readdir(outputDirectory)).toHaveLength(HOSTILE_NAMES.length);
});

test('variables that are missing are named', async () => {
  await expect(processorOptions({})).rejects.toThrow('env.API_URL: is missing');
  await expect(processorOptions({ API_URL: 'http://x', DROP: 'http://x' })).rejects.toThrow(
    'env.JOB_COMPLETION_INDEX: is missing',
  );
});
