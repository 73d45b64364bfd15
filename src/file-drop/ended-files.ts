import { HoldfastError } from '../core/errors.ts';
import type { KubernetesObject } from '../kube/resources.ts';
import type { KubernetesWatchEvent } from '../kube/watch-buffer.ts';
import type { StoredFile } from './file-store.ts';
import { LABELS } from './job-defaults.ts';
import { selectorOf } from './job-manifest.ts';
import { mapEach, merge, stoppable } from './merge.ts';
import { hasEnded, openPodReader, type PodReader, type ProcessorPod } from './processor-pod.ts';
import type { FileDropSettings } from './scheduler-options.ts';

type Job = KubernetesObject<'jobs'>;
type Told =
  | { readonly of: 'jobs'; readonly event: KubernetesWatchEvent<Job> }
  | { readonly of: 'pods'; readonly event: KubernetesWatchEvent<KubernetesObject<'pods'>> };

/** The Job of one file or, with `indexes`, of so many. */
interface FilesJob {
  readonly name: string;
  readonly dropId: string;
  readonly indexes: number | undefined;
  readonly createdAt: Date | undefined;
}

/** How often a list is made that expires while it is read. */
const LISTS = 5;

/**
 * Each scheduled file once, when it has ended; ends when all have. The pods tell how a file ended; the Jobs tell of those
 * whose pod is gone or never was, as a Job's deadline or a deletion leaves them. To be iterated once.
 */
export class EndedFiles implements AsyncIterable<ProcessorPod> {
  readonly #settings: FileDropSettings;
  readonly #dropId: string | undefined;
  readonly #reader: PodReader;
  /** Ids of files that were told. */
  readonly #told = new Set<string>();
  /** By the ids of files that were not told: the last that was seen of a pod. */
  readonly #running = new Map<string, ProcessorPod>();
  /** Jobs that run, by their names. */
  readonly #open = new Map<string, FilesJob>();
  /** Ended Jobs that are looked into once the pods that are known by now were told, which leaves few to ask for. */
  readonly #held = new Map<string, FilesJob & { tell(): AsyncGenerator<ProcessorPod> }>();
  /** Why Jobs that fail as a whole end the pods that they still have. */
  readonly #causes = new Map<string, string>();
  readonly #synced = new Set<string>();
  /** The store told of files that were scheduled. */
  #stored = false;
  /** All has been told. */
  #over = false;

  constructor(settings: FileDropSettings, dropId: string | undefined) {
    this.#settings = settings;
    this.#dropId = dropId;
    this.#reader = openPodReader(settings.store);
  }

