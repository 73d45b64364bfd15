import { sleep } from '../../core/abort.ts';
import { hasEnded, type ProcessorPod } from '../../file-drop/processor-pod.ts';
import type { FileDropAppSettings } from './options.ts';

/** What a listener is told: all pods anew, or how one of them is by now. */
export type BoardNews =
  | { readonly kind: 'all'; readonly pods: readonly ProcessorPod[] }
  | { readonly kind: 'one'; readonly pod: ProcessorPod };

/** Milliseconds until a watch that was refused is tried again; doubles up to `LONGEST`. */
const SHORTEST = 1_000;
const LONGEST = 60_000;

/** The processors that there are, from one watch for all who look at them. */
export class PodBoard {
  readonly #settings: FileDropAppSettings;
  readonly #pods = new Map<string, ProcessorPod>();
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
    while (!signal.aborted) {
      try {
        await this.#readAll(signal);
        delay = SHORTEST;
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('the processors cannot be watched; trying again', { error, delay });
      }
      await sleep(delay, clock, signal).catch(() => undefined);
      delay = Math.min(delay * 2, LONGEST);
    }
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const pods = await this.#settings.scheduler.pods({ signal });
    this.#pods.clear();
    for (const pod of pods) this.#pods.set(keyOf(pod), pod);
    this.#tell({ kind: 'all', pods });
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { scheduler, store, logger } = this.#settings;
    for await (const pod of scheduler.watch({ signal })) {
      if (pod.deleted) this.#pods.delete(keyOf(pod));
      else this.#pods.set(keyOf(pod), pod);
      this.#tell({ kind: 'one', pod });
      if (!hasEnded(pod)) continue;
      await store.removeBytes(pod.id).catch((error: unknown) => {
        logger.warn('the bytes of a file that has ended are not removed yet', { id: pod.id, error });
      });
    }
  }

  #tell(news: BoardNews): void {
    for (const listener of this.#listeners) listener(news);
  }
}

/** A pod's name; a pod of a Job that was made anew is another one. */
export const keyOf = ({ pod, id }: ProcessorPod): string => (pod === '' ? id : pod);
