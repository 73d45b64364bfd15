import type { StartParams } from './job-store.ts';

/**
 * What makes the jobs of a store run and follows them to their end: a port, of which `kubernetesRunner` is one. What it
 * finds out it writes to the store; what fails on the way is tried again, and ends the job as `failed` where that has no
 * use. Its state is the store's, so a process that was killed is taken over by the next one's `resume`.
 */
export interface Runner extends AsyncDisposable {
  /**
   * What a start with these parameters makes. Sends nothing.
   * @throws ConfigError for parameters that are missing, unknown or refused, each by its name
   */
  plan(params: StartParams, jobId: number | 'dryrun'): StartPlan;
  /**
   * Takes up every unfinished job of the store, and follows all from then on. To be called once at the start of a process;
   * resolves when each has been looked at, which takes as long as the cluster cannot be reached. Never rejects.
   */
  resume(): Promise<void>;
  /** Makes a job of the store run. Resolves when it has been let run, or has ended before. Never rejects. */
  start(id: number): Promise<void>;
  /** Removes what runs a job that the store has as `deleted`. Resolves when that was asked for. Never rejects. */
  remove(id: number): Promise<void>;
  /** Ends the following; what runs goes on and is found again by `resume`. May be called twice. */
  close(): Promise<void>;
}

/** What a start makes. */
export interface StartPlan {
  /** As the program gets them: OPTIONS with what is added to them, the job's id included. */
  readonly params: StartParams;
  /** What is created, as YAML, without secrets. */
  readonly manifest: string;
}

/** What has to be done before a job may run. */
export interface BeforeStart {
  /** Whether there is anything to do for such a job; the rest is not asked otherwise. Pure. */
  applies(params: StartParams): boolean;
  /** The parameters as the program has to get them. Pure, for a dry run asks too. */
  params(params: StartParams): StartParams;
  /**
   * Never done by two at once, nor once the program runs; done again where it failed or was cut off, unless what it
   * throws says that it is not `retryable`, which ends the job as `failed`.
   */
  prepare(params: StartParams, options: { readonly signal: AbortSignal }): Promise<void>;
}
