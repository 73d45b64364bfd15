import { randomUUID } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import { checkInputs, type Inputs } from '../core/source.ts';
import type { KubernetesObject } from '../kube/resources.ts';
import {
  checkFollowOptions,
  checkScheduleOptions,
  parseCallOptions,
  parseWatchOptions,
} from './call-options.ts';
import { beginDrop, type OpenDrop, openDrop } from './drop.ts';
import { type DropFile, placeFiles } from './drop-file.ts';
import { dropJobName } from './file-id.ts';
import type { FileStore, StoredFile } from './file-store.ts';
import { selectorOf } from './job-manifest.ts';
import { mapEach } from './merge.ts';
import { openPodReader, type ProcessorPod } from './processor-pod.ts';
import { scheduleIndexed } from './schedule-indexed.ts';
import { scheduleJobs } from './schedule-jobs.ts';
import type { ScheduledFile, ScheduleOptions, ScheduleSummary } from './schedule-result.ts';
import { type FileDropOptions, type FileDropSettings, parseFileDropOptions } from './scheduler-options.ts';
import { type DropFollowOptions, followTraffic, type TrafficSummary } from './traffic.ts';

/**
 * Turns every dropped file into a Kubernetes Job that sends it to an API.
 *
 * @example
 * const drop = new FileDropScheduler({
 *   kube: connectKubernetes(),
 *   store: diskStore('/var/lib/drop'),
 *   image: 'acme/file-drop-processor:1',
 *   fileUrl: 'http://backend:5000/backend/static',
 *   apiUrl: 'https://rebuild.example/api',
 *   apiToken: process.env['API_TOKEN'],
 * });
 * const { dropId, done, failed } = await drop.schedule(['a.pdf', 'b.pdf'], { rate: 5 });
 */
export class FileDropScheduler {
  readonly #settings: FileDropSettings;
  /** The last deletion of Secrets, over or not: a drop that goes on puts its own back after it. */
  #deletion: Promise<unknown> = Promise.resolve();

  /** @throws {ConfigError} that names every mistake */
  constructor(options: FileDropOptions) {
    this.#settings = parseFileDropOptions(options);
  }

  /**
   * Stores every file and creates its Job. Each file has an item of its own, and a bad one never stops the others; the run
   * rejects where nothing can be scheduled at all. A drop that was cut off at any point is gone on with by scheduling
   * the same files, in the same order, with its `dropId`: none then runs twice.
   *
   * @throws {ConfigError} for options that are wrong
   */
  schedule(files: Inputs<DropFile>, options: ScheduleOptions = {}): Run<ScheduledFile, ScheduleSummary> {
    checkInputs(files, 'files');
    checkScheduleOptions(options);
    const settings = this.#settings;
    const { dropId = randomUUID(), rate } = options;
    const mode = modeFor(files, settings);
    if (mode === 'indexed' && rate !== undefined) {
      const message = "has no use with one Job for all; use mode 'job', or the job's parallelism";
      throw new ConfigError([{ path: 'options.rate', message }]);
    }
    const wish = { dropId, mode, rate };
    let opened: { readonly drop: Promise<OpenDrop>; readonly after: Promise<unknown> } | undefined;
    const open = () => {
      const after = this.#deletion;
      if (opened?.after !== after) {
        opened = { drop: after.then(() => openDrop(settings, wish)), after };
      }
      return opened.drop;
    };
    const schedule = mode === 'indexed' ? scheduleIndexed : scheduleJobs;
    const begin = () => beginDrop(settings, wish);
    return schedule(placeFiles(files), { settings, dropId, options, open, begin });
  }

  /**
   * The processors that there are.
   *
   * @throws {ConfigError} for options that are wrong; what `kube.list` and the store throw
   */
  async pods(options: DropCallOptions = {}): Promise<ProcessorPod[]> {
    const { dropId, ...call } = parseCallOptions(options);
    const { kube, store, namespace } = this.#settings;
    const reader = openPodReader(store);
    const found: ProcessorPod[] = [];
    const which = { ...call, namespace, labelSelector: selectorOf(dropId) };
    for await (const pod of kube.list('pods', which)) found.push(await reader.read(pod));
    return found;
  }

