import { ConfigError } from '../../../core/errors.ts';
import { KubernetesError } from '../../../kube/errors.ts';
import type { Job } from '../../../syncrator/job.ts';
import { isUnfinished, type StoredStart } from '../job-store.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { failureReason, fateOf } from './job-fate.ts';
import { heldJob, isMadeFor, type KubernetesJob, markedId, markedJob, nameOfRun } from './job-marks.ts';
import { letRun } from './let-run.ts';
import type { Look } from './look-queue.ts';
import { Patience } from './patience.ts';
import type { RunnerSettings } from './runner-options.ts';

/** Milliseconds until it is looked again whether a Job that has to go has gone. */
const PAUSE = 250;

const SETTLED: Look = { settled: true };
const AT_ONCE: Look = { settled: false, again: 0 };
const SOON: Look = { settled: false, again: PAUSE };

/**
 * Brings the store and the cluster together, one job at a time: what is to run is made, what ended is told, what is
 * deleted goes. Nothing is remembered from one look to the next but how long it has waited, so that a look may be the first of a
 * new process, and several processes may look at the same job:
 *
 * 1. The Job is created held back. Of several that were created for one job, in whatever order and however late,
 * 2. the store takes one as the job's claim, once and for ever, and only while the job is unfinished.
 * 3. Only that one is ever let run. Once it is claimed none is created, so one that is gone has failed.
 */
export class JobKeeper {
  readonly #settings: RunnerSettings;
  readonly #jobs: ClusterJobs;
  readonly #signal: AbortSignal;
  readonly #patience: Patience;

  constructor(settings: RunnerSettings, jobs: ClusterJobs, signal: AbortSignal) {
    this.#settings = settings;
    this.#jobs = jobs;
    this.#signal = signal;
    this.#patience = new Patience(settings.clock, settings.startTimeout);
  }

