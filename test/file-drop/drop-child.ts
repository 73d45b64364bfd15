/**
 * A process that schedules a drop of numbered files, and tells how far it is; made to be killed.
 */

import { diskStore } from '../../src/file-drop/disk-store.ts';
import { FileDropScheduler } from '../../src/file-drop/file-drop-scheduler.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import { heapMegabytes } from '../bench/heap-megabytes.ts';

export interface ChildDrop {
  readonly kubeconfig: string;
  readonly directory: string;
  readonly backend: string;
  readonly apiUrl: string;
  readonly apiToken: string;
  readonly mode: 'job' | 'indexed';
  readonly dropId: string;
  readonly count: number;
}

/** What it says. */
export type ChildWord =
  /** So many files are stored and, in mode `job`, scheduled. */
  | { readonly done: number; readonly heap: number }
  | { readonly ended: { readonly done: number; readonly ok: boolean } };

const settings = JSON.parse(process.argv[2] ?? '') as ChildDrop;
const { directory, backend, apiUrl, apiToken, mode, dropId, count } = settings;
const kube = connectKubernetes({
  kubeconfig: settings.kubeconfig,
  rateLimit: false,
  retry: { attempts: 20, baseDelay: 1, maxDelay: 10 },
});
const drop = new FileDropScheduler({
  kube,
  store: diskStore(directory),
  image: 'acme/processor:1',
  fileUrl: `${backend}/backend/static`,
  apiUrl,
  apiToken,
  mode,
});
const say = (word: ChildWord) => process.send?.(word);
const { done, ok } = await drop.schedule(numberedFiles(), {
  dropId,
  concurrency: 20,
  onProgress: ({ done: sofar }) => {
    if (sofar % 100 === 0) say({ done: sofar, heap: sofar % 500 === 0 ? heapMegabytes() : 0 });
  },
});
await kube.close();
say({ ended: { done, ok } });
process.disconnect();

/** Made when they are asked for. */
function* numberedFiles() {
  for (let index = 0; index < count; index += 1) {
    yield { name: `file ${index}`, body: Buffer.from(`file ${index}`) };
  }
}
