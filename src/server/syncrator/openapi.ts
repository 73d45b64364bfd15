import { answer, body, detail, details, list, object, ref, text, unfit, whole } from '../openapi-parts.ts';

export interface Described {
  readonly hasLogin: boolean;
  readonly hasToken: boolean;
}

/** The description of the app, for `GET /openapi.json`. */
export function openapi({ hasLogin, hasToken }: Described): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Syncrator',
      version: '1.0.0',
      description: 'Starts synchronisation jobs, and keeps what becomes of them.',
    },
    paths: { ...reads, ...(hasLogin ? login : {}), ...starts(hasToken) },
    components: {
      schemas,
      ...(hasToken
        ? { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
        : {}),
    },
  };
}

const away = { 503: detail('The jobs cannot be read or written now') };
const unknownJob = { 404: detail('There is no such job') };

const inPath = (name: string, schema: object = text) => ({ name, in: 'path', required: true, schema });
const page = {
  name: 'page',
  in: 'query',
  description: 'Counted from 1; what is no page is the first one',
  schema: { ...whole, default: 1 },
};
const plain = (description: string, type: string) => ({ description, content: { [type]: { schema: text } } });

const job = { parameters: [inPath('id', whole)] };
const getJob = {
  operationId: 'job',
  summary: 'A job; with what its program has reported',
  responses: { 200: answer('The job', ref('JobDetail')), ...unknownJob, ...away },
};

const reads = {
  '/': {
    get: {
      operationId: 'home',
      summary: 'A page for people',
      responses: { 200: plain('The page', 'text/html') },
    },
  },
  '/health/live': {
    get: {
      operationId: 'live',
      summary: 'Whether the server runs',
      responses: { 200: plain('OK', 'text/plain') },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      summary: 'This description',
      responses: { 200: answer('This description', { type: 'object' }) },
    },
  },
  '/jobs': {
    get: {
      operationId: 'jobs',
      summary: 'Jobs, newest first, 50 a page',
      parameters: [page],
      responses: { 200: answer('A page; empty past the end', list(ref('Job'))), ...away },
    },
  },
  '/sync_jobs': {
    get: {
      operationId: 'syncJobs',
      summary: 'What programs have reported, newest first, 50 a page',
      parameters: [page],
      responses: { 200: answer('A page; empty past the end', list(ref('SyncJob'))), ...away },
    },
  },
};

const form = { schema: ref('Credentials') };
const login = {
  '/login': {
    post: {
      operationId: 'login',
      summary: 'Gives a token',
      requestBody: {
        required: true,
        content: { 'multipart/form-data': form, 'application/x-www-form-urlencoded': form },
      },
      responses: {
        200: answer('The token', ref('Token')),
        401: detail('The username or the password is wrong'),
        413: detail('The body is over the limit'),
        415: detail('The body is no form'),
        422: unfit,
        502: detail('The OAuth server does not answer as it should'),
        504: detail('The OAuth server takes too long'),
      },
    },
  },
};

function starts(hasToken: boolean): object {
  const token = hasToken ? { security: [{ token: [] }] } : {};
  const refused = hasToken ? { 401: detail('The token is missing or refused') } : {};
  const started = { 200: answer('The job that starts or runs', ref('Started')) };
  const noFile = { 400: detail('There is no such parameter file, or it cannot be used') };
  const taken = { 409: detail('A job of another action has the same target, env and action_name') };
  const bodies = {
    413: detail('The body is over the limit'),
    415: detail('The body is no JSON'),
    422: unfit,
  };
  const dry = { 200: answer('What a start would make, without secrets', ref('DryRun')) };

  const predefined = (operation: string, ...names: readonly string[]) => ({
    parameters: names.map((name) => inPath(name, name === 'action' ? action : text)),
    get: {
      operationId: `dryRun${operation}`,
      summary: 'What a start from predefined parameters would make',
      responses: { ...dry, ...noFile },
    },
    post: {
      operationId: `start${operation}`,
      summary: 'Starts a job from predefined parameters, or answers the one that runs already',
      ...token,
      responses: { ...started, ...noFile, ...refused, ...taken, ...away },
    },
  });

  return {
    '/jobs/{id}': {
      ...job,
      get: getJob,
      delete: {
        operationId: 'deleteJob',
        summary: 'Makes a job deleted, and removes what runs it',
        ...token,
        responses: { 200: answer('The job', ref('Job')), ...refused, ...unknownJob, ...away },
      },
    },
    '/{action}/{project}/{env}': predefined('InEnv', 'action', 'project', 'env'),
    '/{action}/{project}': predefined('', 'action', 'project'),
    '/run': {
      post: {
        operationId: 'run',
        summary: 'Starts a job from parameters of your own, or answers the one that runs already',
        ...token,
        ...body(ref('Params')),
        responses: { ...started, ...refused, ...taken, ...bodies, ...away },
      },
    },
    '/dryrun': {
      post: {
        operationId: 'dryRun',
        summary: 'What /run would make',
        ...body(ref('Params')),
        responses: { ...dry, ...bodies },
      },
    },
  };
}

const action = { enum: ['sync', 'delta', 'delete', 'diff'] };
const time = { ...text, examples: ['Wed, 20 May 2020 16:27:27 GMT'] };
const orNull = (schema: object) => ({ oneOf: [schema, { type: 'null' }] });

const jobFields = {
  id: whole,
  sync_id: orNull(whole),
  target: text,
  env: text,
  job_type: action,
  status: { enum: ['starting', 'running', 'completed', 'failed', 'deleted'] },
  created_at: time,
  updated_at: time,
};
const params = { target: text, env: text, action_name: text, action, is_tag: text, options: text };
const upper = Object.fromEntries(Object.keys(params).map((name) => [name.toUpperCase(), text]));

const schemas = {
  Job: object(jobFields),
  JobDetail: object({ ...jobFields, sync_job: ref('SyncJob') }, 'sync_job'),
  SyncJob: object({
    id: whole,
    start_time: orNull(time),
    end_time: orNull(time),
    data_source: text,
    type: text,
    total_records: { ...whole, description: '0 when unknown' },
    completed: { type: ['boolean', 'null'], description: 'Null while it runs' },
    options: text,
    version: text,
    target_datastore_url: { ...text, description: 'Without credentials' },
  }),
  Params: object({ ...params, mam_main_query: { type: ['string', 'null'] } }, 'mam_main_query'),
  Started: {
    oneOf: [
      object({ ...upper, job_id: whole, result: text }),
      object({ ...params, api_job_id: whole, result: text }),
    ],
    description: 'In upper case from predefined parameters, in lower case from /run',
  },
  DryRun: object({
    ...upper,
    job_id: { const: 'dryrun' },
    result: { ...text, description: 'The manifest, as YAML' },
  }),
  Credentials: object({ username: text, password: { ...text, format: 'password' } }),
  Token: object({ access_token: text, expires_in: { ...whole, description: 'Seconds' }, token_type: text }),
  ...details,
};
