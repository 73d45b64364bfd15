import * as v from 'valibot';
import { type Clock, systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { count, having, milliseconds, validate } from '../core/validate.ts';
import type { JobAction, JobDetail, JobParams, JobStatus, SyncJob } from '../syncrator/job.ts';

/** Milliseconds after its start at which a job gets on by itself. */
export interface JobLife {
  /** @default 1_000 */
  readonly running?: number | undefined;
  /** @default 3_000 */
  readonly completed?: number | undefined;
  /** What it reports at its end. @default 20 */
  readonly totalRecords?: number | undefined;
}

/** Options of `SyncratorJobs`. */
export interface SyncratorJobsOptions {
  /** Jobs that are there from the beginning. @default none */
  readonly jobs?: readonly JobDetail[] | undefined;
  /** Jobs get on by themselves, as the clock goes; `false`: only as the test says. @default false */
  readonly life?: JobLife | false | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** The jobs of a stand-in syncrator server: the test moves them on, and sees what was started. */
export class SyncratorJobs {
  readonly #clock: Clock;
  readonly #life: JobLife | false;
  /** By id. */
  readonly #jobs = new Map<number, JobDetail>();
  /** When a job that gets on by itself was started; a test's own word ends that. */
  readonly #startedAt = new Map<number, number>();

  /** @throws ConfigError for options that are wrong */
  constructor(options: SyncratorJobsOptions = {}) {
    const { jobs = [], life = false, clock = systemClock } = validate(jobsOptions, options, 'options');
    this.#clock = clock;
    this.#life = life;
    for (const job of jobs) this.#jobs.set(job.id, job);
  }

  /** As they are now, newest first. */
  list(): JobDetail[] {
    return [...this.#jobs.keys()].sort((one, other) => other - one).map((id) => this.get(id));
  }

  /**
   * As it is now.
   *
   * @throws ConfigError where there is none of that id
   */
  get(id: number): JobDetail {
    const job = this.#jobs.get(id);
    if (job === undefined) {
      const known = [...this.#jobs.keys()].join(', ') || 'none';
      throw new ConfigError([{ path: 'id', message: `there is no job ${id}; there are ${known}` }]);
    }
    const startedAt = this.#startedAt.get(id);
    if (startedAt === undefined || this.#life === false) return job;
    return this.#aged(job, this.#clock.monotonic() - startedAt, this.#life);
  }

  /** Whether there is a job of that id. */
  has(id: number): boolean {
    return this.#jobs.has(id);
  }

  /** A new job, or the one of that target, env and action that is starting or running. */
  start(params: Pick<JobParams, 'target' | 'env' | 'action'>): JobDetail {
    const last = this.list().find(
      (job) => job.target === params.target && job.env === params.env && job.jobType === params.action,
    );
    if (last?.status === 'starting' || last?.status === 'running') return last;
    const now = this.#now();
    const job: JobDetail = {
      id: Math.max(0, ...this.#jobs.keys()) + 1,
      syncId: null,
      target: params.target,
      env: params.env,
      jobType: params.action as JobAction,
      status: 'starting',
      createdAt: now,
      updatedAt: now,
    };
    this.#jobs.set(job.id, job);
    this.#startedAt.set(job.id, this.#clock.monotonic());
    return job;
  }

  /** Its program has begun, and has counted so many records until now. */
  run(id: number, totalRecords = 0): JobDetail {
    return this.#move(id, 'running', { totalRecords, completed: null, endTime: null });
  }

  /**
   * Its program has come to a good end, and has counted so many records in all.
   *
   * @throws ConfigError where there is none of that id
   */
  complete(id: number, totalRecords = 20): JobDetail {
    return this.#move(id, 'completed', { totalRecords, completed: true, endTime: this.#now() });
  }

  /** Its program has failed. @throws ConfigError where there is none of that id */
  fail(id: number): JobDetail {
    return this.#move(id, 'failed', { completed: false, endTime: this.#now() });
  }

  /** Somebody has deleted it. @throws ConfigError where there is none of that id */
  delete(id: number): JobDetail {
    return this.#set({ ...this.get(id), status: 'deleted' });
  }

  #move(id: number, status: JobStatus, change: Partial<SyncJob>): JobDetail {
    const job = this.get(id);
    const syncJob = { ...(job.syncJob ?? this.#syncJob(job)), ...change };
    return this.#set({ ...job, status, syncId: syncJob.id, syncJob });
  }

  #set(job: JobDetail): JobDetail {
    const changed = { ...job, updatedAt: this.#now() };
    this.#jobs.set(job.id, changed);
    this.#startedAt.delete(job.id);
    return changed;
  }

  #aged(job: JobDetail, age: number, life: JobLife): JobDetail {
    const { running = 1_000, completed = 3_000, totalRecords = 20 } = life;
    if (age < Math.min(running, completed)) return job;
    const begun = this.#syncJob(job);
    const at = (after: number) => new Date(job.createdAt.getTime() + after);
    const syncJob = { ...begun, startTime: at(running) };
    if (age < completed) return { ...job, status: 'running', syncId: begun.id, syncJob };
    return {
      ...job,
      status: 'completed',
      syncId: begun.id,
      syncJob: { ...syncJob, completed: true, endTime: at(completed), totalRecords },
    };
  }

  #syncJob(job: JobDetail): SyncJob {
    return {
      id: 2000 + job.id,
      startTime: this.#now(),
      endTime: null,
      dataSource: 'mam harvester-AvO',
      type: job.jobType,
      totalRecords: 0,
      completed: null,
      options: '[nil, nil]',
      version: '2.4.0',
      targetDatastoreUrl: `postgres://<FILTERED>@postgresql-${job.env}.example:5432/${job.target}_${job.env}`,
    };
  }

  /** The API's times have whole seconds. */
  #now(): Date {
    return new Date(Math.floor(this.#clock.now() / 1000) * 1000);
  }
}

const jobLife = v.strictObject({
  running: v.optional(milliseconds()),
  completed: v.optional(milliseconds()),
  totalRecords: v.optional(count(0)),
});

/** Checked as far as a slip goes: what a job looks like, TypeScript says. */
export const jobList = v.custom<readonly JobDetail[]>(
  (value) => Array.isArray(value),
  ({ received }) => `expected an array of jobs, received ${received}`,
);

const jobsOptions = v.strictObject({
  jobs: v.optional(jobList),
  // Not a union: that would report what is wrong with either form.
  life: v.optional(v.lazy((value) => (value === false ? v.literal(false) : jobLife))),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
});
