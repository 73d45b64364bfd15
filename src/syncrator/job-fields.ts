import { withoutCredentials } from './datastore-url.ts';
import type { JobDetail, SyncJob } from './job.ts';

/** A job as a server answers it; its times have whole seconds (RFC 1123). */
export function jobFields(job: JobDetail): object {
  return {
    created_at: job.createdAt.toUTCString(),
    env: job.env,
    id: job.id,
    job_type: job.jobType,
    status: job.status,
    sync_id: job.syncId,
    ...(job.syncJob === undefined ? {} : { sync_job: syncJobFields(job.syncJob) }),
    target: job.target,
    updated_at: job.updatedAt.toUTCString(),
  };
}

/** What a job's program has reported, without credentials. */
export function syncJobFields(syncJob: SyncJob): object {
  return {
    completed: syncJob.completed,
    data_source: syncJob.dataSource,
    end_time: syncJob.endTime?.toUTCString() ?? null,
    id: syncJob.id,
    options: syncJob.options,
    start_time: syncJob.startTime?.toUTCString() ?? null,
    target_datastore_url: withoutCredentials(syncJob.targetDatastoreUrl),
    total_records: syncJob.totalRecords,
    type: syncJob.type,
    version: syncJob.version,
  };
}
