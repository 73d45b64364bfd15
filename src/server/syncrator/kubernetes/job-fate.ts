import type { KubernetesJob } from './job-marks.ts';

/** Where a Job stands. */
export type JobFate =
  | 'complete'
  | 'failed'
  /** Somebody deletes it. */
  | 'going'
  /** Made, and not let run yet. */
  | 'held'
  /** A pod of it runs. */
  | 'ready'
  /** No pod of it runs, or none yet. */
  | 'waiting';

export function fateOf({ metadata, spec, status }: KubernetesJob): JobFate {
  const has = (type: string) =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  if (has('Complete')) return 'complete';
  if (has('Failed')) return 'failed';
  if (metadata?.deletionTimestamp !== undefined) return 'going';
  if (spec?.suspend === true) return 'held';
  return (status?.ready ?? 0) > 0 ? 'ready' : 'waiting';
}

/** How the cluster says it: `BackoffLimitExceeded`, `DeadlineExceeded`. */
export const failureReason = ({ status }: KubernetesJob): string =>
  status?.conditions?.find(({ type }) => type === 'Failed')?.reason ?? 'Failed';
