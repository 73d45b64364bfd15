import type { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../../core/errors.ts';

/** Milliseconds that a statement waits for another process that is writing. The whole process stands still meanwhile. */
const BUSY_TIMEOUT = 2_000;

/**
 * Opens, or creates, the file of a job store. Tables that are there are kept, and columns that they lack are added.
 * @throws {ConfigError} where the file cannot be opened or is not one of these
 */
export async function openJobDatabase(path: string): Promise<DatabaseSync> {
  // Not at the top: the module warns on Node 22, also those who have no job store.
  const { DatabaseSync } = await import('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
    // FULL, so that a job that was answered to a client outlives a power cut as well.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    database.exec('BEGIN IMMEDIATE');
    for (const [table, columns] of Object.entries(TABLES)) makeTable(database, table, columns);
    database.exec(`${SCHEMA}; COMMIT`);
    return database;
  } catch (cause) {
    database?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot use ${JSON.stringify(path)} (${reason}); pass the path of a SQLite file of earlier jobs, or of a new one in a folder that exists`;
    throw new ConfigError([{ path: 'path', message }], { cause });
  }
}

function makeTable(database: DatabaseSync, table: string, columns: Readonly<Record<string, string>>): void {
  const described = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  // AUTOINCREMENT never gives the id of a removed row again: a Job that is still about would be taken for the new one's.
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY AUTOINCREMENT, ${described.join(', ')})`,
  );
  const known = new Set(
    database
      .prepare(`SELECT name FROM pragma_table_info(?)`)
      .all(table)
      .map(({ name }) => name),
  );
  for (const [name, type] of Object.entries(columns)) {
    if (!known.has(name)) database.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`);
  }
}

/** Those that the started programs write to, under the names that they know. */
const TABLES = {
  api_jobs: {
    sync_id: 'INTEGER',
    target: 'VARCHAR',
    env: 'VARCHAR',
    job_type: 'VARCHAR',
    status: 'VARCHAR',
    job_params: 'JSON',
    created_at: 'DATETIME',
    updated_at: 'DATETIME',
  },
  syncs: {
    start_time: 'DATETIME',
    end_time: 'DATETIME',
    data_source: 'VARCHAR',
    type: 'VARCHAR',
    total_records: 'NUMERIC',
    completed: 'BOOLEAN',
    options: 'VARCHAR',
    version: 'VARCHAR',
    target_datastore_url: 'VARCHAR',
  },
};

/** The programs write a status and nothing else, so what follows from that is done here, whoever writes. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS api_job_claims (api_job_id INTEGER PRIMARY KEY, run_by VARCHAR NOT NULL);
CREATE INDEX IF NOT EXISTS api_jobs_last ON api_jobs (target, env, job_type, id);
CREATE INDEX IF NOT EXISTS api_jobs_unfinished ON api_jobs (id)
  WHERE status NOT IN ('completed', 'failed', 'deleted');
CREATE TRIGGER IF NOT EXISTS api_jobs_touched AFTER UPDATE OF status ON api_jobs
  WHEN NEW.status IS NOT OLD.status AND NEW.updated_at IS OLD.updated_at
  BEGIN
    UPDATE api_jobs SET updated_at = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
  END;
CREATE TRIGGER IF NOT EXISTS api_jobs_deleted BEFORE UPDATE OF status ON api_jobs
  WHEN OLD.status = 'deleted' AND NEW.status IS NOT 'deleted'
  BEGIN
    UPDATE api_jobs SET sync_id = NEW.sync_id WHERE id = OLD.id;
    SELECT RAISE(IGNORE);
  END`;
