import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { SyncratorOptions } from '../../src/syncrator/options.ts';
import { SyncratorClient } from '../../src/syncrator/syncrator-client.ts';
import { serve } from '../http/loopback.ts';

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection breaks in place of an answer. */
  readonly lost?: true;
}

export interface Api {
  readonly url: string;
  readonly received: Received[];
  /** What was asked, as `POST /run`. */
  readonly lines: () => string[];
  client(options?: Partial<SyncratorOptions>): SyncratorClient;
}

/** A server on loopback that answers as the test says, and a client of it that is quick to try again. */
export async function startApi(answer: (request: Received) => Reply | Promise<Reply>): Promise<Api> {
  const received: Received[] = [];
  const url = await serve(async (incoming, response) => {
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: await text(incoming) };
    received.push(request);
    reply(response, await answer(request));
  });
  const client = (options: Partial<SyncratorOptions> = {}) => {
    const made = new SyncratorClient({
      baseUrl: url,
      retry: { attempts: 5, baseDelay: 1, maxDelay: 2 },
      ...options,
    });
    onTestFinished(() => made.close());
    return made;
  };
  return { url, received, lines: () => received.map(({ method, path }) => `${method} ${path}`), client };
}

function reply(response: ServerResponse, { status = 200, json, text: body, headers, lost }: Reply): void {
  if (lost === true) {
    response.destroy();
    return;
  }
  const type = json === undefined ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(json === undefined ? body : JSON.stringify(json));
}

/** A row of `/jobs`. */
export const jobRow = (id: number, change: object = {}) => ({
  created_at: 'Fri, 22 May 2020 14:30:35 GMT',
  env: 'qas',
  id,
  job_type: 'sync',
  status: 'starting',
  sync_id: null,
  target: 'avo',
  updated_at: 'Fri, 22 May 2020 14:30:35 GMT',
  ...change,
});

export const syncRow = (id: number, change: object = {}) => ({
  completed: null,
  data_source: 'mam harvester-AvO',
  end_time: null,
  id,
  options: '[nil, nil]',
  start_time: 'Fri, 22 May 2020 20:12:12 GMT',
  target_datastore_url: 'postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas',
  total_records: 0,
  type: 'sync',
  version: '2.4.0',
  ...change,
});

export const startRow = (id: number | 'dryrun', change: object = {}) => ({
  ACTION: 'sync',
  ACTION_NAME: 'sync',
  ENV: 'qas',
  IS_TAG: 'latest',
  OPTIONS: `-n 1000 -c 1 --api_job_id ${id}`,
  TARGET: 'avo',
  job_id: id,
  result: 'starting',
  ...change,
});

export const tokenRow = (token: string) => ({ access_token: token, expires_in: 899, token_type: 'bearer' });

export const credentials = { username: 'somelogin@meemoo.be', password: 'PW_HERE' };

export const params = {
  target: 'avo',
  env: 'qas',
  actionName: 'delta',
  action: 'delta',
  isTag: 'latest',
  options: '-n 1000 -c 1',
};
