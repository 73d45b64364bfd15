import * as fc from 'fast-check';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { serve } from '../../../src/server/serve.ts';
import { sqliteJobStore } from '../../../src/server/syncrator/sqlite-job-store.ts';
import { syncratorApp } from '../../../src/server/syncrator/syncrator-app.ts';
import {
  auth,
  avoSync,
  keptLog,
  oneFolder,
  recordingRunner,
  signToken,
  startApp,
  temporaryFile,
} from './app.ts';
import { report } from './program.ts';

const body = {
  target: 'avo',
  env: 'qas',
  action_name: 'delta',
  action: 'delta',
  is_tag: 'latest',
  options: '-n 1000 -c 1',
};
const RFC_1123 = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Asks as one who has logged in. */
async function client(url: string) {
  const authorization = `Bearer ${await signToken()}`;
  return async (method: string, path: string, json?: unknown) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: answer.status, json: isJson ? JSON.parse(text) : text, headers: answer.headers };
  };
}

test('a start of a job that runs answers its id, also where the template would refuse that one by now', async () => {
  const { url, store, calls } = await startApp();
  const earlier = { ...avoSync, OPTIONS: '-n $LIMIT' };
  const { job } = await store.start(earlier);
  const ask = await client(url);
  const answer = await ask('POST', '/sync/avo/qas');
  expect(answer).toMatchObject({ status: 200, json: { ...earlier, job_id: job.id, result: 'starting' } });
  expect(calls).toEqual(['resume']);
});

test('a predefined start answers in upper case, with the id among its options; the same start again that id', async () => {
  const { url, calls } = await startApp();
  const ask = await client(url);
  const started = { ...avoSync, OPTIONS: '-n 1000 -c 1 --api_job_id 1', job_id: 1, result: 'starting' };
  expect(await ask('POST', '/sync/avo/qas')).toMatchObject({ status: 200, json: started });
  expect(await ask('POST', '/sync/avo/qas')).toMatchObject({ status: 200, json: started });
  expect(calls).toEqual(['resume', 'start 1']);
});

test('/run answers in lower case, and a running job as running with what it was started with', async () => {
  const { url, calls, store } = await startApp();
  const ask = await client(url);
  expect((await ask('POST', '/run', body)).json).toEqual({ ...body, api_job_id: 1, result: 'starting' });
  await store.move(1, 'running');
  const other = { ...body, options: '--debug', mam_main_query: 'x' };
  expect((await ask('POST', '/run', other)).json).toEqual({ ...body, api_job_id: 1, result: 'running' });
  expect(calls).toEqual(['resume', 'start 1']);
  await store.move(1, 'completed');
  expect((await ask('POST', '/run', other)).json).toEqual({ ...other, api_job_id: 2, result: 'starting' });
  expect((await store.startOf(2))?.params).toMatchObject({ MAM_MAIN_QUERY: 'x', OPTIONS: '--debug' });
});

test('of eight starts at once one makes a job', async () => {
  const { url, calls, store } = await startApp();
  const ask = await client(url);
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', '/sync/avo/qas')));
  expect(new Set(answers.map(({ json }) => json.job_id))).toEqual(new Set([1]));
  expect(await store.jobs({ page: 1, size: 10 })).toHaveLength(1);
  expect(calls).toEqual(['resume', 'start 1']);
});

test('a start that would take the place of another action’s job is 409', async () => {
  const { url } = await startApp();
  const ask = await client(url);
  await ask('POST', '/run', body);
  const answer = await ask('POST', '/run', { ...body, action: 'sync' });
  expect(answer).toMatchObject({ status: 409, json: { detail: expect.stringContaining('job 1 (delta)') } });
});

