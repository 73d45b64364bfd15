import { withoutCredentials } from '../../syncrator/datastore-url.ts';
import type { Job, JobAction, JobStatus, SyncJob } from '../../syncrator/job.ts';
import type { StartParams } from './job-store.ts';

/** As SQLite gives it; whatever stands in it. */
export type Row = Readonly<Record<string, unknown>>;

export function toJob(row: Row): Job {
  return {
    id: Number(row['id']),
    syncId: row['sync_id'] === null ? null : Number(row['sync_id']),
    target: textOf(row['target']),
    env: textOf(row['env']),
    jobType: textOf(row['job_type']) as JobAction,
    status: statusOf(row['status']),
    createdAt: timeOf(row['created_at']) ?? new Date(0),
    updatedAt: timeOf(row['updated_at']) ?? new Date(0),
  };
}

export function toSyncJob(row: Row): SyncJob {
  const records = Number(row['total_records']);
  return {
    id: Number(row['id']),
    startTime: timeOf(row['start_time']),
    endTime: timeOf(row['end_time']),
    dataSource: textOf(row['data_source']),
    type: textOf(row['type']),
    totalRecords: Number.isSafeInteger(records) && records > 0 ? records : 0,
    completed: flagOf(row['completed']),
    options: textOf(row['options']),
    version: textOf(row['version']),
    targetDatastoreUrl: withoutCredentials(textOf(row['target_datastore_url'])),
  };
}

/** `undefined` where the column holds no parameters, as in rows that another program made. */
export function toParams(text: unknown): StartParams | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const params: unknown = JSON.parse(text);
    const isObject = typeof params === 'object' && params !== null && !Array.isArray(params);
    return isObject ? (params as StartParams) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Microseconds and no zone, in UTC, as the programs' own libraries write and read times in SQLite. */
export const toTime = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '')}000`;

const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

function timeOf(value: unknown): Date | null {
  const pattern = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,3})?\d*(?: ?(Z|UTC|[+-]\d\d:?\d\d))?$/;
  const [, day, time, fraction = '', zone = 'Z'] = pattern.exec(textOf(value)) ?? [];
  if (day === undefined) return null;
  const date = new Date(`${day}T${time}${fraction}${zone === 'UTC' ? 'Z' : zone}`);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** SQLite has no type for it: 1 and 0, or what older libraries write. */
function flagOf(value: unknown): boolean | null {
  if (value === null || value === undefined) return null;
  return /^(1|t|true)$/i.test(String(value));
}

const STATUSES: readonly string[] = ['starting', 'completed', 'failed', 'deleted'] satisfies JobStatus[];

/** Another word of a program says at least that it has begun and tells no end. */
function statusOf(value: unknown): JobStatus {
  const text = textOf(value);
  return STATUSES.includes(text) ? (text as JobStatus) : 'running';
}
