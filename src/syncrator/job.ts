/** What a predefined job does: all of it, what is new, what is gone, or the last two. */
export type JobAction = 'sync' | 'delta' | 'delete' | 'diff';

/** How far a job is. `completed`, `failed` and `deleted` are ends. */
export type JobStatus = 'starting' | 'running' | 'completed' | 'failed' | 'deleted';

/** One start of a synchronisation, as the API keeps it. */
export interface Job {
  /** Given by the server. */
  readonly id: number;
  /** The `SyncJob` of it; null until its program has reported. */
  readonly syncId: number | null;
  /** What is synchronised, as `avo`. */
  readonly target: string;
  /** Where, as `qas`. */
  readonly env: string;
  /** What it does. */
  readonly jobType: JobAction;
  /** How far it is. */
  readonly status: JobStatus;
  /** When it was started. */
  readonly createdAt: Date;
  /** Some servers never change it. */
  readonly updatedAt: Date;
}

/** What the started program itself reports. */
export interface SyncJob {
  /** Given by whoever keeps it; not that of the `Job`. */
  readonly id: number;
  /** When the program began; null where it did not say. */
  readonly startTime: Date | null;
  /** When the program ended; null while it runs. */
  readonly endTime: Date | null;
  /** Where the records come from, in the words of the program. */
  readonly dataSource: string;
  /** What it does, in the words of the program. */
  readonly type: string;
  /** 0 when unknown. */
  readonly totalRecords: number;
  /** Null while it runs. */
  readonly completed: boolean | null;
  /** What the program was started with. */
  readonly options: string;
  /** Of the program. */
  readonly version: string;
  /** Without credentials. */
  readonly targetDatastoreUrl: string;
}

/** A job with what its program has reported. */
export interface JobDetail extends Job {
  /** There once `syncId` is set. */
  readonly syncJob?: SyncJob;
}

/** Everything a job's template is filled with. */
export interface JobParams {
  /** What is synchronised, as `avo`. */
  readonly target: string;
  /** Where, as `qas`. */
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
  /** To follow it by. */
  readonly jobId: number;
  /** The server's own words. */
  readonly result: string;
}

/** What a start would have done, in `result`. */
export interface DryRun extends JobParams {
  /** The server's own words: what it would do. */
  readonly result: string;
}

/** What one logs in with. */
export interface Credentials {
  /** As the server knows it. */
  readonly username: string;
  /** Sent in the body of the login, and shown nowhere. */
  readonly password: string;
}

/** What a login gives. */
export interface AccessToken {
  /** Sent as `Authorization: Bearer`. */
  readonly accessToken: string;
  /** Seconds, from when it was asked for. */
  readonly expiresIn: number;
  /** As the server calls it: `Bearer`. */
  readonly tokenType: string;
  /** When it ends, by the client's clock. */
  readonly expiresAt: Date;
}