test('a dry run needs no token, starts nothing, and shows the manifest', async () => {
  const { url, calls, store } = await startApp();
  const dry = await fetch(`${url}/sync/avo/qas`);
  expect(await dry.json()).toEqual({
    ...avoSync,
    OPTIONS: '-n 1000 -c 1 --api_job_id dryrun',
    job_id: 'dryrun',
    result: 'kind: Job\nimage: syncrator:latest\n',
  });
  const headers = { 'content-type': 'application/json' };
  const custom = await fetch(`${url}/dryrun`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(await custom.json()).toMatchObject({ ACTION: 'delta', job_id: 'dryrun' });
  expect(await store.jobs({ page: 1, size: 10 })).toEqual([]);
  expect(calls).toEqual(['resume']);
});

test('without an env in the path it is the server’s own, where it has one', async () => {
  const ask = await client((await startApp({ env: 'qas' })).url);
  expect((await ask('GET', '/sync/avo')).json).toMatchObject({ ENV: 'qas', job_id: 'dryrun' });
  expect((await ask('POST', '/sync/avo')).json).toMatchObject({ ENV: 'qas', job_id: 1 });
  const without = await client((await startApp()).url);
  const detail = 'this server has no env of its own: name one, as /sync/avo/qas';
  expect(await without('POST', '/sync/avo')).toMatchObject({ status: 400, json: { detail } });
});

test.each(['GET', 'POST'])('%s of a job without a parameter file is 400 that names it', async (method) => {
  const { url, calls } = await startApp();
  const answer = await (await client(url))(method, '/delta/unknown/prd');
  expect(answer.status).toBe(400);
  expect(answer.json.detail).toContain('prd/unknown-delta.public_params');
  expect(calls).toEqual(['resume']);
});

test.each(['/sync/..%2f..%2fetc/qas', '/sync/avo/..%2f..', '/sync/%00/qas', '/sync/%2e%2e%5c/qas'])(
  '%s reaches no file',
  async (path) => {
    const folder = await temporaryFile('job_params');
    const { url } = await startApp({ params: folder });
    const { status } = await (await client(url))('GET', path);
    expect([400, 404]).toContain(status);
  },
);

test('a parameter file that the template or the store refuses is 400 that names it', async () => {
  for (const change of [{ OPTIONS: '$(reboot)' }, { ACTION: 'reboot' }]) {
    const { url, calls } = await startApp({ params: oneFolder({ ...avoSync, ...change }) });
    const answer = await (await client(url))('POST', '/sync/avo/qas');
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toContain(`qas/avo-sync.public_params: params.${Object.keys(change)[0]}`);
    expect(calls).toEqual(['resume']);
  }
});

test.each<[string, object, object]>([
  ['a missing field', { ...body, env: undefined }, { loc: ['body', 'env'], msg: 'is missing' }],
  ['a number', { ...body, target: 5 }, { loc: ['body', 'target'] }],
  ['an empty name', { ...body, is_tag: '' }, { loc: ['body', 'is_tag'] }],
  ['an unknown action', { ...body, action: 'reboot' }, { loc: ['body', 'action'] }],
  ['an unknown field', { ...body, mam_query: 'x' }, { loc: ['body', 'mam_query'], msg: 'is not known here' }],
  ['what a shell would interpret', { ...body, options: '$(reboot)' }, { loc: ['body', 'options'] }],
  ['a query that is no text', { ...body, mam_main_query: [] }, { loc: ['body', 'mam_main_query'] }],
  ['a list', [], { loc: ['body', 'target'], msg: 'is missing' }],
])('a body with %s is 422 with its path', async (_, json, fault) => {
  const { url, calls, store } = await startApp();
  const ask = await client(url);
  for (const path of ['/run', '/dryrun']) {
    const answer = await ask('POST', path, json);
    expect(answer.status).toBe(422);
    expect(answer.json.detail[0]).toMatchObject(fault);
  }
  expect(calls).toEqual(['resume']);
  expect(await store.jobs({ page: 1, size: 10 })).toEqual([]);
});

test('whatever a body holds, the answer is no 500', async () => {
  const { url } = await startApp();
  const ask = await client(url);
  const value = fc.oneof(fc.string(), fc.constant(undefined), fc.jsonValue());
  const bodies = fc.oneof(
    fc.jsonValue(),
    fc.record({
      target: value,
      env: value,
      action_name: value,
      action: fc.constant('sync'),
      is_tag: value,
      options: value,
    }),
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (json) => {
      const { status } = await ask('POST', '/dryrun', json ?? null);
      expect([200, 422]).toContain(status);
    }),
    { numRuns: 100 },
  );
});

