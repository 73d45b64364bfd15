import type { Job, Pod } from '../store/objects.ts';
import { decidedEnding } from './job-conditions.ts';
import { judgeFailure } from './job-failure-policy.ts';
import { parseIndexes } from './job-indexes.ts';
import { completionIndex, indexFailures, isFailed, isTracked } from './job-pods.ts';

/** A Job's pods that have ended and are not in the numbers of its status yet: those that still have the finalizer. */
export interface PodCounts {
  readonly succeeded: readonly Pod[];
  readonly failed: readonly Pod[];
  /** Failed, and a rule says that it does not count, or they have no index of an Indexed Job. */
  readonly ignored: readonly Pod[];
  /** Those of the status included. Indexed Jobs only. */
  readonly succeededIndexes: ReadonlySet<number> | undefined;
  /** Those of the status included. With `backoffLimitPerIndex` only. */
  readonly failedIndexes: ReadonlySet<number> | undefined;
  /**
   * The latest failed pod of each index that is to have another one. It keeps its finalizer until then, for its
   * annotation knows how often the index failed.
   */
  readonly awaitingRetry: ReadonlyMap<number, Pod>;
}

export function countPods(job: Job, pods: readonly Pod[], active: readonly Pod[]): PodCounts {
  const isIndexed = job.spec.completionMode === 'Indexed';
  const tracked = pods.filter(isTracked);
  // One that was told to end and then ended well: what was announced holds.
  const announced = new Set(job.status.uncountedTerminatedPods?.failed);
  const hasFailed = (pod: Pod) => isFailed(pod, job) || announced.has(pod.metadata.uid);
  const succeeded = tracked.filter((pod) => pod.status.phase === 'Succeeded' && !hasFailed(pod));
  const allFailed = tracked.filter(hasFailed);
  const counts = (pod: Pod) =>
    judgeFailure(pod, job).action !== 'Ignore' && (!isIndexed || completionIndex(pod, job) !== undefined);
  const failed = allFailed.filter(counts);
  const ended = { succeeded, failed, ignored: allFailed.filter((pod) => !counts(pod)) };
  if (!isIndexed) {
    return { ...ended, succeededIndexes: undefined, failedIndexes: undefined, awaitingRetry: new Map() };
  }

  const succeededIndexes = parseIndexes(job.status.completedIndexes);
  for (const pod of succeeded) addIndex(succeededIndexes, completionIndex(pod, job));
  const limit = job.spec.backoffLimitPerIndex;
  if (limit === undefined) {
    return { ...ended, succeededIndexes, failedIndexes: undefined, awaitingRetry: new Map() };
  }

  const failedIndexes = parseIndexes(job.status.failedIndexes);
  // Pods that are stopped because the Job ends fail no index of theirs.
  for (const pod of decidedEnding(job) === undefined ? failed : []) {
    const isOver = judgeFailure(pod, job).action === 'FailIndex' || indexFailures(pod) >= limit;
    const index = completionIndex(pod, job);
    if (isOver && !succeededIndexes.has(index ?? -1)) addIndex(failedIndexes, index);
  }
  const settled = new Set([...succeededIndexes, ...failedIndexes]);
  for (const pod of active) addIndex(settled, completionIndex(pod, job));
  const awaitingRetry = new Map<number, Pod>();
  for (const pod of allFailed) {
    const index = completionIndex(pod, job);
    if (index === undefined || settled.has(index)) continue;
    const latest = awaitingRetry.get(index);
    if (latest === undefined || indexFailures(latest) <= indexFailures(pod)) awaitingRetry.set(index, pod);
  }
  return { ...ended, succeededIndexes, failedIndexes, awaitingRetry };
}

export const succeededSoFar = ({ status }: Job, { succeeded, succeededIndexes }: PodCounts): number =>
  succeededIndexes?.size ?? (status.succeeded ?? 0) + succeeded.length;

export const failedSoFar = ({ status }: Job, { failed }: PodCounts): number =>
  (status.failed ?? 0) + failed.length;

function addIndex(indexes: Set<number>, index: number | undefined): void {
  if (index !== undefined) indexes.add(index);
}
