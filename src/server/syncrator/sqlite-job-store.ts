import type { DatabaseSync } from 'node:sqlite';
import * as v from 'valibot';
import { type Clock, systemClock } from '../../core/clock.ts';
import { ClosedError, ConfigError } from '../../core/errors.ts';
import { count, having, oneOf, validate } from '../../core/validate.ts';
import type { Job, JobDetail, JobStatus, SyncJob } from '../../syncrator/job.ts';
import { errorCode, withFileLock } from './file-lock.ts';
import { type Row, toJob, toParams, toSyncJob, toTime } from './job-rows.ts';
import {
  isUnfinished,
  type JobStore,
  JobStoreError,
  type PageOfJobs,
  type StartParams,
  type StoredStart,
} from './job-store.ts';
import { openJobDatabase } from './sqlite-database.ts';

/** Options of `sqliteJobStore`. */
export interface SqliteJobStoreOptions {
  /** Dates jobs. @default the system's */
  readonly clock?: Clock | undefined;
}

/**
 * Jobs in a SQLite file, which several servers and the started programs on one machine may share: its tables are
 * `api_jobs` and `syncs`. It is opened at the first call; beside it stands `<path>-lock`.
 *
 * Its methods throw `JobStoreError` where the file cannot be read or written, `ConfigError` where it is none of these, and
 * `ClosedError` after `close()`.
 *
 * @throws ConfigError for a path that is no file's, as `:memory:`; a test can use a file in a temporary folder
 */
export function sqliteJobStore(path: string, options: SqliteJobStoreOptions = {}): JobStore {
  if (typeof path !== 'string' || path === '' || path.startsWith(':memory:')) {
    const why =
      'jobs have to outlive the process; in a test, pass a file in a temporary folder, as of mkdtemp';
    const message = `expected the path of a file, received ${JSON.stringify(path)}; ${why}`;
    throw new ConfigError([{ path: 'path', message }]);
  }
  const { clock } = validate(optionsSchema, options, 'options');
  return new SqliteJobStore(path, clock ?? systemClock);
}

