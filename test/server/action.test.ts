import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config-action/load-config.ts';
import { staticPods } from '../../src/config-action/static-pods.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { configActionApp } from '../../src/server/config-action/config-action-app.ts';
import { openapi } from '../../src/server/config-action/openapi.ts';
import type { ConfigActionAppOptions } from '../../src/server/config-action/options.ts';
import { startCluster } from './cluster.ts';

test('/action/{name} runs the action and answers its summary', async () => {
  const { post, seen } = await startCluster({
    answer: (pod, _request, response) => {
      response.statusCode = pod === 'relay-2-1' ? 500 : 200;
      response.end(pod === 'relay-2-1' ? 'broken' : 'OK');
    },
  });
  const answer = await post('/action/all-info');
  expect(answer.status).toBe(200);
  const number = expect.any(Number);
  expect(await answer.json()).toEqual({
    action: 'all-info',
    ok: false,
    done: 2,
    succeeded: 2,
    failed: 1,
    skipped: 0,
    duration_ms: number,
    latency: { p50: number, p90: number, p99: number, max: number },
    answers: [
      { status_code: 200, text: 'OK', count: 2, pods: ['relay-2-2', 'relay-2-0'] },
      { status_code: 500, text: 'broken', count: 1, pods: ['relay-2-1'] },
    ],
    other_answers: 0,
    left_out: [{ pod: 'relay-1-pending', reason: 'no-ip' }],
  });
  expect(seen.map(({ pod }) => pod)).toEqual(['relay-2-2', 'relay-2-1', 'relay-2-0']);
});

test('with ?stream it answers a line for each result, in the order of the plan', async () => {
  const { post, port } = await startCluster({
    answer: (pod, request, response) => {
      if (pod === 'relay-2-1') request.socket.destroy();
      else response.end('OK');
    },
  });
  const answer = await post('/action/all-info?stream');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  const text = await answer.text();
  expect(text).toMatch(/\n$/);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ status, request }) => [request.pod, status])).toEqual([
    ['relay-2-2', 'ok'],
    ['relay-2-1', 'failed'],
    ['relay-2-0', 'ok'],
  ]);
  expect(lines[0]).toEqual({
    status: 'ok',
    target: 'relays',
    name: 'get-info',
    request: {
      configEndpoint: expect.objectContaining({ name: 'info', type: 'GET' }),
      params: { full: true },
      headers: {},
      url: `http://127.1.7.3:${port}/info`,
      pod: 'relay-2-2',
    },
    response: { status_code: 200, text: 'OK' },
    attempts: 1,
    duration_ms: expect.any(Number),
  });
  expect(Object.keys(lines[1])).toContain('exception');
  expect(Object.keys(lines[1])).not.toContain('response');
});

test('a line is there before the next pod is called', async () => {
  const release = Promise.withResolvers<void>();
  const { post } = await startCluster({
    answer: async (pod, _request, response) => {
      if (pod !== 'relay-2-2') await release.promise;
      response.end('OK');
    },
  });
  const answer = await post('/action/all-info?stream=true');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader?.read();
  expect(JSON.parse(first?.value ?? '').request.pod).toBe('relay-2-2');
  release.resolve();
  let rest = '';
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) rest += next.value;
  expect(rest.trimEnd().split('\n')).toHaveLength(2);
});

test.each(['?stream', ''])('where the client leaves, /action/{name}%s calls no more pods', async (query) => {
  const hanging = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const { server, seen, post } = await startCluster({
    pods: 50,
    app: { actions: 1 },
    answer: (pod, _request, response) => {
      if (pod !== 'relay-2-47') response.end('OK');
      else {
        response.once('close', () => left.resolve());
        hanging.resolve();
      }
    },
  });
  const leave = new AbortController();
  const ended = fetch(`${server.url}/action/all-info${query}`, { method: 'POST', signal: leave.signal })
    .then((answer) => answer.text())
    .catch(() => 'left');
  await hanging.promise;
  expect((await post('/action/all-info')).status).toBe(503);
  leave.abort();
  expect(await ended).toBe('left');
  await left.promise;
  const before = seen.length;
  // Its place is free again, and this one is the only that is called from here on.
  await expect.poll(async () => (await post('/action/no-pods')).status).toBe(404);
  expect(seen).toHaveLength(before);
});

