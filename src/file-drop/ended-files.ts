import { HoldfastError } from '../core/errors.ts';
import type { KubernetesObject } from '../kube/resources.ts';
import type { KubernetesWatchEvent } from '../kube/watch-buffer.ts';
import { LABELS } from './job-defaults.ts';
import { selectorOf } from './job-manifest.ts';
import { mapEach, merge, stoppable } from './merge.ts';
import { hasEnded, openPodReader, type PodReader, type ProcessorPod } from './processor-pod.ts';
import type { FileDropSettings } from './scheduler-options.ts';

type Job = KubernetesObject<'jobs'>;
type Told =
  | { readonly of: 'jobs'; readonly event: KubernetesWatchEvent<Job> }
  | { readonly of: 'pods'; readonly event: KubernetesWatchEvent<KubernetesObject<'pods'>> };

/**
 * Each scheduled file once, when it has ended; ends when all have. The pods tell how a file ended; the Jobs tell of those
 * whose pod is gone or never was, as a Job's deadline or a deletion leaves them.
 */
export function endedFiles(
  settings: FileDropSettings,
  dropId: string | undefined,
): AsyncIterable<ProcessorPod> {
  return stoppable((signal) => new EndedFiles(settings, dropId).tell(signal));
}

/** How often a list is made that expires while it is read. */
const LISTS = 5;

class EndedFiles {
  readonly #settings: FileDropSettings;
  readonly #dropId: string | undefined;
  readonly #reader: PodReader;
  /** Ids of files that were told. */
  readonly #told = new Set<string>();
  /** Names of Jobs, and when those that run were made. */
  readonly #open = new Map<string, Date | undefined>();
  /** Ended Jobs that are looked into once the pods that are known by now were told, which leaves few to ask for. */
  readonly #held = new Map<string, () => AsyncGenerator<ProcessorPod>>();
  /** Why Jobs that fail as a whole end the pods that they still have. */
  readonly #causes = new Map<string, string>();
  readonly #synced = new Set<string>();

  constructor(settings: FileDropSettings, dropId: string | undefined) {
    this.#settings = settings;
    this.#dropId = dropId;
    this.#reader = openPodReader(settings.store);
  }

  async *tell(signal: AbortSignal): AsyncGenerator<ProcessorPod, undefined> {
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
    if (!signal.aborted) yield* this.#lost();
  }

  async *#seePod(object: KubernetesObject<'pods'>): AsyncGenerator<ProcessorPod> {
    const pod = await this.#reader.read(object);
    if (!hasEnded(pod)) return;
    // The exit code of a container that was told to end says nothing about why.
    const wasEnded = pod.phase === 'Failed' && object.metadata?.deletionTimestamp !== undefined;
    const reason = wasEnded ? this.#causes.get(pod.job) : undefined;
    yield* this.#once(reason === undefined ? pod : { ...pod, reason });
  }

  #seeJob(job: Job, type: 'added' | 'modified' | 'deleted'): void {
    const name = job.metadata?.name ?? '';
    const holds = job.status?.conditions?.filter(({ status }) => status === 'True') ?? [];
    const end = holds.find(({ type: kind }) => kind === 'Complete' || kind === 'Failed');
    const cause = holds.find(({ type: kind }) => kind === 'FailureTarget' || kind === 'Failed')?.reason;
    if (cause !== undefined) this.#causes.set(name, cause);
    if (end !== undefined || type === 'deleted') {
      const reason = end?.reason ?? (end?.type || 'JobDeleted');
      this.#held.set(name, () => this.#restOf(job, end?.type === 'Complete', reason));
    } else {
      const made = job.metadata?.creationTimestamp;
      this.#open.set(name, made === undefined ? undefined : new Date(made));
    }
  }

  async *#release(): AsyncGenerator<ProcessorPod> {
    for (const [name, restOf] of this.#held) {
      yield* restOf();
      this.#held.delete(name);
      this.#open.delete(name);
    }
  }

  /** What of an ended Job its pods have not told. */
  async *#restOf(job: Job, complete: boolean, reason: string): AsyncGenerator<ProcessorPod> {
    const { completions = 1, completionMode } = job.spec ?? {};
    const isIndexed = completionMode === 'Indexed';
    const name = job.metadata?.name ?? '';
    const dropId = job.metadata?.labels?.[LABELS.drop] ?? '';
    const idAt = (index: number) => (isIndexed ? this.#reader.idAt(dropId, index) : name);
    const succeeded = indexesOf(job.status?.completedIndexes);
    let looked = false;
    for (let index = 0; index < (isIndexed ? completions : 1); index += 1) {
      const id = await idAt(index);
      if (this.#told.has(id)) continue;
      // The Job may be heard of before its pods.
      if (!looked) yield* this.#lookAtPods(name);
      looked = true;
      const filename = (await this.#settings.store.get(id))?.filename ?? '';
      const failed = { phase: reason === 'JobDeleted' ? 'Unknown' : 'Failed', reason } as const;
      const well = isIndexed ? succeeded(index) : complete;
      yield* this.#once({ id, filename, job: name, pod: '', ...(well ? { phase: 'Succeeded' } : failed) });
    }
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
    if (this.#dropId === undefined) return;
    for await (const { id, filename, scheduled } of this.#settings.store.list(this.#dropId)) {
      if (scheduled)
        yield* this.#once({ id, filename, job: '', pod: '', phase: 'Unknown', reason: 'JobDeleted' });
    }
  }

  *#once(pod: ProcessorPod): Generator<ProcessorPod> {
    if (this.#told.has(pod.id)) return;
    this.#told.add(pod.id);
    // A Job that waits in a queue has no pod yet.
    const createdAt = this.#open.get(pod.id) ?? pod.createdAt;
    yield createdAt === undefined ? pod : { ...pod, createdAt };
  }
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
