import type { Pod } from '../store/objects.ts';
import { isEnded } from './controlled-pods.ts';
import { decidedEnding, type Ending, failure } from './job-conditions.ts';
import { failedSoFar, type PodCounts } from './job-counts.ts';
import { judgeFailure } from './job-failure-policy.ts';
import type { JobView } from './job-view.ts';

/** Whether a Job has to end though not all its completions are reached, or was to end already; and why. */
export function decideEnding(view: JobView, counts: PodCounts): Ending | undefined {
  const { job } = view;
  return (
    decidedEnding(job) ??
    failedByPolicy(view, counts) ??
    (exceedsBackoffLimit(view, counts) ? BACKOFF_LIMIT : undefined) ??
    (isPastDeadline(view) ? DEADLINE : undefined) ??
    failedByIndexes(view, counts)
  );
}

const BACKOFF_LIMIT = failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
const DEADLINE = failure('DeadlineExceeded', 'Job was active longer than specified deadline');
const TOO_MANY_INDEXES = failure(
  'MaxFailedIndexesExceeded',
  'Job has exceeded the specified maximal number of failed indexes',
);
const FAILED_INDEXES = failure('FailedIndexes', 'Job has failed indexes');

function failedByPolicy({ job }: JobView, { failed }: PodCounts): Ending | undefined {
  for (const pod of failed) {
    const { action, message } = judgeFailure(pod, job);
    if (action === 'FailJob') return failure('PodFailurePolicy', message);
  }
  return undefined;
}

function exceedsBackoffLimit({ job, pods }: JobView, counts: PodCounts): boolean {
  const { backoffLimit = 6, template } = job.spec;
  if (failedSoFar(job, counts) > backoffLimit) return true;
  if (template.spec.restartPolicy !== 'OnFailure') return false;
  // Such pods do not fail: their containers are started again, and each start counts.
  const restarts = pods.filter((pod) => !isEnded(pod)).reduce((sum, pod) => sum + restartsOf(pod), 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

const restartsOf = ({ status }: Pod) =>
  (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);

function isPastDeadline({ job, activeFor }: JobView): boolean {
  const { activeDeadlineSeconds, suspend = false } = job.spec;
  if (activeDeadlineSeconds === undefined || suspend || job.status.startTime === undefined) return false;
  return activeFor >= activeDeadlineSeconds * 1000;
}

function failedByIndexes({ job }: JobView, counts: PodCounts): Ending | undefined {
  const { maxFailedIndexes, completions = 0 } = job.spec;
  const failed = counts.failedIndexes?.size ?? 0;
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) return TOO_MANY_INDEXES;
  const succeeded = counts.succeededIndexes?.size ?? 0;
  return failed > 0 && failed + succeeded >= completions ? FAILED_INDEXES : undefined;
}