test('a body is JSON, says so, and is within the limit', async () => {
  const { url } = await startApp({ maxRequestBytes: 1_000 });
  const post = async (text: string, type: string) =>
    (await fetch(`${url}/dryrun`, { method: 'POST', body: text, headers: { 'content-type': type } })).status;
  expect(await post('{', 'application/json')).toBe(422);
  expect(await post('{}', 'text/plain')).toBe(415);
  expect(await post(JSON.stringify({ ...body, options: 'x'.repeat(1_000) }), 'application/json')).toBe(413);
});

test('a job has its times in RFC 1123, and what its program reported without credentials', async () => {
  const path = await temporaryFile('jobs.sqlite');
  const store = sqliteJobStore(path);
  const { url } = await startApp({ store });
  await store.start(avoSync);
  const bare = await (await fetch(`${url}/jobs/1`)).json();
  expect(bare).toEqual({
    id: 1,
    sync_id: null,
    target: 'avo',
    env: 'qas',
    job_type: 'sync',
    status: 'starting',
    created_at: expect.stringMatching(RFC_1123),
    updated_at: expect.stringMatching(RFC_1123),
  });
  report(path, {
    jobId: 1,
    status: 'running',
    syncJob: {
      startTime: new Date('2020-05-22T20:12:12Z'),
      endTime: null,
      dataSource: 'mam harvester-AvO',
      type: 'sync',
      totalRecords: 0,
      completed: null,
      options: '[nil, nil]',
      version: '2.4.0',
      targetDatastoreUrl: 'postgres://dbmaster:p@ss@postgresql-qas.sc-avo2.svc:5432/avo_qas',
    },
  });
  const reported = {
    id: 1,
    start_time: 'Fri, 22 May 2020 20:12:12 GMT',
    end_time: null,
    data_source: 'mam harvester-AvO',
    type: 'sync',
    total_records: 0,
    completed: null,
    options: '[nil, nil]',
    version: '2.4.0',
    target_datastore_url: 'postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas',
  };
  const detail = await (await fetch(`${url}/jobs/1`)).json();
  expect(detail).toMatchObject({ status: 'running', sync_id: 1, sync_job: reported });
  expect(await (await fetch(`${url}/sync_jobs`)).json()).toEqual([reported]);
});

test('pages hold 50, newest first; what is no page is the first, and past the end is nothing', async () => {
  const { url, store } = await startApp();
  for (let job = 1; job <= 60; job += 1) await store.start({ ...avoSync, TARGET: `t${job}` });
  const ids = async (query: string) =>
    ((await (await fetch(`${url}/jobs${query}`)).json()) as { id: number }[]).map(({ id }) => id);
  const first = Array.from({ length: 50 }, (_, index) => 60 - index);
  for (const page of [
    '',
    '?page=1',
    '?page=0',
    '?page=-1',
    '?page=two',
    '?page=1.5',
    '?page=',
    '?page=1e400',
  ]) {
    expect(await ids(page), page).toEqual(first);
  }
  expect(await ids('?page=2')).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(await ids('?page=3')).toEqual([]);
  expect(await ids('?page=99999999999999999999')).toEqual([]);
});

test('a delete makes the job deleted, and has removed what runs it', async () => {
  const { url, store, calls } = await startApp();
  const ask = await client(url);
  await store.start(avoSync);
  expect(await ask('DELETE', '/jobs/1')).toMatchObject({ status: 200, json: { id: 1, status: 'deleted' } });
  expect(calls).toEqual(['resume', 'remove 1']);
  expect((await ask('GET', '/jobs/1')).json).toMatchObject({ status: 'deleted' });
});

test.each(['/jobs/7', '/jobs/x', '/jobs/-1', '/jobs/1.5', '/jobs/9007199254740993', '/jobs/1e0'])(
  'there is no %s',
  async (path) => {
    const { url, calls } = await startApp();
    const ask = await client(url);
    for (const method of ['GET', 'DELETE']) {
      expect(await ask(method, path)).toMatchObject({ status: 404, json: { detail: 'not found' } });
    }
    expect(calls).toEqual(['resume']);
  },
);

