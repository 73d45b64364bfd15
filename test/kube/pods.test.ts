import { expect, test } from 'vitest';
import { ConfigError, ConnectionError } from '../../src/core/errors.ts';
import { apiServer, connect, failureOf, json, type Reply, SECRET, status } from './api-server.ts';

test('a log is asked for by container, last lines and bytes', async () => {
  const server = await apiServer((response) => response.end('line 1\nline 2\n'));
  const log = await connect(server.url).podLog('p', { container: 'main', tailLines: 2, limitBytes: 100 });
  expect(log).toBe('line 1\nline 2\n');
  expect(server.seen[0]?.path).toBe('/api/v1/namespaces/default/pods/p/log');
  expect(Object.fromEntries(server.seen[0]?.query ?? [])).toEqual({
    container: 'main',
    tailLines: '2',
    limitBytes: '100',
  });
});

test('the log of a pod on no node is empty', async () => {
  const server = await apiServer((response) => response.writeHead(204).end());
  expect(await connect(server.url).podLog('p')).toBe('');
});

test('a container that is not there is told in the words of the API', async () => {
  const server = await apiServer((response) =>
    json(response, 400, status(400, 'BadRequest', 'container x is not valid for pod p')),
  );
  const error = await failureOf(connect(server.url).podLog('p', { container: 'x' }));
  expect(error.message).toContain('container x is not valid for pod p (400 BadRequest)');
});

test('a request reaches the pod with its method, path, query, headers and body', async () => {
  const server = await apiServer((response) => json(response, 200, { ok: true }, { 'x-from': 'pod' }));
  const answer = await connect(server.url).proxyPod({
    name: 'up',
    port: 8645,
    path: '/echo/a%20b?x=1&y=a%2Fb',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"n":1}',
  });
  expect(answer).toMatchObject({ status: 200, body: '{"ok":true}' });
  expect(answer.header('X-From')).toBe('pod');
  expect(server.seen[0]).toMatchObject({
    method: 'POST',
    path: '/api/v1/namespaces/default/pods/up:8645/proxy/echo/a%20b',
    body: '{"n":1}',
  });
  expect(server.seen[0]?.query.get('y')).toBe('a/b');
});

test.each([200, 201, 204, 301, 400, 401, 404, 429, 500, 503])(
  'an answer %i of the pod is passed on, and not asked for again',
  async (code) => {
    const server = await apiServer((response) => json(response, code, { error: 'from the pod' }));
    const answer = await connect(server.url).proxyPod({ name: 'up', port: 80, path: '/' });
    expect(answer.status).toBe(code);
    expect(server.seen).toHaveLength(1);
  },
);

test('a pod that the API server cannot reach is its 503, not the pod’s', async () => {
  const message = 'error trying to reach service: dial tcp 10.0.0.1:80: connect: connection refused';
  const server = await apiServer((response) =>
    json(response, 503, status(503, 'ServiceUnavailable', message)),
  );
  const error = await failureOf(connect(server.url).proxyPod({ name: 'up', port: 80, path: '/' }));
  expect(error).toMatchObject({ name: 'KubernetesError', status: 503, reason: 'ServiceUnavailable' });
  expect(error.message).toContain('GET through pods/proxy "up:80"');
  expect(server.seen).toHaveLength(1);
});

test('429 of the API server itself is obeyed', async () => {
  let busy = true;
  const tooMany: Reply = (response) =>
    response
      .writeHead(429, { 'content-type': 'text/plain' })
      .end('Too many requests, please try again later.\n');
  const server = await apiServer((response, seen) => {
    if (!busy) return json(response, 200, {});
    busy = false;
    return tooMany(response, seen);
  });
  const request = { name: 'up', port: 80, path: '/', method: 'POST' } as const;
  expect(await connect(server.url).proxyPod(request)).toMatchObject({ status: 200 });
  expect(server.seen).toHaveLength(2);
});

test('401 of the API server makes the credentials be read anew', async () => {
  const server = await apiServer((response) =>
    json(response, 401, status(401, 'Unauthorized', 'Unauthorized')),
  );
  const error = await failureOf(connect(server.url).proxyPod({ name: 'up', port: 80, path: '/' }));
  expect(error).toMatchObject({ status: 401 });
  expect(server.seen).toHaveLength(2);
});

test.each([401, 429])('a %i that a pod may have given is not followed by a second POST', async (code) => {
  const server = await apiServer((response) => json(response, code, status(code, 'Any', 'from the pod')));
  const kube = connect(server.url);
  const request = { name: 'up', port: 80, path: '/', method: 'POST' } as const;
  expect(await failureOf(kube.proxyPod(request))).toMatchObject({ status: code });
  expect(server.seen).toHaveLength(1);
});

test('a request that got no answer is not sent again, a GET neither', async () => {
  const server = await apiServer((response) => response.socket?.destroy());
  const error = await failureOf(connect(server.url).proxyPod({ name: 'up', port: 80, path: '/' }));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(server.seen).toHaveLength(1);
});

test('https pods and others’ namespaces', async () => {
  const server = await apiServer((response) => json(response, 200, {}));
  await connect(server.url).proxyPod({
    name: 'up',
    namespace: 'theirs',
    port: 443,
    scheme: 'https',
    path: '/x',
  });
  expect(server.seen[0]?.path).toBe('/api/v1/namespaces/theirs/pods/https:up:443/proxy/x');
});

test.each([
  ['path', { path: 'echo' }],
  ['path', { path: '/a%2Fb' }],
  ['path', { path: '/a//b' }],
  ['path', { path: '/a/../b' }],
  ['path', { path: '/a/%2e%2e' }],
  ['path', { path: '/a b' }],
  ['path', { path: '/a#b' }],
  ['port', { port: 0 }],
  ['port', { port: 65_536 }],
  ['headers', { headers: { Authorization: SECRET } }],
  ['headers', { headers: { 'Impersonate-User': SECRET } }],
  ['headers', { headers: { 'x-a': `${SECRET}\r\nhost: x` } }],
])('a request that would arrive as another is refused: %s %j', async (where, wrong) => {
  const kube = connect('http://127.0.0.1:1');
  const error = await failureOf(kube.proxyPod({ name: 'up', port: 80, path: '/', ...wrong }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain(`request.${where}`);
  expect(error.message).not.toContain(SECRET);
});

test('an answer over the limit is refused', async () => {
  const server = await apiServer((response) => response.end('x'.repeat(2_000)));
  const request = { name: 'up', port: 80, path: '/', maxBodyBytes: 1_000 };
  const error = await failureOf(connect(server.url).proxyPod(request));
  expect(error).toBeInstanceOf(ConnectionError);
});
