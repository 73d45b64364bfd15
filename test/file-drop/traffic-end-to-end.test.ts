import { expect, test } from 'vitest';
import { processFile } from '../../src/file-drop/process-file.ts';
import { processorOptions } from '../../src/file-drop/processor-env.ts';
import { processorExitCode } from '../../src/file-drop/processor-error.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { Image } from '../../src/testing/mini-kubernetes/kubelet/image.ts';
import { serve } from '../http/loopback.ts';
import { collect, dropCluster, folder, named, TOKEN } from './drop-cluster.ts';

/** An API that counts what it was sent, and refuses what says so. */
async function rebuildApi() {
  const counts = new Map<string, number>();
  const tokens = new Set<string | undefined>();
  const url = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = /\r\n\r\n(.*)\r\n--/s.exec(Buffer.concat(chunks).toString())?.[1] ?? '';
      counts.set(text, (counts.get(text) ?? 0) + 1);
      tokens.add(request.headers.authorization);
      if (text === 'bad') response.writeHead(422).end();
      else response.end(`rebuilt ${text}`);
    });
  });
  return { url, counts, tokens };
}

async function processorImage(): Promise<Image> {
  const outputDirectory = await folder();
  return async ({ env, log, signal }) => {
    try {
      await processFile(await processorOptions(env, { outputDirectory, signal }));
      return 0;
    } catch (error) {
      log(String(error));
      return processorExitCode(error);
    }
  };
}

test.each(['job', 'indexed'] as const)(
  'in mode %s every file arrives once for each start of its pod, though the API server fails at random',
  async (mode) => {
    const api = await rebuildApi();
    // The plan starts some pods twice: the API is then asked twice, and never otherwise.
    const starts = new Map<string, number>();
    const processor = await processorImage();
    const counted: Image = (container) => {
      starts.set(container.podName, (starts.get(container.podName) ?? 0) + 1);
      return processor(container);
    };
    const faults = FaultPlan.seeded(11, { 'reset-after': 0.1, 'error-after': 0.1, 'too-many': 0.05 });
    const { drop } = await dropCluster(
      { images: { 'acme/processor': counted }, faults },
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

test('variables that are missing are named', async () => {
  await expect(processorOptions({})).rejects.toThrow('env.API_URL: is missing');
  await expect(processorOptions({ API_URL: 'http://x', DROP: 'http://x' })).rejects.toThrow(
    'env.JOB_COMPLETION_INDEX: is missing',
  );
});
