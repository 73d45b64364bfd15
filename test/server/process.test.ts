import { expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { inline, listen, named, startCluster } from './cluster.ts';

const info = { target: named('relays'), endpoint: named('info') };

test('/process calls the first pod that has an address and answers in the field names of the original', async () => {
  const { post, port, seen } = await startCluster({
    answer: (pod, _, response) => response.end(`I am ${pod}`),
  });
  const answer = await post('/process', { target: named('relays'), endpoint: named('publish') });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    request: {
      configEndpoint: {
        name: 'publish',
        headers: { 'X-Api-Key': '<redacted>' },
        params: { payload: '<redacted>', topic: 't' },
        url: 'http://{node}:{port}/publish',
        type: 'POST',
        paged: false,
      },
      params: { payload: '<redacted>', topic: 't' },
      headers: { 'X-Api-Key': '<redacted>' },
      url: `http://127.1.7.1:${port}/publish`,
      pod: 'relay-2-0',
    },
    response: { status_code: 200, text: 'I am relay-2-0' },
  });
  expect(seen).toEqual([
    { pod: 'relay-2-0', method: 'POST', url: '/publish', body: '{"payload":"aGVsbG8","topic":"t"}' },
  ]);
});

test('/process takes a target and an endpoint that stand in the body, null for what is not set', async () => {
  const { post, port, seen } = await startCluster();
  const target = { name: 'mine', service: 'relays', name_template: '-[12]$', stateful_set: null, port };
  const endpoint = { name: 'peers', url: 'http://{node}:{port}/peers', type: 'GET', params: { n: 1 } };
  const answer = await post('/process', { target: inline(target), endpoint: inline(endpoint) });
  expect(await answer.json()).toMatchObject({
    request: { configEndpoint: { name: 'peers', paged: false }, pod: 'relay-2-1' },
    response: { status_code: 200, text: 'OK' },
  });
  expect(seen).toMatchObject([{ pod: 'relay-2-1', url: '/peers?n=1' }]);
});

test.each([
  ['a failure', 503, 'busy'],
  ['a redirect, which is not followed', 302, ''],
  ['a refusal', 404, 'no'],
])('%s of the pod is a response, and 200 outside', async (_, status, text) => {
  const { post, seen } = await startCluster({
    answer: (_pod, _request, response) => response.writeHead(status, { location: '/elsewhere' }).end(text),
  });
  const answer = await post('/process', info);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ response: { status_code: status, text } });
  expect(seen).toHaveLength(1);
});

test('a pod that resets or hangs is an exception in place of the response, and 200 outside', async () => {
  const { post } = await startCluster({
    app: { attemptTimeout: 100 },
    answer: (pod, request) => {
      if (pod === 'relay-2-0') request.socket.destroy();
    },
  });
  const reset = await post('/process', info);
  const hung = await post('/process', { ...info, target: named('last-relay') });
  for (const answer of [reset, hung]) {
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expect(Object.keys(body)).toEqual(['request', 'exception']);
    expect(body.request.configEndpoint.name).toBe('info');
    expect(body.exception).toMatch(/^GET http:\/\/127\.1\.7\.[13]:\d+\/info/);
  }
});

test('a paged endpoint answers all pages together; a second call starts at the first page again', async () => {
  const { post, seen } = await startCluster({
    answer: (_pod, { url = '' }, response) => {
      const last = url.includes('cursor=two');
      const page = last ? { messages: [3] } : { messages: [1, 2], paginationCursor: 'two' };
      response.end(JSON.stringify({ statusCode: 200, ...page }));
    },
  });
  for (const call of [1, 2]) {
    const answer = await post('/process', { ...info, endpoint: named('store') });
    expect((await answer.json()).response, `call ${call}`).toEqual({
      statusCodes: [200, 200],
      inner_statusCodes: [200, 200],
      messages: [1, 2, 3],
      pages: 2,
      attempt_num: 2,
    });
  }
  expect(seen.map(({ url }) => url)).toEqual(['/store', '/store?cursor=two', '/store', '/store?cursor=two']);
});