test('the rest: health, an unknown path, a wrong method, a store that is closed', async () => {
  const { lines, logger } = keptLog();
  const { url, store } = await startApp({ logger });
  const ask = await client(url);
  expect(await ask('GET', '/health/live')).toMatchObject({ status: 200, json: 'OK' });
  expect(await ask('GET', '/nothing')).toMatchObject({ status: 404, json: { detail: 'Not Found' } });
  const wrong = await ask('POST', '/jobs');
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
  expect((await ask('PUT', '/jobs/1')).headers.get('allow')).toBe('GET, DELETE');
  expect(wrong.headers.get('x-content-type-options')).toBe('nosniff');
  await store.close();
  expect(await ask('GET', '/jobs')).toMatchObject({ status: 500, json: { detail: expect.any(String) } });
  expect(lines.join('\n')).toContain('this job store is closed');
});

test('the page and its parts come from memory, under a policy that lets nothing else in', async () => {
  const { url } = await startApp();
  const html = await (await fetch(`${url}/`)).text();
  const parts = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, part = '']) => part);
  expect(parts).toEqual(expect.arrayContaining(['home.js', 'home.css', 'icon.svg']));
  for (const part of ['', ...parts]) {
    const answer = await fetch(new URL(part, `${url}/`));
    expect([new URL(answer.url).origin, answer.status], part).toEqual([url, 200]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  }
  const { headers } = await fetch(`${url}/`);
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(html).not.toMatch(/<script>|<style>| style=| on\w+=/);
});

test('a server without a login has a page without one, and takes a token in its place', async () => {
  const page = async (options: Parameters<typeof startApp>[0]) =>
    (await fetch(`${(await startApp(options)).url}/`)).text();
  expect(await page({ login: () => undefined })).toContain('name="password"');
  expect(await page({})).toContain('name="token"');
  expect(await page({ auth: 'none' })).not.toMatch(/name="(?:token|password)"/);
});

test('the description has every route of the app, and needs the token where the app does', async () => {
  const { runner } = recordingRunner();
  const { store } = await startApp();
  const app = syncratorApp({ runner, store, params: oneFolder(), auth, login: () => undefined });
  const description = await (await app.request('/openapi.json')).json();
  const page = new Set(['GET /home.js', 'GET /home.css', 'GET /icon.svg']);
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/^\/(sync|delta|delete|diff)\//, '/{action}/').replace(/:(\w+)/g, '{$1}')}`,
    );
  const described = new Map<string, { readonly security?: readonly object[] }>();
  for (const [path, item] of Object.entries<object>(description.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (method !== 'parameters') described.set(`${method.toUpperCase()} ${path}`, operation);
    }
  }
  expect([...described.keys()].sort()).toEqual(
    [...new Set(routes)].filter((route) => !page.has(route)).sort(),
  );
  const guarded = [...described].filter(([, { security }]) => security !== undefined).map(([route]) => route);
  expect(guarded.sort()).toEqual([
    'DELETE /jobs/{id}',
    'POST /run',
    'POST /{action}/{project}',
    'POST /{action}/{project}/{env}',
  ]);
  const named = JSON.stringify(description).matchAll(/#\/components\/schemas\/(\w+)/g);
  for (const [, name = ''] of named) expect(description.components.schemas).toHaveProperty(name);
});

test('on loopback neither another site nor another host name reaches a start', async () => {
  const { url, calls } = await startApp({ auth: 'none' });
  const foreign = await fetch(`${url}/sync/avo/qas`, {
    method: 'POST',
    headers: { origin: 'https://evil.test' },
  });
  expect(foreign.status).toBe(403);
  expect(calls).toEqual(['resume']);
});

test('it can be mounted in an app of one’s own', async () => {
  const { runner } = recordingRunner();
  const { store } = await startApp();
  const app = new Hono().route('/syncrator', syncratorApp({ runner, store, params: oneFolder(), auth }));
  await using server = await serve(app);
  expect((await fetch(`${server.url}/syncrator/jobs`)).status).toBe(200);
  expect((await fetch(`${server.url}/syncrator/sync/avo/qas`, { method: 'POST' })).status).toBe(401);
});
