import {
  answer,
  body,
  detail,
  details,
  list,
  number,
  object,
  ref,
  text,
  unfit,
  whole,
} from '../openapi-parts.ts';

/** The description of the app, for `GET /openapi.json`. */
export function openapi(hasToken: boolean): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pod API requester',
      version: '1.0.0',
      description: 'Sends requests to pods of a Kubernetes cluster, by the names of a config.',
    },
    paths,
    components: {
      schemas,
      ...(hasToken ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
    ...(hasToken ? { security: [{ token: [] }] } : {}),
  };
}

const refusals = {
  404: detail('An unknown name, or a target without pods'),
  500: detail('The cluster refused, or something else went wrong'),
  503: detail('Too much at once'),
};
const bodyRefusals = {
  413: detail('The body is over the limit'),
  415: detail('The body is no JSON'),
  422: unfit,
  ...refusals,
};

const paths = {
  '/process': {
    post: {
      operationId: 'process',
      summary: 'Calls the first pod of a target; 200 whatever comes of it',
      ...body(ref('ProcessRequest')),
      responses: { 200: answer('What was asked and answered', ref('ProcessAnswer')), ...bodyRefusals },
    },
  },
  '/waku/relay': {
    post: {
      operationId: 'wakuRelay',
      summary: 'Lets the first pod of a target publish random bytes in its shard',
      ...body(ref('RelayRequest')),
      responses: { 200: answer('What was asked and answered', ref('ProcessAnswer')), ...bodyRefusals },
    },
  },
  '/cache/clear': {
    post: {
      operationId: 'clearCache',
      summary: 'Forgets the pods that were read',
      responses: { 200: answer('Done', ref('Cleared')) },
    },
  },
  '/action/{name}': {
    post: {
      operationId: 'runAction',
      summary: 'Runs an action; with ?stream one line of JSON for each result, as it comes',
      parameters: [
        { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'stream', in: 'query', allowEmptyValue: true, schema: { type: 'boolean' } },
      ],
      responses: {
        200: {
          description: 'The summary, or the lines',
          content: {
            'application/json': { schema: ref('ActionSummary') },
            'application/x-ndjson': { schema: ref('ActionLine') },
          },
        },
        ...refusals,
      },
    },
  },
  '/actions': {
    get: {
      operationId: 'actions',
      summary: 'The actions of the config',
      responses: { 200: answer('All of them', ref('Actions')) },
    },
  },
  '/health': {
    get: {
      operationId: 'health',
      summary: 'Whether the server runs; needs no token',
      security: [],
      responses: { 200: answer('It does', ref('Health')) },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      summary: 'This description',
      responses: { 200: answer('This description', { type: 'object' }) },
    },
  },
};

const reference = (value: object) => ({
  oneOf: [object({ kind: { const: 'name' }, value: text }), object({ kind: { const: 'config' }, value })],
});

const processAnswer = {
  request: object({
    configEndpoint: ref('Endpoint'),
    params: { type: 'object' },
    headers: { type: 'object', additionalProperties: text },
    url: text,
    pod: text,
  }),
  response: {
    oneOf: [object({ status_code: whole, text }), ref('PagedResponse')],
    description: 'Absent where the pod did not answer',
  },
  exception: { ...text, description: 'In place of a response' },
};

const schemas = {
  Endpoint: object(
    {
      name: text,
      url: { ...text, examples: ['http://{node}:{port}/lightpush/v3/message'] },
      type: { enum: ['GET', 'POST'] },
      headers: { type: 'object', additionalProperties: text },
      params: { type: 'object' },
      paged: { type: 'boolean' },
    },
    'headers',
    'params',
    'paged',
  ),
  Target: object(
    { name: text, service: text, stateful_set: text, name_template: text, port: whole },
    'service',
    'stateful_set',
    'name_template',
    'port',
  ),
  TargetReference: reference(ref('Target')),
  EndpointReference: reference(ref('Endpoint')),
  ProcessRequest: object({ target: ref('TargetReference'), endpoint: ref('EndpointReference') }),
  ProcessAnswer: object(processAnswer, 'response', 'exception'),
  PagedResponse: object({
    statusCodes: list(whole),
    inner_statusCodes: list(whole),
    messages: list({}),
    pages: whole,
    attempt_num: whole,
  }),
  RelayRequest: object({
    target: ref('TargetReference'),
    content_topic: text,
    cluster_id: whole,
    port: whole,
    msg_size_kbytes: number,
  }),
  Cleared: object({ cleared: { const: true } }),
  Health: object({ status: { const: 'ok' } }),
  Actions: object({ actions: list(ref('Action')) }),
  Action: object({
    name: text,
    requests: list(text),
    targets: list(text),
    pod_start_index: whole,
    pod_count: { oneOf: [whole, { const: 'all' }] },
    order: { enum: ['ascending', 'descending', 'random', null] },
    loop_order: { enum: ['foreach_pod_make_all_requests', 'foreach_request_target_each_pod'] },
  }),
  ActionSummary: object({
    action: text,
    ok: { type: 'boolean' },
    done: whole,
    succeeded: whole,
    failed: whole,
    skipped: whole,
    duration_ms: number,
    latency: object({ p50: number, p90: number, p99: number, max: number }),
    answers: list(object({ status_code: whole, text, count: whole, pods: list(text) })),
    other_answers: whole,
    left_out: list(object({ pod: text, reason: { enum: ['no-ip', 'ended'] } })),
  }),
  ActionLine: object(
    {
      status: { enum: ['ok', 'failed', 'skipped'] },
      target: text,
      name: text,
      ...processAnswer,
      attempts: whole,
      duration_ms: number,
    },
    'response',
    'exception',
  ),
  ...details,
};