test('pods are read once for any number of calls, until the cache is cleared', async () => {
  const { post, kubernetesCalls, kubernetes } = await startCluster({ pods: 1 });
  const once = ['GET /api/v1/namespaces/default/services/relays', 'GET /api/v1/namespaces/default/pods'];
  await Promise.all(Array.from({ length: 20 }, async () => (await post('/process', info)).text()));
  expect(kubernetesCalls).toEqual(once);
  await kubernetes.addPod({ name: 'relay-0-0', labels: { app: 'relay' }, ip: '127.1.7.9' });
  expect((await (await post('/process', info)).json()).request.pod).toBe('relay-2-0');
  expect(await (await post('/cache/clear')).json()).toEqual({ cleared: true });
  expect((await (await post('/process', info)).json()).request.pod).toBe('relay-0-0');
  expect(kubernetesCalls).toEqual([...once, ...once]);
});

test.each([
  [
    'target',
    { ...info, target: named('relay') },
    /^there is no target "relay"; there are "relays", "last-relay"/,
  ],
  ['endpoint', { ...info, endpoint: named('nfo') }, /^there is no endpoint "nfo"; there are "info"/],
])('an unknown %s is 404 with the names there are', async (_, body, detail) => {
  const { post, seen } = await startCluster();
  const answer = await post('/process', body);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({ detail: expect.stringMatching(detail) });
  expect(seen).toEqual([]);
});

test('a target without pods is 404, and what the cluster refuses is 500 with its words', async () => {
  const { post } = await startCluster();
  const none = await post('/process', { ...info, target: named('nobody') });
  expect(none.status).toBe(404);
  expect(await none.json()).toEqual({ detail: 'the target "nobody" selects no pod' });
  const refused = await post('/process', { ...info, target: named('no-service') });
  expect(refused.status).toBe(500);
  expect(await refused.json()).toEqual({ detail: expect.stringContaining('services "gone" not found') });
});

const endpointWith = (fields: object) => ({
  ...info,
  endpoint: inline({ name: 'x', url: 'http://{node}/x', type: 'GET', ...fields }),
});
const targetWith = (fields: object) => ({ ...info, target: inline({ name: 'x', ...fields }) });

test.each<[string, unknown, readonly (string | number)[], string]>([
  ['no body at all', '', ['body'], 'json_invalid'],
  ['a body that is no JSON', '{"target": ', ['body'], 'json_invalid'],
  ['a list', [], ['body', 'target'], 'missing'],
  ['null', 'null', ['body'], 'object_type'],
  ['no endpoint', { target: named('relays') }, ['body', 'endpoint'], 'missing'],
  [
    'an unknown kind',
    { ...info, target: { kind: 'Name', value: 'x' } },
    ['body', 'target', 'kind'],
    'value_error',
  ],
  ['no kind', { ...info, target: { value: 'x' } }, ['body', 'target', 'kind'], 'missing'],
  ['no value', { ...info, target: { kind: 'name' } }, ['body', 'target', 'value'], 'missing'],
  [
    'a name that is a number',
    { ...info, target: { kind: 'name', value: 7 } },
    ['body', 'target', 'value'],
    'value_error',
  ],
  [
    'an endpoint that is a text',
    { ...info, endpoint: inline('x' as never) },
    ['body', 'endpoint', 'value'],
    'object_type',
  ],
  [
    'a type that is none',
    endpointWith({ type: 'PUT' }),
    ['body', 'endpoint', 'value', 'type'],
    'value_error',
  ],
  [
    'a url with an unknown field',
    endpointWith({ url: 'http://{host}/' }),
    ['body', 'endpoint', 'value', 'url'],
    'value_error',
  ],
  [
    'a header with a line break',
    endpointWith({ headers: { a: 'b\r\nc: d' } }),
    ['body', 'endpoint', 'value', 'headers', 'a'],
    'value_error',
  ],
  [
    'an unknown field of an endpoint',
    endpointWith({ pagd: true }),
    ['body', 'endpoint', 'value', 'pagd'],
    'extra_forbidden',
  ],
  ['a port that is none', targetWith({ port: 70_000 }), ['body', 'target', 'value', 'port'], 'value_error'],
  [
    'a regex that could hang',
    targetWith({ name_template: '(a+)+(?=b)' }),
    ['body', 'target', 'value', 'name_template'],
    'value_error',
  ],
  [
    'a host of its own',
    endpointWith({ url: 'http://169.254.169.254/latest' }),
    ['body', 'endpoint', 'value', 'url'],
    'host_not_allowed',
  ],
  [
    'a host that only begins as the pod',
    endpointWith({ url: 'http://{node}.evil.test/' }),
    ['body', 'endpoint', 'value', 'url'],
    'host_not_allowed',
  ],
  [
    'a host behind the pod as a user',
    endpointWith({ url: 'http://{node}:{port}@evil.test/' }),
    ['body', 'endpoint', 'value', 'url'],
    'host_not_allowed',
  ],
])('%s is 422 with the path of the fault', async (_, body, loc, type) => {
  const { post, seen } = await startCluster({ pods: 1 });
  const answer = await post('/process', body);
  expect(answer.status).toBe(422);
  const { detail } = await answer.json();
  expect(detail).toContainEqual({ loc, type, msg: expect.stringMatching(/./) });
  expect(seen).toEqual([]);
});

