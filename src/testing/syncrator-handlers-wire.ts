import type { JobDetail, SyncJob } from '../syncrator/job.ts';

/** A job as the API answers it. */
export function jobFields(job: JobDetail): object {
  return {
    created_at: job.createdAt.toUTCString(),
    env: job.env,
    id: job.id,
    job_type: job.jobType,
    status: job.status,
    sync_id: job.syncId,
    ...(job.syncJob === undefined ? {} : { sync_job: syncFields(job.syncJob) }),
    target: job.target,
    updated_at: job.updatedAt.toUTCString(),
  };
}

/** Its synchronisation, where its program has reported one. */
export const syncJobFields = ({ syncJob }: JobDetail): object[] =>
  syncJob === undefined ? [] : [syncFields(syncJob)];

function syncFields(syncJob: SyncJob): object {
  return {
    completed: syncJob.completed,
    data_source: syncJob.dataSource,
    end_time: syncJob.endTime?.toUTCString() ?? null,
    id: syncJob.id,
    options: syncJob.options,
    start_time: syncJob.startTime?.toUTCString() ?? null,
    target_datastore_url: syncJob.targetDatastoreUrl,
    total_records: syncJob.totalRecords,
    type: syncJob.type,
    version: syncJob.version,
  };
}

type Fields = Readonly<Record<string, string>>;

/** The parameters in a body; undefined where one is missing. */
export function bodyParams(body: unknown): Fields | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(body));
  const names = ['target', 'env', 'action_name', 'action', 'is_tag', 'options'];
  if (names.some((name) => typeof given.get(name) !== 'string')) return undefined;
  if (typeof given.get('mam_main_query') === 'string') names.push('mam_main_query');
  return Object.fromEntries(names.map((name) => [name, String(given.get(name))]));
}

/** A start in one of the two spellings that there are. */
export function startFields(fields: Fields, id: number, spelling: 'upper' | 'lower'): object {
  if (spelling === 'lower') return { ...fields, api_job_id: id, result: 'starting' };
  return { ...upperCase(fields, id), job_id: id, result: 'starting' };
}

/** Shows no command and no secret. */
export function dryRunFields(fields: Fields): object {
  const { target, env, action_name: name } = fields;
  return {
    ...upperCase(fields, 'dryrun'),
    job_id: 'dryrun',
    result: `would start syncrator-${env}-${target}-${name}`,
  };
}

function upperCase(fields: Fields, id: number | 'dryrun'): object {
  const { options = '' } = fields;
  const all = { ...fields, options: `${options} --api_job_id ${id}` };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name.toUpperCase(), value]));
}
