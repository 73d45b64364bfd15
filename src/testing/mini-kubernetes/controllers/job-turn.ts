import type { Job, Pod } from '../store/objects.ts';
import { isReady, isTerminating } from './controlled-pods.ts';
import { type PodCounts, succeededSoFar } from './job-counts.ts';
import { completionIndex, indexFailures, type PodRequest } from './job-pods.ts';
import type { JobView } from './job-view.ts';

/** Which pods of a Job come and go now. */
export interface PodTurn {
  readonly create: readonly PodRequest[];
  readonly remove: readonly Removal[];
  /** Milliseconds until a pod that is held back by a failure may come. */
  readonly wakeIn: number | undefined;
}

/** A pod to be deleted. Without its finalizer (`untrack`) it does not count as failed. */
export interface Removal {
  readonly pod: Pod;
  readonly untrack: boolean;
}

/** As many pods as the Job should have and no more, for a Job that goes on. */
export function managePods(view: JobView, counts: PodCounts, active: readonly Pod[]): PodTurn {
  const { job, pods } = view;
  if (job.spec.suspend) return { ...NOTHING, remove: active.map(dismiss) };
  const wanted = wantedPods(job, counts, active.length);
  if (active.length > wanted) {
    const surplus = leastUseful(job, active).slice(0, active.length - wanted);
    return { ...NOTHING, remove: surplus.map(dismiss) };
  }
  const awaited = job.spec.podReplacementPolicy === 'Failed' ? pods.filter(isTerminating) : [];
  const missing = Math.min(wanted - active.length - awaited.length, MOST_PODS_A_TURN);
  if (missing <= 0) return NOTHING;
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  if (!perIndex && view.retryIn > 0) return { ...NOTHING, wakeIn: view.retryIn };
  if (job.spec.completionMode !== 'Indexed') {
    return { ...NOTHING, create: Array.from({ length: missing }, () => ({})) };
  }
  const pending = pendingIndexes(job, counts, [...active, ...awaited], missing);
  return perIndex ? afterTheirFailures(view, counts, pending) : { ...NOTHING, create: pending.map(ofIndex) };
}

const NOTHING: PodTurn = { create: [], remove: [], wakeIn: undefined };

/** As the real one: the rest follows in the next turn. */
const MOST_PODS_A_TURN = 500;

const dismiss = (pod: Pod): Removal => ({ pod, untrack: true });

const ofIndex = (index: number): PodRequest => ({ index });

function wantedPods(job: Job, counts: PodCounts, active: number): number {
  const { parallelism = 1, completions } = job.spec;
  const succeeded = succeededSoFar(job, counts);
  // Without a number of completions the first success ends the Job: those that run may end, none is added.
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded));
}

/** Second pods of one index first, then those that are not ready, then the youngest or highest. */
function leastUseful(job: Job, active: readonly Pod[]): readonly Pod[] {
  const seen = new Set<number>();
  const isSecond = new Set<Pod>();
  for (const pod of active) {
    const index = completionIndex(pod, job);
    if (index === undefined) continue;
    if (seen.has(index)) isSecond.add(pod);
    seen.add(index);
  }
  const rank = (pod: Pod) => [
    isSecond.has(pod) ? 1 : 0,
    isReady(pod) ? 0 : 1,
    completionIndex(pod, job) ?? 0,
    Date.parse(pod.metadata.creationTimestamp),
  ];
  return [...active].sort((a, b) => compare(rank(b), rank(a)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place < 0 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
}

/** The lowest indexes that have no pod and have not ended. */
function pendingIndexes(
  job: Job,
  counts: PodCounts,
  present: readonly Pod[],
  count: number,
): readonly number[] {
  const taken = new Set(present.map((pod) => completionIndex(pod, job)));
  const { succeededIndexes, failedIndexes } = counts;
  const pending: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && pending.length < count; index += 1) {
    if (taken.has(index) || succeededIndexes?.has(index) || failedIndexes?.has(index)) continue;
    pending.push(index);
  }
  return pending;
}

/** Each index waits for itself. */
function afterTheirFailures(view: JobView, counts: PodCounts, indexes: readonly number[]): PodTurn {
  const waits = indexes.map((index) => {
    const failed = counts.awaitingRetry.get(index);
    return failed === undefined
      ? { request: { index, failures: 0 }, delay: 0 }
      : { request: { index, failures: indexFailures(failed) + 1 }, delay: view.retryIndexIn(failed) };
  });
  const delays = waits.filter(({ delay }) => delay > 0).map(({ delay }) => delay);
  return {
    ...NOTHING,
    create: waits.filter(({ delay }) => delay <= 0).map(({ request }) => request),
    wakeIn: delays.length === 0 ? undefined : Math.min(...delays),
  };
}