test('an endpoint in the body may have a host that is allowed, and no other', async () => {
  const paths: string[] = [];
  const port = await listen(({ url = '' }, response) => {
    paths.push(url);
    response.end('elsewhere');
  });
  const { post } = await startCluster({ app: { allowHosts: [`127.1.9.1:${port}`] } });
  const to = (host: string) => endpointWith({ url: `http://${host}/x` });
  const allowed = await post('/process', to(`127.1.9.1:${port}`));
  expect(await allowed.json()).toMatchObject({ response: { text: 'elsewhere' } });
  expect((await post('/process', to('127.1.9.1:1'))).status).toBe(422);
  expect((await post('/process', to(`127.1.9.2:${port}`))).status).toBe(422);
  expect(paths).toEqual(['/x']);
});

test('a body over the limit is 413, whether or not it says how long it is', async () => {
  const { server, post } = await startCluster({ app: { maxRequestBytes: 200 } });
  const body = JSON.stringify({ ...info, filler: 'x'.repeat(200) });
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body));
      controller.close();
    },
  });
  const chunked = await fetch(`${server.url}/process`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: stream,
    duplex: 'half',
  } as RequestInit);
  for (const answer of [await post('/process', body), chunked]) {
    expect(answer.status).toBe(413);
    expect(await answer.json()).toEqual({ detail: 'the body is over 200 bytes, which is the limit' });
  }
  expect((await post('/process', info)).status).toBe(200);
});

test('a body in chunks below the limit is read as any other', async () => {
  const { server } = await startCluster();
  const bytes = new TextEncoder().encode(JSON.stringify({ ...info, filler: 'ü' }));
  const body = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const init = { method: 'POST', headers, body, duplex: 'half' };
  expect((await fetch(`${server.url}/process`, init as RequestInit)).status).toBe(200);
});

test('a pod that hangs keeps nobody else waiting, and is let go when its client leaves', async () => {
  const hanging = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const { server, post } = await startCluster({
    app: { concurrency: 2 },
    answer: (pod, _request, response) => {
      if (pod === 'relay-2-2') response.end('OK');
      else {
        response.once('close', () => left.resolve());
        hanging.resolve();
      }
    },
  });
  const leave = new AbortController();
  const body = JSON.stringify(info);
  const headers = { 'content-type': 'application/json' };
  const hung = [1, 2, 3].map(() =>
    fetch(`${server.url}/process`, { method: 'POST', headers, body, signal: leave.signal }),
  );
  const ends = Promise.allSettled(hung);
  await hanging.promise;
  const other = await post('/process', { ...info, target: named('last-relay') });
  expect(await other.json()).toMatchObject({ response: { text: 'OK' } });
  leave.abort();
  await left.promise;
  await ends;
});

