import type { Condition, Job, JobStatus, Pod } from '../store/objects.ts';
import { isEnded } from './controlled-pods.ts';
import { condition, type Ending, withCondition } from './job-conditions.ts';
import { type PodCounts, succeededSoFar } from './job-counts.ts';
import { formatIndexes } from './job-indexes.ts';
import { isTracked } from './job-pods.ts';

/** What both statuses of a turn are made of. */
export interface StatusFacts {
  readonly job: Job;
  readonly now: string;
  readonly counts: PodCounts;
  readonly ending: Ending | undefined;
  readonly conditions: readonly Condition[];
  readonly startTime: string | undefined;
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  readonly settlement: Settlement;
}

export interface Settlement {
  /** Pods whose finalizer is taken off. */
  readonly untrack: readonly Pod[];
  /** Pods that failed, or count as failed because their Job did. */
  readonly failed: readonly Pod[];
}

/** Which pods are counted in this turn. */
export function settle(
  job: Job,
  pods: readonly Pod[],
  counts: PodCounts,
  ending: Ending | undefined,
): Settlement {
  const { succeeded, failed, ignored, awaitingRetry } = counts;
  const tracked = pods.filter(isTracked);
  if (ending?.final === 'Failed') {
    const known = new Set([...failed, ...ignored]);
    const stopped = tracked.filter((pod) => !isEnded(pod) && !known.has(pod));
    return { untrack: tracked, failed: [...failed, ...stopped] };
  }
  if (ending !== undefined || job.metadata.deletionTimestamp !== undefined)
    return { untrack: tracked, failed };
  const kept = new Set(awaitingRetry.values());
  return { untrack: [...succeeded, ...failed, ...ignored].filter((pod) => !kept.has(pod)), failed };
}

/** Stored before the finalizers are taken off: ended pods are named, not counted, and an ending is only announced. */
export function interimStatus(facts: StatusFacts): JobStatus {
  const { job, counts, ending, conditions, now, settlement } = facts;
  const isIndexed = counts.succeededIndexes !== undefined;
  return statusOf(facts, {
    conditions:
      ending === undefined
        ? conditions
        : withCondition(conditions, condition(ending.met, 'True', now, ending)),
    completionTime: undefined,
    succeeded: isIndexed ? succeededSoFar(job, counts) : (job.status.succeeded ?? 0),
    failed: job.status.failed ?? 0,
    uncountedSucceeded: isIndexed ? [] : counts.succeeded,
    uncountedFailed: settlement.failed,
  });
}

/** Stored in the end: all are counted, and the Job has ended unless pods of it are still on their way out. */
export function finalStatus(facts: StatusFacts): JobStatus {
  const { job, counts, ending, conditions, now, settlement, terminating } = facts;
  const untracked = new Set(settlement.untrack);
  const counted = settlement.failed.filter((pod) => untracked.has(pod));
  const ends = ending !== undefined && terminating === 0;
  const announced =
    ending === undefined ? conditions : withCondition(conditions, condition(ending.met, 'True', now, ending));
  return statusOf(facts, {
    conditions: ends ? withCondition(announced, condition(ending.final, 'True', now, ending)) : announced,
    completionTime: ends && ending.final === 'Complete' ? now : undefined,
    succeeded: succeededSoFar(job, counts),
    failed: (job.status.failed ?? 0) + counted.length,
    uncountedSucceeded: [],
    uncountedFailed: settlement.failed.filter((pod) => !untracked.has(pod)),
  });
}

interface StatusNumbers {
  readonly conditions: readonly Condition[];
  readonly completionTime: string | undefined;
  readonly succeeded: number;
  readonly failed: number;
  readonly uncountedSucceeded: readonly Pod[];
  readonly uncountedFailed: readonly Pod[];
}

/** What is 0 is absent, but for `ready` and `terminating`, as the real one has it. */
function statusOf(
  { counts, startTime, active, ready, terminating }: StatusFacts,
  numbers: StatusNumbers,
): JobStatus {
  const { conditions, completionTime, succeeded, failed } = numbers;
  const completed = formatIndexes(counts.succeededIndexes ?? new Set());
  const uncounted = {
    succeeded: numbers.uncountedSucceeded.map(({ metadata }) => metadata.uid),
    failed: numbers.uncountedFailed.map(({ metadata }) => metadata.uid),
  };
  return {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
    ...(active === 0 ? {} : { active }),
    ...(succeeded === 0 ? {} : { succeeded }),
    ...(failed === 0 ? {} : { failed }),
    terminating,
    ...(completed === '' ? {} : { completedIndexes: completed }),
    ...(counts.failedIndexes === undefined ? {} : { failedIndexes: formatIndexes(counts.failedIndexes) }),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length === 0 ? {} : { succeeded: uncounted.succeeded }),
      ...(uncounted.failed.length === 0 ? {} : { failed: uncounted.failed }),
    },
    ready,
  };
}
