import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { diskStore } from '../../src/file-drop/disk-store.ts';
import { FileDropScheduler } from '../../src/file-drop/file-drop-scheduler.ts';
import { dropFileId } from '../../src/file-drop/file-id.ts';
import { type FileStore, positionOf } from '../../src/file-drop/file-store.ts';
import type { FileDropOptions } from '../../src/file-drop/scheduler-options.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import type { KubernetesOptions } from '../../src/kube/options.ts';
import {
  type MiniKubernetesOptions,
  startMiniKubernetes,
} from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { serve } from '../http/loopback.ts';

/** A directory until the test ends. */
export async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'file-drop-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export const TOKEN = 'top-secret-token-4711';

/** A mini Kubernetes, a store, a server for its files, and a scheduler on them. */
export async function dropCluster(
  mini: MiniKubernetesOptions = {},
  more: Partial<FileDropOptions> = {},
  kubeOptions: KubernetesOptions = {},
) {
  const kubernetes = await startMiniKubernetes(mini);
  onTestFinished(() => kubernetes.close());
  const kube = connectKubernetes({
    kubeconfig: kubernetes.kubeconfig,
    rateLimit: false,
    retry: { attempts: 20, baseDelay: 1, maxDelay: 10 },
    ...kubeOptions,
  });
  onTestFinished(() => kube.close());
  const directory = await folder();
  const store = diskStore(directory);
  const backend = await serveFiles(store);
  const options: FileDropOptions = {
    kube,
    store,
    image: 'acme/processor:1',
    fileUrl: `${backend}/backend/static`,
    apiUrl: 'http://127.0.0.1:1/rebuild',
    apiToken: TOKEN,
    ...more,
  };
  return { kubernetes, kube, store, directory, backend, options, drop: new FileDropScheduler(options) };
}

/** The two routes of the backend that processors ask. */
function serveFiles(store: FileStore): Promise<string> {
  const answer = async (url: string): Promise<Buffer | undefined> => {
    const [, , route, first = '', index] = url.split('/');
    if (route === 'static') {
      const found = await store.read(first);
      if (found === undefined) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of found.body) chunks.push(chunk);
      return Buffer.concat(chunks);
    }
    const drop = await store.drop(first);
    const position = positionOf(Number(index), drop?.indexed?.gaps ?? []);
    const file = await store.get(dropFileId(first, position));
    return file && Buffer.from(JSON.stringify({ ...file, url: `/backend/static/${file.id}` }));
  };
  return serve((request, response) => {
    void answer(request.url ?? '').then((body) =>
      response.writeHead(body === undefined ? 404 : 200).end(body),
    );
  });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const named = (name: string, text = name) => ({ name, body: Buffer.from(text) });

export const HOSTILE_NAMES = [
  '../../etc/passwd',
  'nul\0in.pdf',
  'n'.repeat(4_000),
  '\u202egpj.exe',
  'a "quoted"\r\nContent-Type: text/html\n.pdf',
  '$(API_TOKEN)',
  '$(TARGET) $$',
  '<img src=x onerror=alert(1)>',
];
