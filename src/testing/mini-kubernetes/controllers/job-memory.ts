import type { Job, Pod } from '../store/objects.ts';
import { isFailed, isTracked } from './job-pods.ts';

/** The longest a failed pod's successor is held back, in milliseconds. */
const LONGEST_RETRY_DELAY = 600_000;

/**
 * What the controller knows of one Job beyond its status: moments, which statuses have only in whole seconds, and how
 * many pods failed in a row. All times are milliseconds of `Clock.monotonic`.
 */
export class JobMemory {
  readonly #retryDelay: number;
  readonly #endedAt = new Map<string, number>();
  #begunAt: number | undefined;
  #failures = 0;
  #lastFailure = 0;

  /** @param retryDelay after one failure; doubles with each. */
  constructor(retryDelay: number) {
    this.#retryDelay = retryDelay;
  }

  begin(now: number): void {
    this.#begunAt = now;
  }

  activeFor(now: number): number {
    return this.#begunAt === undefined ? 0 : now - this.#begunAt;
  }

  /** Takes note of the pods that ended since the last call. */
  note(job: Job, pods: readonly Pod[], now: number): void {
    for (const pod of pods) {
      const failed = isFailed(pod, job);
      if (!(failed || pod.status.phase === 'Succeeded') || !isTracked(pod)) continue;
      if (this.#endedAt.has(pod.metadata.uid)) continue;
      this.#endedAt.set(pod.metadata.uid, now);
      this.#failures = failed ? this.#failures + 1 : 0;
      if (failed) this.#lastFailure = now;
    }
  }

  /** Forgets pods that are gone. */
  keep(pods: readonly Pod[]): void {
    const present = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of this.#endedAt.keys()) if (!present.has(uid)) this.#endedAt.delete(uid);
  }

  /** Milliseconds until a pod may follow the failures in a row. */
  retryIn(now: number): number {
    return this.#failures === 0 ? 0 : this.#lastFailure + this.#delayAfter(this.#failures) - now;
  }

  /** Milliseconds until this pod, which is the `failures`th of its index that failed, may have a successor. */
  retryIndexIn(failed: Pod, failures: number, now: number): number {
    return (this.#endedAt.get(failed.metadata.uid) ?? now) + this.#delayAfter(failures) - now;
  }

  #delayAfter(failures: number): number {
    return Math.min(this.#retryDelay * 2 ** (failures - 1), LONGEST_RETRY_DELAY);
  }
}
