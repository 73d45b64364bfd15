import { sleep } from '../../core/abort.ts';
import { selectorOf } from '../../file-drop/job-manifest.ts';
import { hasEnded, openPodReader, type ProcessorPod } from '../../file-drop/processor-pod.ts';
import type { FileDropAppSettings } from './options.ts';

/** What a listener is told: all pods anew, or how one of them is by now. */
export type BoardNews = { readonly kind: 'all' } | { readonly kind: 'one'; readonly pod: ProcessorPod };

/** Milliseconds until a watch that was refused is tried again; doubles up to `LONGEST`. */
const SHORTEST = 1_000;
const LONGEST = 60_000;

/** The processors that there are, from one watch for all who look at them. */
export class PodBoard {
  readonly #settings: FileDropAppSettings;
  #pods: ReadonlyMap<string, ProcessorPod> = new Map();
  readonly #listeners = new Set<(news: BoardNews) => void>();

  constructor(settings: FileDropAppSettings) {
    this.#settings = settings;
  }

  get pods(): readonly ProcessorPod[] {
    return [...this.#pods.values()];
  }

  /** How many do. */
  get listening(): number {
    return this.#listeners.size;
  }

  /** The function that comes back ends it. */
  listen(listener: (news: BoardNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Keeps it up to date until the signal aborts, whatever the cluster does; the bytes of a file that has ended are removed. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#settings;
    let delay = SHORTEST;
    const onWhole = () => {
      delay = SHORTEST;
    };
    while (!signal.aborted) {
      try {
        await this.#watch(signal, onWhole);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('the processors cannot be watched; trying again', { error, delay });
      }
      await sleep(delay, clock, signal).catch(() => undefined);
      delay = Math.min(delay * 2, LONGEST);
    }
  }

  /** One watch tells what there is and what changes: between two, what is deleted would be missed and shown for ever. */
  async #watch(signal: AbortSignal, onWhole: () => void): Promise<void> {
    const { drop, store } = this.#settings;
    const reader = openPodReader(store);
    const which = { signal, namespace: drop.namespace, labelSelector: selectorOf(undefined) };
    const pods = new Map<string, ProcessorPod>();
    for await (const event of drop.kube.watch('pods', which)) {
      if (event.type === 'synced') {
        this.#pods = pods;
        this.#tell({ kind: 'all' });
        onWhole();
        for (const pod of pods.values()) if (hasEnded(pod)) await this.#removeBytes(pod);
        continue;
      }
      const pod = await reader.read(event.object);
      const isGone = event.type === 'deleted';
      if (isGone) pods.delete(keyOf(pod));
      else pods.set(keyOf(pod), pod);
      // Nobody is told of a part.
      if (this.#pods !== pods) continue;
      this.#tell({ kind: 'one', pod: isGone ? { ...pod, deleted: true } : pod });
      if (hasEnded(pod)) await this.#removeBytes(pod);
    }
  }

  async #removeBytes({ id }: ProcessorPod): Promise<void> {
    const { store, logger } = this.#settings;
    await store.removeBytes(id).catch((error: unknown) => {
      logger.warn('the bytes of a file that has ended are not removed yet', { id, error });
    });
  }

  #tell(news: BoardNews): void {
    for (const listener of this.#listeners) listener(news);
  }
}

/** A pod's name; a pod of a Job that was made anew is another one. */
export const keyOf = ({ pod, id }: ProcessorPod): string => (pod === '' ? id : pod);
