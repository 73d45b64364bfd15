import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'holdfast/server';
import type { Environment } from './arguments.ts';
import { startRebuildApi } from './rebuild-api.ts';

export interface SampleFile extends AsyncDisposable {
  /** What the container of its Job would find. */
  readonly env: Environment;
  readonly outputDirectory: string;
}

/** A file to be processed, a stand-in of the API that takes it, and a folder for the answer; all gone at the end. */
export async function openSampleFile(): Promise<SampleFile> {
  const token = 'a-token-for-the-stand-in';
  const api = await startRebuildApi({ token, delay: 0 });
  const backend = await serve({ fetch: () => new Response('the bytes of a file\n') });
  const outputDirectory = await mkdtemp(join(tmpdir(), 'processor-output-'));
  console.error('without TARGET, DROP and API_URL: a file and a stand-in of the API, for this run only');
  return {
    env: { TARGET: backend.url, FILENAME: 'sample.txt', API_URL: api.url, API_TOKEN: token },
    outputDirectory,
    [Symbol.asyncDispose]: async () => {
      await backend.close();
      await api.close();
      await rm(outputDirectory, { recursive: true, force: true });
    },
  };
}