  /**
   * The processors that there are, then each as it changes, a deleted one with `deleted`, for as long as it is iterated.
   * A slow consumer is told the newest state of each only. Rejects with the signal's reason.
   *
   * @throws {ConfigError} for options that are wrong; what `kube.watch` and the store throw
   */
  watch(options: DropWatchOptions = {}): AsyncIterable<ProcessorPod> {
    const { dropId, signal } = parseWatchOptions(options);
    const { kube, store, namespace } = this.#settings;
    const reader = openPodReader(store);
    const events = kube.watch('pods', { signal, namespace, labelSelector: selectorOf(dropId) });
    return mapEach(events, async (event) => {
      if (event.type === 'synced') return undefined;
      const pod = await reader.read(event.object);
      return event.type === 'deleted' ? { ...pod, deleted: true } : pod;
    });
  }

  /**
   * Each scheduled file once, when its Job ended, a failed one with its last log lines; the bytes of each are then removed
   * from the store. Ends when all have ended: what is scheduled while it runs may be missed, so schedule first.
   *
   * Stopped before, by its `signal`, `break` or `failAbove`, it is not `ok`: every file that it knows of and whose end it has
   * not told counts as `skipped`, and its Job runs on. A loop is told of those as well, each as it was last seen, unless it
   * was left. Follow again to see them through. Rejects with a `HoldfastError` `DROP_UNKNOWN` where neither store nor
   * cluster knows the `dropId`: a slip in it, or all of that drop was forgotten.
   *
   * @throws {ConfigError} for options that are wrong
   */
  follow(options: DropFollowOptions = {}): Run<ProcessorPod, TrafficSummary> {
    checkFollowOptions(options);
    return followTraffic(this.#settings, options);
  }

  /**
   * Deletes the Jobs, Foreground: each is gone once its pods are. With them go the Secrets of their tokens and the bytes of
   * their files; that they were scheduled stays known, so that a resumed drop does not run them again.
   *
   * @throws {ConfigError} for options that are wrong; what `kube.deleteCollection` and the store throw
   */
  async deleteJobs(options: DropCallOptions = {}): Promise<DeletedJobs> {
    const { dropId, ...call } = parseCallOptions(options);
    const { kube, store, namespace } = this.#settings;
    const which = { ...call, namespace, labelSelector: selectorOf(dropId) };
    // Before the Jobs are: the Job of a file that is scheduled meanwhile may stay. A store that fails keeps none of them.
    const [known] = await Promise.allSettled([scheduledIds(store, dropId, () => kube.list('jobs', which))]);
    const { deleted } = await kube.deleteCollection('jobs', { ...which, propagationPolicy: 'Foreground' });
    if (typeof this.#settings.apiToken === 'string') {
      const deletion = kube.deleteCollection('secrets', { ...which, propagationPolicy: 'Background' });
      this.#deletion = deletion.catch(() => undefined);
      await deletion;
    }
    if (known.status === 'rejected') throw known.reason;
    for (const id of known.value) await store.removeBytes(id);
    return { deleted };
  }
}

/** What `deleteJobs` did. */
export interface DeletedJobs {
  /** How many Jobs. */
  readonly deleted: number;
}

/** Options of `pods` and `deleteJobs`. */
export interface DropCallOptions extends DropWatchOptions {
  /** Milliseconds for one request. @default that of `kube` */
  readonly attemptTimeout?: number | undefined;
  /** Milliseconds for a call with its retries. @default that of `kube` */
  readonly deadline?: number | undefined;
}

/** Options of `watch`. */
export interface DropWatchOptions {
  /** Only this drop. @default all */
  readonly dropId?: string | undefined;
  /** Ends it. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** Marks those as well whose Job was made by a process that was killed before it could: the Job is soon no sign any more. */
async function scheduledIds(
  store: FileStore,
  dropId: string | undefined,
  jobs: () => AsyncIterable<KubernetesObject<'jobs'>>,
): Promise<string[]> {
  const ids: string[] = [];
  const unmarked: StoredFile[] = [];
  for await (const file of store.list(dropId)) {
    if (file.scheduled) ids.push(file.id);
    else unmarked.push(file);
  }
  if (unmarked.length === 0) return ids;
  const names = new Set<string | undefined>();
  for await (const { metadata } of jobs()) names.add(metadata?.name);
  for (const file of unmarked) {
    if (!names.has(file.id) && !names.has(dropJobName(file.dropId))) continue;
    await store.markScheduled(file.id);
    ids.push(file.id);
  }
  return ids;
}

function modeFor(files: Inputs<DropFile>, { mode, indexedAbove }: FileDropSettings): 'job' | 'indexed' {
  if (mode !== 'auto') return mode;
  const known: unknown = Array.isArray(files) ? files.length : Reflect.get(files, 'size');
  return typeof known === 'number' && known > indexedAbove ? 'indexed' : 'job';
}