const optionsSchema = v.strictObject({ clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')) });

const pageSchema = v.strictObject({ page: count(1), size: count(1) });

const paramsSchema = v.objectWithRest(
  {
    TARGET: v.string(),
    ENV: v.string(),
    ACTION_NAME: v.string(),
    ACTION: oneOf('sync', 'delta', 'delete', 'diff'),
    IS_TAG: v.string(),
    OPTIONS: v.string(),
  },
  v.string(),
);

const COLUMNS = 'id, sync_id, target, env, job_type, status, created_at, updated_at';
const ENDED = "('completed', 'failed', 'deleted')";

class SqliteJobStore implements JobStore {
  readonly #path: string;
  readonly #clock: Clock;
  #opening: Promise<DatabaseSync> | undefined;
  #closed = false;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  start(params: StartParams) {
    const { TARGET: target, ENV: env, ACTION: action } = validate(paramsSchema, params, 'params');
    return this.#write((database) => {
      const last = database
        .prepare(
          `SELECT ${COLUMNS} FROM api_jobs WHERE target = ? AND env = ? AND job_type = ? ORDER BY id DESC LIMIT 1`,
        )
        .get(target, env, action);
      if (last !== undefined && isUnfinished(toJob(last))) {
        return { outcome: 'unfinished', job: toJob(last) } as const;
      }
      const occupant = database
        .prepare(
          `SELECT ${COLUMNS} FROM api_jobs WHERE status NOT IN ${ENDED} AND target = ? AND env = ?
           AND CASE WHEN json_valid(job_params) THEN json_extract(job_params, '$.ACTION_NAME') END = ?`,
        )
        .get(target, env, params.ACTION_NAME);
      if (occupant !== undefined) return { outcome: 'occupied', job: toJob(occupant) } as const;
      const now = toTime(this.#clock.now());
      const { lastInsertRowid } = database
        .prepare(
          `INSERT INTO api_jobs (target, env, job_type, status, job_params, created_at, updated_at)
           VALUES (?, ?, ?, 'starting', ?, ?, ?)`,
        )
        .run(target, env, action, JSON.stringify(params), now, now);
      return { outcome: 'created', job: toJob(rowOf(database, Number(lastInsertRowid)) ?? {}) } as const;
    });
  }

  job(id: number): Promise<JobDetail | undefined> {
    return this.#read((database) => {
      const row = rowOf(database, id);
      if (row === undefined) return undefined;
      const job = toJob(row);
      const sync = database.prepare('SELECT * FROM syncs WHERE id = ?').get(job.syncId);
      return sync === undefined ? job : { ...job, syncJob: toSyncJob(sync) };
    });
  }

  jobs(page: PageOfJobs): Promise<readonly Job[]> {
    return this.#page(`SELECT ${COLUMNS} FROM api_jobs`, page, toJob);
  }

  syncJobs(page: PageOfJobs): Promise<readonly SyncJob[]> {
    return this.#page('SELECT * FROM syncs', page, toSyncJob);
  }

  move(id: number, status: Exclude<JobStatus, 'starting'>): Promise<Job | undefined> {
    return this.#write((database) => {
      const row = rowOf(database, id);
      if (row === undefined) return undefined;
      const job = toJob(row);
      if (!mayMove(job.status, status)) return job;
      // Later than before, also within a millisecond and where the clock was set back.
      const now = toTime(Math.max(this.#clock.now(), job.updatedAt.getTime() + 1));
      database.prepare('UPDATE api_jobs SET status = ?, updated_at = ? WHERE id = ?').run(status, now, id);
      return toJob(rowOf(database, id) ?? row);
    });
  }

  startOf(id: number): Promise<StoredStart | undefined> {
    return this.#read((database) => {
      const row = database
        .prepare(
          `SELECT ${COLUMNS}, job_params, run_by FROM api_jobs
           LEFT JOIN api_job_claims ON api_job_id = id WHERE id = ?`,
        )
        .get(id);
      const params = toParams(row?.['job_params']);
      if (row === undefined || params === undefined) return undefined;
      const runBy = row['run_by'];
      return { job: toJob(row), params, runBy: typeof runBy === 'string' ? runBy : undefined };
    });
  }

  unfinished(): Promise<readonly number[]> {
    return this.#read((database) =>
      database
        .prepare(`SELECT id FROM api_jobs WHERE status NOT IN ${ENDED} ORDER BY id`)
        .all()
        .map(({ id }) => Number(id)),
    );
  }

  claim(id: number, runBy: string): Promise<boolean> {
    return this.#write((database) => {
      const row = rowOf(database, id);
      if (row === undefined || !isUnfinished(toJob(row))) return false;
      database.prepare('INSERT OR IGNORE INTO api_job_claims VALUES (?, ?)').run(id, runBy);
      const kept = database.prepare('SELECT run_by FROM api_job_claims WHERE api_job_id = ?').get(id);
      return kept?.['run_by'] === runBy;
    });
  }

  async exclusively<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    await this.#open();
    return withFileLock(`${this.#path}-lock`, this.#clock, signal, work);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opening = this.#opening;
    this.#opening = undefined;
    // One that never opened has nothing to close, and whoever opened it was told.
    const database = await opening?.catch(() => undefined);
    database?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #page<T>(select: string, { page, size }: PageOfJobs, map: (row: Row) => T): Promise<readonly T[]> {
    validate(pageSchema, { page, size }, 'page');
    return this.#read((database) =>
      database
        .prepare(`${select} ORDER BY id DESC LIMIT ? OFFSET ?`)
        .all(size, (page - 1) * size)
        .map(map),
    );
  }

  #write<T>(work: (database: DatabaseSync) => T): Promise<T> {
    return this.#read((database) => {
      // Not one that becomes a writer later: two of those would end each other.
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work(database);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  async #read<T>(work: (database: DatabaseSync) => T): Promise<T> {
    const database = await this.#open();
    try {
      return work(database);
    } catch (cause) {
      const code = errorCode(cause);
      if (code === undefined) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new JobStoreError(`the job store cannot be used: ${reason}`, { cause, retryable: code === 5 });
    }
  }

  #open(): Promise<DatabaseSync> {
    if (this.#closed) return Promise.reject(new ClosedError('this job store'));
    if (this.#opening === undefined) {
      const opening = openJobDatabase(this.#path);
      this.#opening = opening;
      // What was wrong may be put right: the next call opens it anew.
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    }
    return this.#opening;
  }
}

const rowOf = (database: DatabaseSync, id: number): Row | undefined =>
  database.prepare(`SELECT ${COLUMNS} FROM api_jobs WHERE id = ?`).get(id);

function mayMove(from: JobStatus, to: JobStatus): boolean {
  if (to === 'deleted') return from !== 'deleted';
  return from === 'starting' || (from === 'running' && to !== 'running');
}
