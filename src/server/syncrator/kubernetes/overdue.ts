import type { ClusterJobs } from './cluster-jobs.ts';
import { fateOf, type JobFate } from './job-fate.ts';
import { markedId } from './job-marks.ts';
import type { RunnerSettings } from './runner-options.ts';

/** The ids of the jobs of which store and cluster tell different things, as far as a list of the Jobs shows. */
export async function overdue(
  { store, statusFrom }: RunnerSettings,
  jobs: ClusterJobs,
): Promise<ReadonlySet<number>> {
  const unfinished = new Set(await store.unfinished());
  // Those without any Job among them.
  const found = new Set(unfinished);
  const running = new Set<number>();
  for await (const job of jobs.all()) {
    const id = markedId(job);
    const fate = fateOf(job);
    if (id === undefined) continue;
    if (unfinished.has(id)) {
      if (fate === 'ready' && statusFrom === 'program') running.add(id);
    } else if (!ENDED.has(fate)) found.add(id);
  }
  for (const id of running) found.delete(id);
  return found;
}

/** There is nothing left to do about these. */
const ENDED: ReadonlySet<JobFate> = new Set(['complete', 'failed', 'going']);
