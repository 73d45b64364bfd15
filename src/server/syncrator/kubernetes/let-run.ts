import { randomUUID } from 'node:crypto';
import { HoldfastError } from '../../../core/errors.ts';
import { isUnfinished, type StoredStart } from '../job-store.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { fateOf } from './job-fate.ts';
import { type KubernetesJob, nameOfRun } from './job-marks.ts';
import type { RunnerSettings } from './runner-options.ts';

type Outcome =
  | { readonly outcome: 'running' }
  /** Somebody else has changed the Job, or the API job, meanwhile. */
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'refused'; readonly error: unknown };

/**
 * Lets a claimed Job run, once what has to be done before it is done. While that is done no process does the same, and the
 * Job stays held back.
 */
export async function letRun(
  { store, beforeStart, planner }: RunnerSettings,
  jobs: ClusterJobs,
  { job: { id }, params }: StoredStart,
  job: KubernetesJob,
  signal: AbortSignal,
): Promise<Outcome> {
  if (!beforeStart?.applies(params)) return release(jobs, job);
  return store.exclusively(async () => {
    const start = await store.startOf(id);
    const found = await jobs.get(job.metadata?.name ?? '');
    if (start === undefined || !isUnfinished(start.job)) return CHANGED;
    if (found === undefined || nameOfRun(found) !== nameOfRun(job) || fateOf(found) !== 'held')
      return CHANGED;
    const touched = await jobs.replace(touch(found));
    if (touched === undefined) return CHANGED;
    const error = await refusal(beforeStart.prepare(planner.programParams(params, id), { signal }));
    if (error !== undefined) return { outcome: 'refused', error };
    // That took its time: what was deleted meanwhile must not run, not even until it is removed.
    const prepared = await store.startOf(id);
    return prepared !== undefined && isUnfinished(prepared.job) ? release(jobs, touched) : CHANGED;
  }, signal);
}

const CHANGED: Outcome = { outcome: 'changed' };

async function release(jobs: ClusterJobs, job: KubernetesJob): Promise<Outcome> {
  return (await jobs.release(job)) === undefined ? CHANGED : { outcome: 'running' };
}

/**
 * A release that an earlier try has sent, and that is still under way, names the version of before: after this it cannot let
 * the Job run in the midst of what is being done.
 */
function touch(job: KubernetesJob): KubernetesJob {
  const annotations = { ...job.metadata?.annotations, 'holdfast/preparation': randomUUID() };
  return { ...job, metadata: { ...job.metadata, annotations } };
}

/** Why it will never work; what may work later is thrown. */
async function refusal(prepared: Promise<void>): Promise<HoldfastError | undefined> {
  try {
    await prepared;
    return undefined;
  } catch (error) {
    if (error instanceof HoldfastError && !error.retryable) return error;
    throw error;
  }
}
