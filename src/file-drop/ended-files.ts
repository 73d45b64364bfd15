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
    for await (const { of, event } of merge([jobs, pods], signal)) {
      if (event.type === 'synced') this.#synced.add(of);
      else if (of === 'jobs') yield* this.#seeJob(event.object, event.type);
      else yield* this.#seePod(event.object);
      if (this.#synced.size === 2 && this.#open.size === 0) break;
    }
    if (!signal.aborted) yield* this.#lost();
  }

  async *#seePod(object: KubernetesObject<'pods'>): AsyncGenerator<ProcessorPod> {
    const pod = await this.#reader.read(object);
    if (hasEnded(pod)) yield* this.#once(pod);
  }

  async *#seeJob(job: Job, type: 'added' | 'modified' | 'deleted'): AsyncGenerator<ProcessorPod> {
    const name = job.metadata?.name ?? '';
    const end = job.status?.conditions?.find(
      ({ type: kind, status }) => (kind === 'Complete' || kind === 'Failed') && status === 'True',
    );
    if (end === undefined && type !== 'deleted') {
      const made = job.metadata?.creationTimestamp;
      this.#open.set(name, made === undefined ? undefined : new Date(made));
      return;
    }
    yield* this.#restOf(job, end?.type === 'Complete', end?.reason ?? (end?.type || 'JobDeleted'));
    this.#open.delete(name);
  }

  /** What of an ended Job its pods have not told. */
  async *#restOf(job: Job, complete: boolean, reason: string): AsyncGenerator<ProcessorPod> {
    const name = job.metadata?.name ?? '';
    const { completions, completionMode } = job.spec ?? {};
    const count = completionMode === 'Indexed' ? (completions ?? 1) : 1;
    if (completionMode !== 'Indexed' && this.#told.has(name)) return;
    // The Job may be heard of before its pods.
    yield* this.#lookAtPods(name);
    const succeeded = indexesOf(job.status?.completedIndexes);
    for (let index = 0; index < count; index += 1) {
      const file = await this.#fileOf(job, index);
      const well = count > 1 || completionMode === 'Indexed' ? succeeded(index) : complete;
      const failed = { phase: reason === 'JobDeleted' ? 'Unknown' : 'Failed', reason } as const;
      yield* this.#once({ ...file, job: name, pod: '', ...(well ? { phase: 'Succeeded' } : failed) });
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

  #fileOf(job: Job, index: number): Promise<{ readonly id: string; readonly filename: string }> {
    const { name = '', labels } = job.metadata ?? {};
    if (job.spec?.completionMode === 'Indexed')
      return this.#reader.fileAt(labels?.[LABELS.drop] ?? '', index);
    return this.#settings.store.get(name).then((file) => ({ id: name, filename: file?.filename ?? '' }));
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