test('where the body of a stream is cancelled, as by a server it is mounted in, no more pods are called', async () => {
  const { app, seen } = await startCluster({ pods: 50 });
  const answer = await app.request('/action/all-info?stream', { method: 'POST' });
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  const before = seen.length;
  expect(before).toBeLessThan(50);
  await (await app.request('/action/no-pods', { method: 'POST' })).text();
  expect(seen).toHaveLength(before);
});

test('an unknown action, one without pods and one that the cluster refuses say so, streamed or not', async () => {
  const { post } = await startCluster();
  for (const query of ['', '?stream']) {
    const unknown = await post(`/action/al-info${query}`);
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toEqual({
      detail: 'there is no action "al-info"; there are "all-info", "no-pods", "no-service"',
    });
    const none = await post(`/action/no-pods${query}`);
    expect(none.status).toBe(404);
    expect(await none.json()).toEqual({ detail: expect.stringContaining('selected no pod') });
    const refused = await post(`/action/no-service${query}`);
    expect(refused.status).toBe(500);
    expect(await refused.json()).toEqual({ detail: expect.stringContaining('services "gone" not found') });
  }
});

test('actionConcurrency pods are called side by side', async () => {
  const all = Promise.withResolvers<void>();
  let arrived = 0;
  const { post } = await startCluster({
    app: { actionConcurrency: 3 },
    answer: async (_pod, _request, response) => {
      arrived += 1;
      if (arrived === 3) all.resolve();
      await all.promise;
      response.end('OK');
    },
  });
  expect(await (await post('/action/all-info')).json()).toMatchObject({ ok: true, done: 3 });
});

test('/actions lists the actions as the config has them', async () => {
  const { server } = await startCluster();
  const { actions } = await (await fetch(`${server.url}/actions`)).json();
  expect(actions.map(({ name }: { name: string }) => name)).toEqual(['all-info', 'no-pods', 'no-service']);
  expect(actions[0]).toEqual({
    name: 'all-info',
    requests: ['get-info'],
    targets: ['relays'],
    pod_start_index: 0,
    pod_count: 'all',
    order: 'descending',
    loop_order: 'foreach_pod_make_all_requests',
  });
});

test('/openapi.json describes every route, no other, and nothing that is not defined', async () => {
  const { server, app } = await startCluster();
  const document = await (await fetch(`${server.url}/openapi.json`)).json();
  const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = app.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(described.sort()).toEqual(routes.sort());
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name,
  );
  expect([...new Set(references)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  expect(document.security).toBeUndefined();
  expect(openapi(true)).toMatchObject({ security: [{ token: [] }] });
});

test('an unknown path is 404, and a known one with another method 405 with those there are', async () => {
  const { server, post } = await startCluster();
  const nowhere = await fetch(`${server.url}/nowhere`);
  expect([nowhere.status, await nowhere.json()]).toEqual([404, { detail: 'Not Found' }]);
  const wrong = await fetch(`${server.url}/process`);
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await fetch(`${server.url}/action/all-info`)).status).toBe(405);
  expect((await post('/health')).headers.get('allow')).toBe('GET');
});

const config = parseConfig({ targets: [] });
const pods = staticPods([]);

test.each<[Partial<Record<keyof ConfigActionAppOptions, unknown>>, string]>([
  [{ config: {} }, 'options.config: expected what loadConfig or parseConfig gives'],
  [{ pods: [] }, 'options.pods: expected an object with select'],
  [{ allowHosts: ['http://x'] }, 'options.allowHosts[0]: expected a host in lower case'],
  [{ allowHosts: ['x/path'] }, 'options.allowHosts[0]'],
  [{ concurrency: 0 }, 'options.concurrency: expected a whole number of at least 1'],
  [{ actions: 1.5 }, 'options.actions'],
  [{ patience: 0 }, 'options.patience'],
  [{ attemptTimeout: -1 }, 'options.attemptTimeout'],
  [{ via: 'api-proxy' }, "'api-proxy' needs pods of a cluster"],
])('wrong options of the app are refused: %o', (wrong, message) => {
  const make = () => configActionApp({ config, pods, ...wrong } as ConfigActionAppOptions);
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});