/** A clock whose timers never fire by themselves, and that tells who begins to wait for a place in the queue. */
function queueClock() {
  const waiting = Promise.withResolvers<() => void>();
  let entered = 0;
  const clock: Clock = {
    ...systemClock,
    setTimer: (callback, delay) => {
      // The first call gets its place at once.
      if (delay === PATIENCE && entered++ > 0) waiting.resolve(callback);
      return () => undefined;
    },
  };
  return { clock, waiting: waiting.promise };
}

const PATIENCE = 12_345;

test('what waits too long, or beyond the number that may wait, is 503 and told to come again', async () => {
  const release = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { clock, waiting } = queueClock();
  const { post } = await startCluster({
    app: { concurrency: 1, waiting: 1, patience: PATIENCE, clock },
    answer: async (_pod, _request, response) => {
      arrived.resolve();
      await release.promise;
      response.end('OK');
    },
  });
  const first = post('/process', info);
  await arrived.promise;
  const second = post('/process', info);
  const giveUp = await waiting;
  const refused = [await post('/process', info)];
  giveUp();
  refused.push(await second);
  expect(refused.map(({ status }) => status)).toEqual([503, 503]);
  expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(['1', '1']);
  expect(await Promise.all(refused.map((answer) => answer.json()))).toEqual([
    { detail: 'too much at once: 1 calls wait already; try again later' },
    { detail: 'too much at once: no place came free within 12345 ms; try again later' },
  ]);
  release.resolve();
  expect((await first).status).toBe(200);
});

test('where none may wait, those that find a place need not', async () => {
  const release = Promise.withResolvers<void>();
  const { post, seen } = await startCluster({
    app: { concurrency: 4, waiting: 0 },
    answer: async (_pod, _request, response) => {
      await release.promise;
      response.end('OK');
    },
  });
  const refused = Promise.withResolvers<void>();
  const calls = Array.from({ length: 3 }, async () => {
    const { status } = await post('/process', info);
    if (status === 503) refused.resolve();
    return status;
  });
  // Half of the places are for one pod.
  await refused.promise;
  const other = post('/process', { ...info, target: named('last-relay') });
  await vi.waitUntil(() => seen.length === 3);
  release.resolve();
  expect((await Promise.all(calls)).sort()).toEqual([200, 200, 503]);
  expect((await other).status).toBe(200);
});

test('/waku/relay publishes random bytes in the shard that is in the name of the pod', async () => {
  const { post, port, seen } = await startCluster();
  const body = {
    target: named('relays'),
    content_topic: '/my-app/1/dst/proto',
    cluster_id: 16,
    port,
    msg_size_kbytes: 10,
  };
  const answers = [await post('/waku/relay', body), await post('/waku/relay', body)];
  const params = { payload: '<redacted>', contentTopic: '/my-app/1/dst/proto', version: 1 };
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      request: {
        configEndpoint: { type: 'POST', params },
        params,
        url: `http://127.1.7.1:${port}/relay/v1/messages/%2Fwaku%2F2%2Frs%2F16%2F2`,
        pod: 'relay-2-0',
      },
      response: { status_code: 200, text: 'OK' },
    });
  }
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(
    Array(2).fill('POST /relay/v1/messages/%2Fwaku%2F2%2Frs%2F16%2F2'),
  );
  const payloads = seen.map(({ body: sent }) => JSON.parse(sent).payload);
  for (const payload of payloads) {
    expect(payload).toMatch(/^[A-Za-z0-9+/]{13334}$/);
    expect(Buffer.from(payload, 'base64')).toHaveLength(10_000);
  }
  expect(payloads[0]).not.toBe(payloads[1]);
});

