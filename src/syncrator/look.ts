import { jobAnswer, jobsAnswer } from './answers.ts';
import type { CallSettings } from './call-options.ts';
import type { ApiRequest, Exchange } from './exchange.ts';
import type { DryRun, Job, JobParams } from './job.ts';
import type { dryRunAnswer } from './start-answer.ts';
import type { Finding } from './write.ts';

type WhichJob = Pick<JobParams, 'target' | 'env' | 'action'>;

/**
 * Whether a start may be sent again: only while the newest job of that target, env and action is starting or running, for
 * then the server answers that one's id and starts nothing. `job` says which job that is, or is the dry run that tells.
 */
export function findRunning(
  exchange: Exchange,
  { attemptTimeout }: CallSettings,
  job: WhichJob | ApiRequest<typeof dryRunAnswer>,
): (signal: AbortSignal) => Promise<Finding<never>> {
  let which: WhichJob | undefined = 'path' in job ? undefined : job;
  return async (signal) => {
    if ('path' in job && which === undefined) {
      const dryRun = await exchange.attempt(job, attemptTimeout, signal);
      if (!dryRun.ok) return { kind: 'unclear', final: dryRun.final };
      which = dryRun.value;
    }
    const newest = { method: 'GET', path: '/jobs?page=1', answer: jobsAnswer, token: 'none' } as const;
    const listed = await exchange.attempt(newest, attemptTimeout, signal);
    if (!listed.ok) return { kind: 'unclear', final: listed.final };
    const last = listed.value.find((one) => isOf(one, which));
    const runs = last?.status === 'starting' || last?.status === 'running';
    return runs ? { kind: 'again' } : { kind: 'unclear', final: false };
  };
}

/** The API calls a job's action its type. */
const isOf = (job: Job, which: WhichJob | DryRun | undefined): boolean =>
  job.target === which?.target && job.env === which.env && job.jobType === which.action;

/**
 * Whether a job is deleted by now. If so nothing is sent again: a second delete would remove what somebody may have started
 * in its place since, for both have one name in Kubernetes.
 */
export function findDeleted(
  exchange: Exchange,
  { attemptTimeout }: CallSettings,
  path: string,
): (signal: AbortSignal) => Promise<Finding<Job>> {
  const request = { method: 'GET', path, answer: jobAnswer, token: 'none' } as const;
  return async (signal) => {
    const read = await exchange.attempt(request, attemptTimeout, signal);
    if (!read.ok) return { kind: 'unclear', final: read.final };
    return read.value.status === 'deleted' ? { kind: 'done', value: read.value } : { kind: 'again' };
  };
}
