import { answer, detail, list, object, ref, text, whole } from '../openapi-parts.ts';
import { FILES_FIELD } from './form-files.ts';

/** The description of the app, for `GET /openapi.json`. */
export function openapi(hasToken: boolean): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'File drop',
      version: '1.0.0',
      description: 'Turns every dropped file into a Kubernetes Job that sends it to an API.',
    },
    paths,
    components: {
      schemas,
      ...(hasToken ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
    ...(hasToken ? { security: [{ token: [] }] } : {}),
  };
}

const time = { type: 'string', format: 'date-time' };
const refusal = (description: string) => answer(description, ref('Refusal'));
const inPath = (name: string) => ({ name, in: 'path', required: true, schema: text });
const inQuery = (name: string, description: string, schema: object) => ({
  name,
  in: 'query',
  description,
  schema,
});

const paths = {
  '/backend/health': {
    get: {
      operationId: 'health',
      summary: 'Whether the server runs; needs no token',
      security: [],
      responses: { 200: { description: 'It does' } },
    },
  },
  '/backend/files': {
    post: {
      operationId: 'dropFiles',
      summary: 'Stores each file of the form and makes a Job for it; one bad file stops no other',
      parameters: [
        inQuery('drop', 'Names the drop: the same files sent again with it are run once', {
          type: 'string',
          format: 'uuid',
        }),
        inQuery('count', 'How many files come, so that mode auto can make one Indexed Job', whole),
      ],
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: object({ [FILES_FIELD]: list({ type: 'string', format: 'binary' }) }),
          },
        },
      },
      responses: {
        200: answer('What became of each, in their order', list(ref('FileEntry'))),
        400: refusal('The form broke off; what came before that is scheduled'),
        408: refusal('Nothing came for too long'),
        413: refusal('Too large, or too many files'),
        415: detail('No multipart form'),
        422: refusal('No file in it, or in fields of another name'),
        500: refusal('None was scheduled'),
        503: detail('Too many forms at once'),
        507: refusal('The store is full'),
      },
    },
  },
  '/backend/static/{id}': {
    get: {
      operationId: 'fileBytes',
      summary: 'The bytes of a file; needs no token',
      security: [],
      parameters: [inPath('id')],
      responses: {
        200: { description: 'The bytes', content: { 'application/octet-stream': {} } },
        404: detail('There is no such file, or its bytes are removed by now'),
      },
    },
  },
  '/backend/drops/{dropId}/{index}': {
    get: {
      operationId: 'fileOfIndex',
      summary: 'The file that an index of an Indexed Job stands for; needs no token',
      security: [],
      parameters: [inPath('dropId'), inPath('index')],
      responses: {
        200: answer('Where its bytes are', object({ id: text, filename: text, url: text })),
        404: detail('There is no such drop or index'),
      },
    },
  },
  '/backend/pods/processor': {
    get: {
      operationId: 'pods',
      summary: 'The processors that there are',
      responses: { 200: answer('All of them', list(ref('ProcessorPod'))) },
    },
  },
  '/backend/events': {
    get: {
      operationId: 'events',
      summary: 'The same as they change: events `pods` with all, then `changes` with some',
      responses: {
        200: { description: 'Server-sent events', content: { 'text/event-stream': {} } },
        503: detail('Too many streams at once'),
      },
    },
  },
  '/backend/jobs/processor': {
    delete: {
      operationId: 'deleteJobs',
      summary: 'Deletes every Job with its pod and the bytes of its file',
      responses: { 200: answer('How many Jobs', object({ deleted: whole })) },
    },
  },
};

const entry = object(
  {
    id: text,
    filename: text,
    status: { enum: ['scheduled', 'failed', 'skipped'] },
    dropId: text,
    job: text,
    error: object({ code: text, message: text }),
  },
  'job',
  'error',
);

const schemas = {
  FileEntry: entry,
  ProcessorPod: object(
    {
      id: text,
      filename: text,
      phase: { enum: ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] },
      job: text,
      pod: text,
      reason: text,
      createdAt: time,
      startedAt: time,
      finishedAt: time,
      deleted: { const: true },
    },
    'reason',
    'createdAt',
    'startedAt',
    'finishedAt',
    'deleted',
  ),
  Detail: object({
    detail: { oneOf: [text, list(object({ loc: list({ oneOf: [text, whole] }), msg: text, type: text }))] },
  }),
  Refusal: object({ detail: text, files: list(ref('FileEntry')) }, 'files'),
};