test('/waku/relay names every field that is wrong, and says of a pod without a shard that it has none', async () => {
  const { post, port, kubernetes } = await startCluster();
  const wrong = await post('/waku/relay', { target: named('relays'), port: 0, msg_size_kbytes: 1_000_000 });
  expect(wrong.status).toBe(422);
  const { detail } = await wrong.json();
  expect(detail.map(({ loc }: { loc: unknown }) => loc)).toEqual([
    ['body', 'content_topic'],
    ['body', 'cluster_id'],
    ['body', 'port'],
    ['body', 'msg_size_kbytes'],
  ]);
  await kubernetes.addPod({ name: 'single', ip: '127.1.7.1' });
  const target = inline({ name: 'single', name_template: '^single$' });
  const body = { target, content_topic: '/a', cluster_id: 1, port, msg_size_kbytes: 1 };
  const none = await post('/waku/relay', body);
  expect(none.status).toBe(500);
  expect(await none.json()).toEqual({
    detail: 'the pod "single" has no shard in its name (as relay-3-0 has 3)',
  });
});

test('a client that leaves while it waits for its turn leaves nothing behind', async () => {
  const release = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { clock, waiting } = queueClock();
  const { server, post, seen, app } = await startCluster({
    app: { concurrency: 1, patience: PATIENCE, clock },
    answer: async (_pod, _request, response) => {
      arrived.resolve();
      await release.promise;
      response.end('OK');
    },
  });
  const first = post('/process', info);
  await arrived.promise;
  const leave = new AbortController();
  const request = new Request(`${server.url}/process`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(info),
    signal: leave.signal,
  });
  const left = app.fetch(request);
  await waiting;
  leave.abort();
  expect((await left).status).toBe(499);
  release.resolve();
  await first;
  expect((await post('/process', info)).status).toBe(200);
  expect(seen).toHaveLength(2);
});

test('a paged call that fails on the way is an exception', async () => {
  const { post } = await startCluster({
    answer: (_pod, _request, response) =>
      response.end(JSON.stringify({ statusCode: 200, messages: [1], paginationCursor: 'again' })),
  });
  const { request, response, exception } = await (
    await post('/process', { ...info, endpoint: named('store') })
  ).json();
  expect(request.pod).toBe('relay-2-0');
  expect(response).toBeUndefined();
  expect(exception).toMatch(/paginationCursor that came before/);
});

test('what stands in place of an object is not shown', async () => {
  const { post } = await startCluster();
  const answer = await post('/process', { target: 's3cret', endpoint: inline(['s3cret']) });
  expect(answer.status).toBe(422);
  expect(await answer.text()).not.toContain('s3cret');
});

test('a url of a caller that is none with the port of the target is 422', async () => {
  const { post } = await startCluster();
  const endpoint = inline({ name: 'e', type: 'GET', url: 'http://{node}{port}/' });
  const answer = await post('/process', { target: named('relays'), endpoint });
  expect(answer.status).toBe(422);
});

test('/waku/relay makes no message before it is its turn', async () => {
  const release = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { clock, waiting } = queueClock();
  let drawn = 0;
  const random = () => {
    drawn += 1;
    return 0.5;
  };
  const { post, port } = await startCluster({
    app: { concurrency: 1, patience: PATIENCE, clock, random },
    answer: async (_pod, _request, response) => {
      arrived.resolve();
      await release.promise;
      response.end('OK');
    },
  });
  const first = post('/process', info);
  await arrived.promise;
  const second = post('/waku/relay', {
    target: named('relays'),
    content_topic: '/my-app/1/dst/proto',
    cluster_id: 16,
    port,
    msg_size_kbytes: 10,
  });
  await waiting;
  expect(drawn).toBe(0);
  release.resolve();
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
  expect(drawn).toBeGreaterThanOrEqual(10_000);
});
