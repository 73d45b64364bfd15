import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskStore, FileDropScheduler } from 'holdfast';
import { fileDropApp, type RunningServer, serve } from 'holdfast/server';
import type { Environment } from './arguments.ts';
import { UsageError } from './arguments.ts';
import { openDropCluster } from './drop-cluster.ts';
import { dropFolder } from './drop-folder.ts';
import { type FileDropSettings, HELP, readFileDropSettings } from './file-drop-settings.ts';

/** The whole program. Resolves with whether every file Succeeded. */
export async function runFileDrop(
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  const settings = readFileDropSettings(args, env);
  if (settings === undefined) {
    console.log(HELP);
    return true;
  }
  await using store = await openStore(settings);
  await using cluster = await openDropCluster(settings);
  // Known once the server listens, and needed when the first Job is made.
  let backendUrl = settings.cluster?.backendUrl;
  const address = () => backendUrl ?? '';
  const { kube, image, apiUrl, apiToken } = cluster;
  const options = {
    kube,
    image,
    apiUrl,
    apiToken,
    store: diskStore(store.directory),
    mode: settings.mode,
    fileUrl: (id: string) => `${address()}/backend/static/${id}`,
    dropUrl: (dropId: string) => `${address()}/backend/drops/${dropId}`,
    logger: { debug: ignore, info: ignore, warn: console.error, error: console.error },
  };
  await using app = fileDropApp({ ...options, token: settings.token });
  await using server = await listen(app, settings);
  backendUrl ??= server.url;
  if (settings.folder !== undefined) {
    return await dropFolder(new FileDropScheduler(options), settings.folder, settings, signal);
  }
  console.log(server.url);
  console.error('open it in a browser and drop files on it; until Ctrl-C');
  if (!signal.aborted) await once(signal, 'abort');
  return true;
}

function listen(
  app: Parameters<typeof serve>[0],
  { port, hostname }: FileDropSettings,
): Promise<RunningServer> {
  return serve(app, { port, hostname, grace: 5_000 }).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall !== 'listen') throw error;
    throw new UsageError(`cannot listen on --port ${port} (${error.code}); choose another`);
  });
}

/** The directory that is named, or one that goes with this process. */
async function openStore({ store }: FileDropSettings) {
  const directory = store ?? (await mkdtemp(join(tmpdir(), 'file-drop-')));
  if (store !== undefined) {
    await mkdir(store, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`--store ${JSON.stringify(store)} cannot be made (${error.code})`);
    });
  }
  const dispose = async () => {
    if (store === undefined) await rm(directory, { recursive: true, force: true });
  };
  return { directory, [Symbol.asyncDispose]: dispose };
}

function ignore(): void {
  // Told by the progress bar.
}
