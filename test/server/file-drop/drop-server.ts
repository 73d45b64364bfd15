import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskStore } from '../../../src/file-drop/disk-store.ts';
import { connectKubernetes } from '../../../src/kube/connect-kubernetes.ts';
import { fileDropApp } from '../../../src/server/file-drop/file-drop-app.ts';
import type { FileDropAppOptions } from '../../../src/server/file-drop/options.ts';
import { serve } from '../../../src/server/serve.ts';
import type { Image } from '../../../src/testing/mini-kubernetes/kubelet/image.ts';
import {
  type MiniKubernetesOptions,
  startMiniKubernetes,
} from '../../../src/testing/mini-kubernetes/mini-kubernetes.ts';

export const API_TOKEN = 'api-token-that-nobody-may-see-4711';

/** Gets its file from the server; what is called so fails, or goes on until it is told to end. */
const processor: Image = async ({ env, log, signal }) => {
  const { FILENAME: name = '', TARGET: target = '' } = env;
  const response = await fetch(target, { signal });
  log(`${name.slice(0, 20)} has ${(await response.arrayBuffer()).byteLength} bytes`);
  if (name.startsWith('hangs')) await new Promise((_, reject) => signal.addEventListener('abort', reject));
  return name.startsWith('fails') ? 4 : 0;
};

/** A mini Kubernetes and a drop server on it. */
export async function startDropServer(
  options: Partial<FileDropAppOptions> = {},
  mini: MiniKubernetesOptions = { images: { 'acme/processor': processor } },
) {
  const ends: (() => unknown)[] = [];
  const kubernetes = await startMiniKubernetes(mini);
  ends.push(() => kubernetes.close());
  const kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, rateLimit: false });
  ends.push(() => kube.close());
  const directory = await mkdtemp(join(tmpdir(), 'drop-server-'));
  ends.push(() => rm(directory, { recursive: true, force: true }));
  const store = options.store ?? diskStore(directory);
  let url = '';
  const app = fileDropApp({
    kube,
    image: 'acme/processor:1',
    // It has no port yet.
    fileUrl: (id) => `${url}/backend/static/${id}`,
    dropUrl: (dropId) => `${url}/backend/drops/${dropId}`,
    apiUrl: 'http://127.0.0.1:1/rebuild',
    apiToken: API_TOKEN,
    ...options,
    store,
  });
  const server = await serve(app);
  url = server.url;
  ends.push(() => server.close());
  ends.push(() => app.close());
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  return { url, app, server, store, kube, kubernetes, directory, close };
}

/** A form with files by their names, all in the field that the server asks for. */
export function formOf(...names: readonly string[]): FormData {
  const form = new FormData();
  for (const name of names) form.append('files[]', new File([name], name));
  return form;
}