  [Symbol.asyncIterator](): AsyncIterator<ProcessorPod> {
    return stoppable((signal) => this.#tell(signal))[Symbol.asyncIterator]();
  }

  /** Whether it came to know which files there are. */
  get known(): boolean {
    return this.#stored || this.#synced.has('jobs');
  }

  /** After a stop: the files that are known and were not told, each as it was last seen. */
  async rest(): Promise<readonly ProcessorPod[]> {
    if (this.#over) return [];
    const rest = new Map(this.#running);
    const isNew = (id: string) => !this.#told.has(id) && !rest.has(id);
    for (const job of [...this.#open.values(), ...this.#held.values()]) {
      const phase = this.#held.has(job.name) ? 'Unknown' : 'Pending';
      for await (const { id } of this.#filesOf(job)) {
        if (!isNew(id)) continue;
        const filename = await this.#filename(id);
        rest.set(id, this.#dated({ id, filename, job: job.name, pod: '', phase }));
      }
    }
    for await (const { id, filename } of this.#scheduled()) {
      if (isNew(id)) rest.set(id, { id, filename, job: '', pod: '', phase: 'Unknown' });
    }
    return [...rest.values()];
  }

  async *#tell(signal: AbortSignal): AsyncGenerator<ProcessorPod, undefined> {
    const { kube, namespace } = this.#settings;
    const which = { namespace, labelSelector: selectorOf(this.#dropId) };
    const jobs = tagged('jobs', kube.watch('jobs', which)) as AsyncIterable<Told>;
    const pods = tagged('pods', kube.watch('pods', which)) as AsyncIterable<Told>;
    for await (const told of merge([jobs, pods], signal)) {
      if (told === 'idle') {
        if (this.#synced.has('pods')) yield* this.#release();
      } else if (told.event.type === 'synced') this.#synced.add(told.of);
      else if (told.of === 'jobs') this.#seeJob(told.event.object, told.event.type);
      else yield* this.#seePod(told.event.object);
      if (this.#synced.size === 2 && this.#open.size + this.#held.size === 0) break;
    }
    if (signal.aborted) return;
    yield* this.#lost();
    this.#over = true;
  }

  async *#seePod(object: KubernetesObject<'pods'>): AsyncGenerator<ProcessorPod> {
    const pod = await this.#reader.read(object);
    if (!hasEnded(pod)) {
      if (!this.#told.has(pod.id)) this.#running.set(pod.id, this.#dated(pod));
      return;
    }
    // The exit code of a container that was told to end says nothing about why.
    const wasEnded = pod.phase === 'Failed' && object.metadata?.deletionTimestamp !== undefined;
    const reason = wasEnded ? this.#causes.get(pod.job) : undefined;
    yield* this.#once(reason === undefined ? pod : { ...pod, reason });
  }

  #seeJob(job: Job, type: 'added' | 'modified' | 'deleted'): void {
    const files = filesJob(job);
    const { name } = files;
    const holds = job.status?.conditions?.filter(({ status }) => status === 'True') ?? [];
    const end = holds.find(({ type: kind }) => kind === 'Complete' || kind === 'Failed');
    const cause = holds.find(({ type: kind }) => kind === 'FailureTarget' || kind === 'Failed')?.reason;
    if (cause !== undefined) this.#causes.set(name, cause);
    if (end !== undefined || type === 'deleted') {
      const reason = end?.reason ?? (end?.type || 'JobDeleted');
      const tell = () => this.#restOf(job, end?.type === 'Complete', reason);
      this.#held.set(name, { ...files, tell });
    } else this.#open.set(name, files);
  }

  async *#release(): AsyncGenerator<ProcessorPod> {
    for (const [name, { tell }] of this.#held) {
      yield* tell();
      this.#held.delete(name);
      this.#open.delete(name);
    }
  }

  /** What of an ended Job its pods have not told. */
  async *#restOf(job: Job, complete: boolean, reason: string): AsyncGenerator<ProcessorPod> {
    const files = filesJob(job);
    const { name } = files;
    const succeeded = indexesOf(job.status?.completedIndexes);
    let looked = false;
    for await (const { id, index } of this.#filesOf(files)) {
      if (this.#told.has(id)) continue;
      // The Job may be heard of before its pods.
      if (!looked) yield* this.#lookAtPods(name);
      looked = true;
      const filename = await this.#filename(id);
      const failed = { phase: reason === 'JobDeleted' ? 'Unknown' : 'Failed', reason } as const;
      const well = index === undefined ? complete : succeeded(index);
      yield* this.#once({ id, filename, job: name, pod: '', ...(well ? { phase: 'Succeeded' } : failed) });
    }
  }

  async *#filesOf({ name, dropId, indexes }: FilesJob): AsyncGenerator<{ id: string; index?: number }> {
    if (indexes === undefined) yield { id: name };
    else {
      for (let index = 0; index < indexes; index += 1) {
        yield { id: await this.#reader.idAt(dropId, index), index };
      }
    }
  }

  async #filename(id: string): Promise<string> {
    return (await this.#settings.store.get(id))?.filename ?? '';
  }

  async *#lookAtPods(job: string): AsyncGenerator<ProcessorPod> {
    const { kube, namespace } = this.#settings;
    const own = { namespace, labelSelector: `batch.kubernetes.io/job-name=${job}` };
    for (let left = LISTS; left > 0; left -= 1) {
      try {
        for await (const pod of kube.list('pods', own)) yield* this.#seePod(pod);
        return;
      } catch (error) {
        // What was told by then is not told again.
        const expired = error instanceof HoldfastError && error.code === 'KUBERNETES_LIST_EXPIRED';
        if (!expired || left === 1) throw error;
      }
    }
  }

  /** Files of the drop whose Jobs were gone before anybody looked. */
  async *#lost(): AsyncGenerator<ProcessorPod> {
    for await (const { id, filename } of this.#scheduled()) {
      yield* this.#once({ id, filename, job: '', pod: '', phase: 'Unknown', reason: 'JobDeleted' });
    }
    const dropId = this.#dropId;
    if (dropId === undefined || this.#told.size > 0) return;
    if ((await this.#settings.store.drop(dropId)) === undefined) throw unknownDrop(dropId);
  }

  /** What the store has of the one drop that is followed. */
  async *#scheduled(): AsyncGenerator<StoredFile> {
    if (this.#dropId === undefined) return;
    for await (const file of this.#settings.store.list(this.#dropId)) {
      if (!file.scheduled) continue;
      this.#stored = true;
      yield file;
    }
  }

  *#once(pod: ProcessorPod): Generator<ProcessorPod> {
    if (this.#told.has(pod.id)) return;
    this.#told.add(pod.id);
    this.#running.delete(pod.id);
    yield this.#dated(pod);
  }

  /** A Job that waits in a queue has no pod yet. */
  #dated(pod: ProcessorPod): ProcessorPod {
    const createdAt = this.#open.get(pod.id)?.createdAt;
    return createdAt === undefined ? pod : { ...pod, createdAt };
  }
}

function filesJob({ metadata, spec }: Job): FilesJob {
  const made = metadata?.creationTimestamp;
  return {
    name: metadata?.name ?? '',
    dropId: metadata?.labels?.[LABELS.drop] ?? '',
    indexes: spec?.completionMode === 'Indexed' ? (spec.completions ?? 1) : undefined,
    createdAt: made === undefined ? undefined : new Date(made),
  };
}

function unknownDrop(dropId: string): HoldfastError {
  const message =
    `store and cluster know nothing of a drop '${dropId}': take the dropId from the summary of schedule or the store's ` +
    'drops(), and follow with the store and namespace that it was scheduled with, before it is forgotten there';
  return new HoldfastError(message, { code: 'DROP_UNKNOWN' });
}

const tagged = <Of extends string, Event>(of: Of, events: AsyncIterable<Event>) =>
  mapEach(events, async (event) => ({ of, event }));

/** `0,2-5`, as a Job's status has it. */
function indexesOf(text = ''): (index: number) => boolean {
  const ranges = text
    .split(',')
    .filter((range) => range !== '')
    .map((range) => range.split('-').map(Number));
  return (index) => ranges.some(([first = 0, last = first]) => index >= first && index <= last);
}
