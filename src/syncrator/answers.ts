import * as v from 'valibot';
import { ConfigError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { count, oneOf, validate } from '../core/validate.ts';
import type { HttpAnswer } from '../http/message.ts';
import { withoutCredentials } from './datastore-url.ts';
import { UnexpectedAnswerError } from './errors.ts';
import type { Job, JobDetail, SyncJob } from './job.ts';

/** Reads an answer's JSON. Fields that the schema does not name are passed over. */
export function parseAnswer<Schema extends v.GenericSchema>(
  schema: Schema,
  answer: HttpAnswer,
  { method, url }: { readonly method: string; readonly url: string },
): v.InferOutput<Schema> {
  try {
    return validate(schema, jsonOf(answer.body), 'answer');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UnexpectedAnswerError(method, redactUrl(url), error.issues);
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Never the parser's own words, which quote the body.
    throw new ConfigError([
      { path: 'answer', message: 'is no JSON; is this the base url of a syncrator API?' },
    ]);
  }
}

/** RFC 1123, as `Wed, 20 May 2020 16:27:27 GMT`. `Date.parse` alone takes almost anything. */
const time = v.pipe(
  v.string(),
  v.check(
    (text) => isTime(text),
    ({ input }) => `expected a time as Wed, 20 May 2020 16:27:27 GMT, received ${shown(input)}`,
  ),
  v.transform((text) => new Date(text)),
);

function isTime(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toUTCString() === text;
}

const shown = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

const id = count(0);

const syncJobFields = v.object({
  id,
  start_time: v.nullable(time),
  end_time: v.nullable(time),
  data_source: v.string(),
  type: v.string(),
  total_records: count(0),
  completed: v.nullable(v.boolean()),
  options: v.string(),
  version: v.string(),
  target_datastore_url: v.string(),
});

const jobEntries = {
  id,
  sync_id: v.nullable(id),
  target: v.string(),
  env: v.string(),
  job_type: oneOf('sync', 'delta', 'delete', 'diff'),
  status: oneOf('starting', 'running', 'completed', 'failed', 'deleted'),
  created_at: time,
  updated_at: time,
};

const jobFields = v.object(jobEntries);
const jobDetailFields = v.object({ ...jobEntries, sync_job: v.nullish(syncJobFields) });

export const jobAnswer = v.pipe(jobFields, v.transform(toJob));
export const jobDetailAnswer = v.pipe(jobDetailFields, v.transform(toJobDetail));
export const jobsAnswer = v.array(jobAnswer);
export const syncJobsAnswer = v.array(v.pipe(syncJobFields, v.transform(toSyncJob)));

function toJob(fields: v.InferOutput<typeof jobFields>): Job {
  return {
    id: fields.id,
    syncId: fields.sync_id,
    target: fields.target,
    env: fields.env,
    jobType: fields.job_type,
    status: fields.status,
    createdAt: fields.created_at,
    updatedAt: fields.updated_at,
  };
}

function toJobDetail(fields: v.InferOutput<typeof jobDetailFields>): JobDetail {
  const { sync_job: syncJob } = fields;
  return syncJob === undefined || syncJob === null
    ? toJob(fields)
    : { ...toJob(fields), syncJob: toSyncJob(syncJob) };
}

function toSyncJob(fields: v.InferOutput<typeof syncJobFields>): SyncJob {
  return {
    id: fields.id,
    startTime: fields.start_time,
    endTime: fields.end_time,
    dataSource: fields.data_source,
    type: fields.type,
    totalRecords: fields.total_records,
    completed: fields.completed,
    options: fields.options,
    version: fields.version,
    targetDatastoreUrl: withoutCredentials(fields.target_datastore_url),
  };
}
