import { DatabaseSync } from 'node:sqlite';
import type { ProgramReport } from '../../../src/testing/job-store-contract.ts';

/** Writes to the tables as a started program does: the status, and nothing else of the job but its `sync_id`. */
export function report(path: string, { jobId, status, syncJob }: ProgramReport): number {
  using database = new DatabaseSync(path, { timeout: 5_000 });
  const { lastInsertRowid } = database
    .prepare(
      `INSERT INTO syncs (start_time, end_time, data_source, type, total_records, completed, options, version,
       target_datastore_url) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      timeOf(syncJob.startTime),
      timeOf(syncJob.endTime),
      syncJob.dataSource,
      syncJob.type,
      syncJob.totalRecords,
      syncJob.completed === null ? null : Number(syncJob.completed),
      syncJob.options,
      syncJob.version,
      syncJob.targetDatastoreUrl,
    );
  const id = Number(lastInsertRowid);
  database.prepare('UPDATE api_jobs SET status = ?, sync_id = ? WHERE id = ?').run(status, id, jobId);
  return id;
}

const timeOf = (date: Date | null) => date?.toISOString().replace('T', ' ').replace('Z', '000') ?? null;
