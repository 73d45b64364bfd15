import { defineError, HoldfastError } from '../../core/errors.ts';
import type { Job, JobDetail, JobStatus, SyncJob } from '../../syncrator/job.ts';

/**
 * Where the jobs of a syncrator server stand: a port, of which `sqliteJobStore` is one. What a method has resolved for is
 * still there after a restart. The started programs write to the same place, so a job may be in another state at each look.
 * Times have milliseconds, and `updatedAt` changes with the status, whoever changes it.
 */
export interface JobStore extends AsyncDisposable {
  /**
   * The one way in which a job begins. Of any number of starts of one target, env and action at once, from any number of
   * processes, one makes a job.
   */
  start(params: StartParams): Promise<StartOutcome>;
  /** With what its program has reported; `undefined` for an id that is not there. */
  job(id: number): Promise<JobDetail | undefined>;
  /** Newest first; empty past the end. */
  jobs(page: PageOfJobs): Promise<readonly Job[]>;
  /** Newest first; empty past the end. The programs report these, also those that nobody started here. */
  syncJobs(page: PageOfJobs): Promise<readonly SyncJob[]>;
  /**
   * Moves a job on and gives it as it is then: forwards only, so that whoever comes late changes nothing. `deleted` is
   * taken in any state and is final. `undefined` for an id that is not there.
   */
  move(id: number, status: Exclude<JobStatus, 'starting'>): Promise<Job | undefined>;
  /** What it takes to start a job, or to find out whether it was. */
  startOf(id: number): Promise<StoredStart | undefined>;
  /** The ids of all jobs that are `starting` or `running`, oldest first. */
  unfinished(): Promise<readonly number[]>;
  /**
   * Names what runs an unfinished job. The first name stays: `true` only where it is this one, so that of two who have
   * prepared the same job one may let it run.
   */
  claim(id: number, runBy: string): Promise<boolean>;
  /**
   * Does the work while nobody else, in any process on this store, does any under this method; what has ended holds
   * nobody up, however it ended. Waits for its turn.
   * @throws the signal's reason while it waits; what the work throws
   */
  exclusively<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** May be called twice. */
  close(): Promise<void>;
}

/**
 * What a job's template is filled with, by the names that stand in the template. ACTION is the job's type; ACTION_NAME
 * names what runs it.
 */
export interface StartParams {
  /** What is synchronised, as `avo`. */
  readonly TARGET: string;
  /** Where, as `qas`. */
  readonly ENV: string;
  /** Names what runs the job. */
  readonly ACTION_NAME: string;
  /** The job's type: `sync`, `delta`, `delete` or `diff`. */
  readonly ACTION: string;
  /** The image's tag. */
  readonly IS_TAG: string;
  /** The program's options. */
  readonly OPTIONS: string;
  readonly [name: string]: string;
}

/** How a start came out: */
export interface StartOutcome {
  /**
   * `created`: this is the new job. `unfinished`: the last job of that target, env and action, which still starts or runs;
   * nothing was made. `occupied`: an unfinished job of another action that has the same target, env and ACTION_NAME, and
   * so would be replaced; nothing was made.
   */
  readonly outcome: 'created' | 'unfinished' | 'occupied';
  /** The job that `outcome` speaks of. */
  readonly job: Job;
}

/** A job with all that it takes to start it. */
export interface StoredStart {
  /** As it is now. */
  readonly job: Job;
  /** What its template is filled with. */
  readonly params: StartParams;
  /** What `claim` was first called with. */
  readonly runBy: string | undefined;
}

/** A part of a list. */
export interface PageOfJobs {
  /** Counted from 1. */
  readonly page: number;
  /** How many are on a page. */
  readonly size: number;
}

/** Whether a job still starts or runs. */
export const isUnfinished = ({ status }: Job): boolean => status === 'starting' || status === 'running';

/** The store cannot be read or written; the cause tells why. What was asked for has not happened. */
export class JobStoreError extends HoldfastError {
  static {
    defineError(this, 'JobStoreError');
  }

  /** `retryable` where the same call may come out well later, as when another process kept the file for too long. */
  constructor(message: string, options: { readonly cause: unknown; readonly retryable: boolean }) {
    super(message, { code: 'JOB_STORE', ...options });
  }
}
