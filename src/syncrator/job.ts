/** What a predefined job does: all of it, what is new, what is gone, or the last two. */
export type JobAction = 'sync' | 'delta' | 'delete' | 'diff';

export type JobStatus = 'starting' | 'running' | 'completed' | 'failed' | 'deleted';

/** One start of a synchronisation, as the API keeps it. */
export interface Job {
  readonly id: number;
  /** The `SyncJob` of it; null until its program has reported. */
  readonly syncId: number | null;
  readonly target: string;
  readonly env: string;
  readonly jobType: JobAction;
  readonly status: JobStatus;
  readonly createdAt: Date;
  /** Some servers never change it. */
  readonly updatedAt: Date;
}

/** What the started program itself reports. */
export interface SyncJob {
  readonly id: number;
  readonly startTime: Date | null;
  readonly endTime: Date | null;
  readonly dataSource: string;
  readonly type: string;
  /** 0 when unknown. */
  readonly totalRecords: number;
  /** Null while it runs. */
  readonly completed: boolean | null;
  readonly options: string;
  readonly version: string;
  /** Without credentials. */
  readonly targetDatastoreUrl: string;
}

export interface JobDetail extends Job {
  /** There once `syncId` is set. */
  readonly syncJob?: SyncJob;
}

/** Everything a job's template is filled with. */
export interface JobParams {
  readonly target: string;
  readonly env: string;
  /** Names the Kubernetes Job. */
  readonly actionName: string;
  /** The program's command. */
  readonly action: string;
  /** The image's tag. */
  readonly isTag: string;
  /** The program's options. */
  readonly options: string;
  /** In place of the program's own query; servers of the first version do not know it. */
  readonly mamMainQuery?: string | undefined;
}

/** `jobId` is that of the job now running: a new one, or the one that ran already. */
export interface StartedJob extends JobParams {
  readonly jobId: number;
  readonly result: string;
}

/** What a start would have done, in `result`. */
export interface DryRun extends JobParams {
  readonly result: string;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface AccessToken {
  readonly accessToken: string;
  /** Seconds, from when it was asked for. */
  readonly expiresIn: number;
  readonly tokenType: string;
  readonly expiresAt: Date;
}