  async look(id: number): Promise<Look> {
    const start = await this.#settings.store.startOf(id);
    if (start === undefined) return SETTLED;
    const { runBy } = start;
    // Before the cluster is asked, which may be away: whatever was created of it is held back, and #leave removes it.
    if (isUnfinished(start.job) && runBy === undefined && this.#isLate(id)) {
      return this.#fail(
        start.job,
        `no Kubernetes Job could be made within ${this.#settings.startTimeout} ms`,
      );
    }
    const made = await this.#jobs.madeFor(start.job);
    if (!isUnfinished(start.job)) return this.#leave(start.job, made);
    if (runBy === undefined) {
      const [job] = made;
      return job === undefined ? this.#make(start) : this.#claim(start, job);
    }
    for (const job of made) if (nameOfRun(job) !== runBy) await this.#jobs.delete(job);
    const claimed = made.find((job) => nameOfRun(job) === runBy);
    if (claimed === undefined) return this.#fail(start.job, 'its Kubernetes Job is gone');
    return this.#follow(start, claimed);
  }

  /** What of an ended job must not be left: all of a deleted one, and what never ran. The rest stays, for its logs. */
  async #leave({ id, status }: Job, made: readonly KubernetesJob[]): Promise<Look> {
    this.#patience.forget(id);
    for (const job of made) {
      if (status === 'deleted' || fateOf(job) === 'held') await this.#jobs.delete(job);
    }
    return SETTLED;
  }

  async #make({ job, params, runBy }: StoredStart): Promise<Look> {
    let created: KubernetesJob | undefined;
    try {
      const wanted = heldJob(markedJob(this.#settings.planner.job(params, job.id), job.id), job);
      const before = await this.#jobs.get(wanted.metadata?.name ?? '');
      if (before !== undefined) return await this.#clear(job, before);
      created = await this.#jobs.create(wanted);
    } catch (error) {
      const isFinal =
        error instanceof ConfigError ||
        (error instanceof KubernetesError && !error.retryable && !error.uncertain);
      if (!isFinal) throw error;
      return this.#fail(job, 'its Kubernetes Job was refused', error);
    }
    if (created === undefined || !isMadeFor(created, job)) return AT_ONCE;
    return this.#claim({ job, params, runBy }, created);
  }

  /** Removes the Job that has the name, as those before it are; not one whose API job is unfinished. */
  async #clear(job: Job, before: KubernetesJob): Promise<Look> {
    if (isMadeFor(before, job)) return AT_ONCE;
    const otherId = markedId(before);
    const other = otherId === undefined ? undefined : await this.#settings.store.startOf(otherId);
    if (other !== undefined && isMadeFor(before, other.job) && isUnfinished(other.job)) {
      return this.#fail(job, `job ${other.job.id} is ${other.job.status} under the same Kubernetes name`);
    }
    await this.#jobs.delete(before);
    return SOON;
  }

  async #claim(start: StoredStart, job: KubernetesJob): Promise<Look> {
    if (fateOf(job) === 'going') return SOON;
    const name = nameOfRun(job);
    if (await this.#settings.store.claim(start.job.id, name)) {
      return this.#follow({ ...start, runBy: name }, job);
    }
    // The API job has ended meanwhile, or another process was first.
    await this.#jobs.delete(job);
    return AT_ONCE;
  }

  async #follow(start: StoredStart, job: KubernetesJob): Promise<Look> {
    const { store, statusFrom } = this.#settings;
    const { id } = start.job;
    const failedPods = job.status?.failed ?? 0;
    switch (fateOf(job)) {
      case 'complete':
        if (statusFrom === 'program') return this.#fail(start.job, 'its program ended without reporting');
        await store.move(id, 'completed');
        this.#patience.forget(id);
        return SETTLED;
      case 'failed':
        return this.#fail(start.job, `its Kubernetes Job failed: ${failureReason(job)}`);
      case 'going':
        return SETTLED;
      case 'held':
        return this.#release(start, job);
      case 'ready':
        this.#patience.started(id, failedPods);
        if (statusFrom === 'job') await store.move(id, 'running');
        return SETTLED;
      case 'waiting':
        return this.#wait(start.job, job, failedPods);
    }
  }

  async #release(start: StoredStart, job: KubernetesJob): Promise<Look> {
    const { id } = start.job;
    if ((this.#patience.left(id, 0) ?? 1) <= 0)
      return this.#giveUp(start.job, job, 'it could not be let run');
    const outcome = await letRun(this.#settings, this.#jobs, start, job, this.#signal);
    if (outcome.outcome === 'refused') {
      await this.#jobs.delete(job);
      return this.#fail(start.job, 'what has to be done before its start was refused', outcome.error);
    }
    if (outcome.outcome === 'changed') return AT_ONCE;
    this.#settings.logger.info(`job ${id} was let run`, { run: nameOfRun(job) });
    return { settled: true, again: this.#patience.left(id, 0) };
  }

  async #wait(apiJob: Job, job: KubernetesJob, failedPods: number): Promise<Look> {
    // Its program has reported: it runs, though no probe may ever find its pod ready, or the cluster count that at all.
    if (apiJob.status === 'running' && failedPods === 0) {
      this.#patience.started(apiJob.id, failedPods);
      return SETTLED;
    }
    const left = this.#patience.left(apiJob.id, failedPods);
    if (left !== undefined && left <= 0) return this.#giveUp(apiJob, job, 'no pod of its Kubernetes Job ran');
    return { settled: true, again: left };
  }

  #isLate(id: number): boolean {
    return (this.#patience.left(id, 0) ?? 1) <= 0;
  }

  async #giveUp(apiJob: Job, job: KubernetesJob, why: string): Promise<Look> {
    // First, for nobody would look for it afterwards.
    await this.#jobs.delete(job);
    return this.#fail(apiJob, `${why} within ${this.#settings.startTimeout} ms`);
  }

  /** Only where it is still unfinished, as `move` has it: what the program reported before it ended counts. */
  async #fail({ id }: Job, why: string, error?: unknown): Promise<Look> {
    const { store, logger } = this.#settings;
    this.#patience.forget(id);
    const moved = await store.move(id, 'failed');
    if (moved?.status === 'failed') {
      logger.warn(`job ${id} failed: ${why}`, error === undefined ? {} : { error });
    }
    return SETTLED;
  }
}
