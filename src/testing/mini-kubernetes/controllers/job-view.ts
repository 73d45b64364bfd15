import type { Job, Pod } from '../store/objects.ts';

/** A Job and its pods as the controller sees them at one moment. */
export interface JobView {
  readonly job: Job;
  /** Those whose controller this Job is. */
  readonly pods: readonly Pod[];
  /** RFC 3339. */
  readonly now: string;
  /** Milliseconds since the Job was started or resumed; 0 where it was not. */
  readonly activeFor: number;
  /** Milliseconds until a new pod may follow the failures so far; for Jobs without `backoffLimitPerIndex`. */
  readonly retryIn: number;
  /** The same for the index of this failed pod. */
  readonly retryIndexIn: (failed: Pod) => number;
}
