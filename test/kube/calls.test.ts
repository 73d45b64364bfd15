import { rmSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ConfigError, ConnectionError, TimeoutError } from '../../src/core/errors.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import { KubernetesError } from '../../src/kube/errors.ts';
import type { KubernetesOptions } from '../../src/kube/options.ts';
import type { KubernetesObject } from '../../src/kube/resources.ts';
import { manualClock } from '../testing/manual-clock.ts';
import {
  apiServer,
  connect,
  failureOf,
  json,
  kubeconfig,
  pod,
  type Reply,
  SECRET,
  status,
} from './api-server.ts';

const job = (metadata: object = { name: 'a' }) => ({ metadata }) as KubernetesObject<'jobs'>;
const stored = (name = 'a', more: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, uid: 'u1', resourceVersion: '7', ...more },
});
const exists = status(409, 'AlreadyExists', 'jobs.batch "a" already exists', {
  details: { name: 'a', group: 'batch', kind: 'jobs' },
});
const notFound = status(404, 'NotFound', 'jobs.batch "a" not found', {
  details: { name: 'a', group: 'batch', kind: 'jobs' },
});
const background = { propagationPolicy: 'Background' } as const;

/** Each request gets the next reply; the last one goes on. */
const inTurn = (...replies: Reply[]): Reply => {
  let turn = 0;
  return (response, seen) => replies[Math.min(turn++, replies.length - 1)]?.(response, seen);
};
const answer =
  (code: number, body: object, headers: object = {}): Reply =>
  (response) =>
    json(response, code, body, headers);
const page =
  (code: number): Reply =>
  (response) =>
    response.writeHead(code, { 'content-type': 'text/html' }).end('<html>Bad Gateway</html>');
const reset: Reply = (response) => response.socket?.destroy();

test('get asks for the object in the namespace in force, as the user of the kubeconfig', async () => {
  const server = await apiServer(answer(200, pod('a', 1)));
  const kube = connect(server.url, { namespace: 'mine' });

  expect(await kube.get('pods', 'a')).toEqual(pod('a', 1));
  await kube.get('jobs', 'b', { namespace: 'other' }).catch(() => undefined);

  expect(server.seen[0]?.path).toBe('/api/v1/namespaces/mine/pods/a');
  expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  expect(server.seen[1]?.path).toBe('/apis/batch/v1/namespaces/other/jobs/b');
});

test('a server below a path of its host is called there', async () => {
  const server = await apiServer(answer(200, pod('a', 1)));
  await connect(`${server.url}/k8s/clusters/c1`).get('pods', 'a');
  expect(server.seen[0]?.path).toBe('/k8s/clusters/c1/api/v1/namespaces/default/pods/a');
});

test('create writes kind and apiVersion into the body', async () => {
  const server = await apiServer(answer(201, stored()));
  await connect(server.url).create('jobs', job());
  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'a' },
  });
  expect(server.seen[0]?.headers['content-type']).toBe('application/json');
});

test.each<[string, Reply]>([
  ['a reset', reset],
  ['a 500', answer(500, status(500, '', 'etcdserver: leader changed'))],
  ['a page of a proxy', page(502)],
  ['a success that is not the API’s', (response) => response.end('<html>Welcome</html>')],
  ['a foreign 404', page(404)],
])('a read is sent again after %s', async (_, first) => {
  const server = await apiServer(inTurn(first, answer(200, pod('a', 1))));
  expect(await connect(server.url).get('pods', 'a')).toEqual(pod('a', 1));
  expect(server.seen).toHaveLength(2);
});

test.each<[string, Reply]>([
  ['a reset', reset],
  ['a 500', answer(500, status(500, '', 'oops'))],
  ['a 504', answer(504, status(504, 'Timeout', 'request did not complete'))],
])('AlreadyExists after %s is the success of the create', async (_, first) => {
  const server = await apiServer(inTurn(first, answer(409, exists), answer(200, stored())));
  expect(await connect(server.url).create('jobs', job())).toEqual(stored());
  expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
});

test.each<[string, Reply[]]>([
  ['at the first attempt', []],
  ['after a 429, which did nothing', [answer(429, status(429, 'TooManyRequests', 'later'))]],
])('AlreadyExists %s is an error', async (_, before) => {
  const server = await apiServer(inTurn(...before, answer(409, exists)));
  const error = await failureOf(connect(server.url).create('jobs', job()));
  expect(error).toBeInstanceOf(KubernetesError);
  expect(error).toMatchObject({ status: 409, reason: 'AlreadyExists', uncertain: false });
  expect(error.message).toContain('create jobs "a" in namespace "default": jobs.batch "a" already exists');
});

test('AlreadyExists of an object that is on its way out is no success', async () => {
  const server = await apiServer(
    inTurn(
      reset,
      answer(409, exists),
      answer(200, stored('a', { deletionTimestamp: '2026-01-01T00:00:00Z' })),
    ),
  );
  expect(await failureOf(connect(server.url).create('jobs', job()))).toMatchObject({
    reason: 'AlreadyExists',
    uncertain: true,
  });
});

test('a create with generateName is not sent again when it may have happened', async () => {
  const server = await apiServer(inTurn(reset, answer(201, stored())));
  const error = await failureOf(connect(server.url).create('jobs', job({ generateName: 'a-' })));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(server.seen).toHaveLength(1);
});

test('a create with generateName is sent again where the API took nothing', async () => {
  const busy = answer(429, status(429, 'TooManyRequests', 'later'));
  const server = await apiServer(inTurn(busy, answer(201, stored('a-x'))));
  await connect(server.url).create('jobs', job({ generateName: 'a-' }));
  expect(server.seen).toHaveLength(2);
});

test.each<[string, Reply]>([
  ['a 500', answer(500, status(500, 'InternalError', 'etcdserver: request timed out'))],
  ['a 408', answer(408, status(408, 'Timeout', 'late'))],
  ['a page of a proxy', page(502)],
])('%s leaves open whether a create happened, and says so itself', async (_, reply) => {
  const server = await apiServer(reply);
  const named = connect(server.url, { retry: { attempts: 1 } }).create('jobs', job());
  const generated = connect(server.url).create('jobs', job({ generateName: 'a-' }));
  expect(await failureOf(named)).toMatchObject({ uncertain: true, retryable: true });
  expect(await failureOf(generated)).toMatchObject({ uncertain: true, retryable: false });
});

test('a create with generateName that got no answer is not to be tried again', async () => {
  const server = await apiServer(reset);
  const error = await failureOf(connect(server.url).create('jobs', job({ generateName: 'a-' })));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ uncertain: true, retryable: false });
});

test('a Job that may remove itself before the next attempt is sent once', async () => {
  const server = await apiServer(inTurn(reset, answer(201, stored())));
  const lasting = (seconds: number) =>
    ({ ...job(), spec: { ttlSecondsAfterFinished: seconds } }) as KubernetesObject<'jobs'>;
  const error = await failureOf(connect(server.url).create('jobs', lasting(59)));
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', uncertain: true, retryable: false });
  expect(server.seen).toHaveLength(1);
  const again = await apiServer(inTurn(reset, answer(201, stored())));
  await connect(again.url).create('jobs', lasting(60));
  expect(again.seen).toHaveLength(2);
});

test.each<[string, Reply, object]>([
  ['a reset', reset, { code: 'CONNECTION_FAILED' }],
  ['a 500', answer(500, status(500, 'InternalError', 'no leader')), { status: 500 }],
])('what ends a create after %s does not hide that it may have happened', async (_, reply, what) => {
  const reason = new Error('enough');
  const abort = new AbortController();
  let arrived: (() => unknown) | undefined;
  const server = await apiServer(async (response, seen) => {
    arrived?.();
    await new Promise((resolve) => setImmediate(resolve));
    return reply(response, seen);
  });

  arrived = () => abort.abort(reason);
  const aborted = await failureOf(connect(server.url).create('jobs', job(), { signal: abort.signal }));
  expect(aborted).toMatchObject({ ...what, uncertain: true });
  expect(aborted.cause).toBe(reason);

  const kube = connect(server.url);
  arrived = () => kube.close();
  const closed = await failureOf(kube.create('jobs', job()));
  expect(closed).toMatchObject({ ...what, uncertain: true, cause: { code: 'CLOSED' } });
  expect(server.seen).toHaveLength(2);
});

test('a kubeconfig that is gone after a lost create does not hide it', async () => {
  const unauthorized = answer(401, status(401, 'Unauthorized', 'Unauthorized'));
  let path = '';
  const server = await apiServer(
    inTurn(reset, (response, seen) => {
      rmSync(path);
      return unauthorized(response, seen);
    }),
  );
  path = kubeconfig(server.url);
  const error = await failureOf(connect(server.url, { kubeconfig: path }).create('jobs', job()));
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', uncertain: true });
  expect(error.cause).toBeInstanceOf(ConfigError);
});

test('a server that is gone after a lost create: the error says that it may have happened', async () => {
  const server = await apiServer((response) => {
    void server.close();
    response.socket?.destroy();
  });
  const error = await failureOf(connect(server.url).create('jobs', job()));
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', uncertain: true });
  expect(error.message).toContain('An earlier attempt may have been carried out');
});

test.each<[string, Reply, object]>([
  ['403', answer(403, status(403, 'Forbidden', 'no')), { reason: 'Forbidden' }],
  ['404', answer(404, notFound), { reason: 'NotFound' }],
  ['a reset', reset, { code: 'CONNECTION_FAILED' }],
])('what a lost create made cannot be read: %s', async (_, reading, cause) => {
  const server = await apiServer(inTurn(reset, answer(409, exists), reading));
  const error = await failureOf(connect(server.url).create('jobs', job()));
  expect(error).toMatchObject({ reason: 'AlreadyExists', uncertain: true, cause });
});

test('a create and reading what it made have one deadline', async () => {
  const clock = manualClock();
  const server = await apiServer(
    inTurn(
      (response) => {
        clock.advance(9_000);
        response.socket?.destroy();
      },
      answer(409, exists),
      () => undefined,
    ),
  );
  const kube = connect(server.url, { clock, random: () => 0, attemptTimeout: 9_999 });
  const failed = failureOf(kube.create('jobs', job(), { deadline: 10_000 }));
  await until(() => clock.advance(0) === undefined && server.seen.length === 3);
  clock.advance(1_000);
  expect(await failed).toMatchObject({ reason: 'AlreadyExists', uncertain: true });
});

test.each([
  ['a BigInt', { big: 1n }],
  [
    'itself',
    (() => {
      const loop: Record<string, unknown> = {};
      loop['self'] = loop;
      return loop;
    })(),
  ],
])('an object that holds %s is refused', async (_, more) => {
  const object = { ...job(), ...more } as KubernetesObject<'jobs'>;
  const error = await failureOf(connect('http://127.0.0.1:1').create('jobs', object));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('object: cannot be written as JSON');
});

test('what only looks like a signal is refused', async () => {
  const signal = { aborted: false } as AbortSignal;
  const error = await failureOf(connect('http://127.0.0.1:1').get('pods', 'a', { signal }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('options.signal: expected an AbortSignal');
});

test('replace surfaces a Conflict, and says when it may be with itself', async () => {
  const conflict = answer(409, status(409, 'Conflict', 'the object has been modified'));
  const lease = { metadata: { name: 'a', resourceVersion: '7' } };
  const first = await apiServer(conflict);
  const second = await apiServer(inTurn(reset, conflict));
  expect(await failureOf(connect(first.url).replace('leases', lease))).toMatchObject({
    reason: 'Conflict',
    uncertain: false,
  });
  expect(await failureOf(connect(second.url).replace('leases', lease))).toMatchObject({
    reason: 'Conflict',
    uncertain: true,
  });
  expect(first.seen[0]).toMatchObject({
    method: 'PUT',
    path: '/apis/coordination.k8s.io/v1/namespaces/default/leases/a',
  });
});

test('delete names its policy in the body', async () => {
  const gone = { kind: 'Status', apiVersion: 'v1', status: 'Success', details: {} };
  const server = await apiServer(answer(200, gone));
  await connect(server.url).delete('jobs', 'a', {
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u1' },
  });
  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u1' },
  });
});

test('NotFound is success for a delete that may have happened before, and an error else', async () => {
  const first = await apiServer(inTurn(reset, answer(404, notFound)));
  const second = await apiServer(answer(404, notFound));
  await connect(first.url).delete('jobs', 'a', background);
  expect(first.seen).toHaveLength(2);
  expect(await failureOf(connect(second.url).delete('jobs', 'a', background))).toMatchObject({
    reason: 'NotFound',
    details: { name: 'a', group: 'batch', kind: 'jobs' },
  });
});

test('a 404 of something in between is no success for a delete', async () => {
  const server = await apiServer(inTurn(reset, page(404)));
  const error = await failureOf(connect(server.url).delete('jobs', 'a', background));
  expect(error).toMatchObject({ status: 404, reason: '' });
  expect(error.message).toContain('does a proxy stand between?');
  expect(server.seen).toHaveLength(5);
});

test('deleteCollection counts what it found', async () => {
  const list = { kind: 'JobList', apiVersion: 'batch/v1', metadata: {}, items: [stored(), stored('b')] };
  const server = await apiServer(answer(200, list));
  const deleted = await connect(server.url).deleteCollection('jobs', {
    labelSelector: 'app=x',
    propagationPolicy: 'Background',
  });
  expect(deleted).toEqual({ deleted: 2 });
  expect(server.seen[0]).toMatchObject({ method: 'DELETE', path: '/apis/batch/v1/namespaces/default/jobs' });
  expect(server.seen[0]?.query.get('labelSelector')).toBe('app=x');
});

test('a delete without a policy, and a deleteCollection without a selector, are refused', async () => {
  const kube = connect('http://127.0.0.1:1');
  const words = "options.propagationPolicy: is missing; name 'Foreground', 'Background' or 'Orphan'";
  // @ts-expect-error
  for (const forgotten of [kube.delete('jobs', 'a', {}), kube.delete('jobs', 'a')]) {
    const failure = await failureOf(forgotten);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure.message).toContain(words);
  }
  // @ts-expect-error
  expect((await failureOf(kube.delete('jobs', 'a', { propagationPolicy: 'foreground' }))).message).toContain(
    `expected 'Foreground', 'Background' or 'Orphan', received "foreground"`,
  );
  // @ts-expect-error
  const error = await failureOf(kube.deleteCollection('jobs', { propagationPolicy: 'Background' }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('labelSelector');
});

test('429 is obeyed for as long as its Retry-After says', async () => {
  const clock = manualClock();
  const busy: Reply = (response) =>
    response
      .writeHead(429, { 'content-type': 'text/plain', 'retry-after': '7' })
      .end('Too many requests, please try again later.\n');
  const server = await apiServer(inTurn(busy, answer(200, pod('a', 1))));
  const said: string[] = [];
  const debug = (message: string) => said.push(message);
  const kube = connect(server.url, { clock, random: () => 0, logger: { ...console, debug } });
  const got = kube.get('pods', 'a');
  await until(() => said.at(-1)?.endsWith('the next follows in 7000 ms') === true && clock.running() === 2);
  clock.advance(6_999);
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.seen).toHaveLength(1);
  clock.advance(1);
  expect(await got).toEqual(pod('a', 1));
});

test('a wait below zero is none', async () => {
  const busy = status(429, 'TooManyRequests', 'later', { details: { retryAfterSeconds: -500 } });
  const server = await apiServer(inTurn(answer(429, busy), answer(200, pod('a', 1))));
  const said: string[] = [];
  const debug = (message: string) => said.push(message);
  await connect(server.url, { random: () => 1, logger: { ...console, debug } }).get('pods', 'a');
  expect(said.find((message) => message.includes('follows in'))).toMatch(/ 1 ms$/);
});

test('a Retry-After past the deadline ends the call at once', async () => {
  const busy = answer(429, status(429, 'TooManyRequests', 'later'), { 'retry-after': '3600' });
  const server = await apiServer(busy);
  const error = await failureOf(connect(server.url).get('pods', 'a'));
  expect(error).toMatchObject({ status: 429, retryable: true });
  expect(server.seen).toHaveLength(1);
});

test('a turn that comes after the deadline is not waited for', async () => {
  const clock = manualClock();
  const server = await apiServer(answer(500, status(500, 'InternalError', 'no leader')));
  const rateLimit = { perSecond: 0.001, burst: 1 };
  const kube = connect(server.url, { clock, rateLimit, deadline: 5_000 });
  const said: string[] = [];
  const failed = failureOf(kube.get('pods', 'a')).then((error) => said.push(error.message));
  await until(() => server.seen.length === 1 && clock.running() === 2);
  // The wait between the attempts is over, and the one for a turn begins.
  clock.advance(10);
  await until(() => clock.running() === 2);
  clock.advance(4_989);
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toEqual([]);
  clock.advance(1);
  await failed;
  expect(said[0]).toContain('no leader (500 InternalError)');
  expect(server.seen).toHaveLength(1);
  expect(clock.running()).toBe(0);
});

test('an abort after an attempt of a write that did nothing ends the call with its reason', async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const server = await apiServer((response) => {
    abort.abort(reason);
    setImmediate(() => json(response, 429, status(429, 'TooManyRequests', 'later')));
  });
  const creating = connect(server.url).create('jobs', job(), { signal: abort.signal });
  expect(await failureOf(creating)).toBe(reason);
  expect(server.seen).toHaveLength(1);
});

test('an error after several attempts carries those before', async () => {
  const server = await apiServer(answer(500, status(500, 'InternalError', 'no leader')));
  const error = await failureOf(connect(server.url).get('pods', 'a'));
  expect(error.message).toContain('no leader (500 InternalError) after 5 attempts');
  expect((error.cause as AggregateError).errors).toHaveLength(4);
});

test('an attempt without an answer ends after attemptTimeout', async () => {
  const clock = manualClock();
  const server = await apiServer(() => undefined);
  const kube = connect(server.url, { clock, attemptTimeout: 3_000, retry: { attempts: 1 } });
  const failed = failureOf(kube.get('pods', 'a'));
  await until(() => server.seen.length === 1);
  clock.advance(3_000);
  const error = await failed;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error.message).toBe(
    `get pods "a" in namespace "default": ${server.url} gave no answer within 3000 ms`,
  );
});

test('a server that is not there is named, with what to check', async () => {
  const server = await apiServer(() => undefined);
  await server.close();
  const error = await failureOf(connect(server.url).create('jobs', job({ generateName: 'a-' })));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error.message).toContain(`${server.url} cannot be reached (ECONNREFUSED) after 5 attempts`);
  expect(error.message).toContain('context "main"');
});

test('a refusal is told in the words of the API', async () => {
  const message =
    'pods is forbidden: User "me" cannot list resource "pods" in API group "" in the namespace "theirs"';
  const server = await apiServer(answer(403, status(403, 'Forbidden', message)));
  const error = await failureOf(connect(server.url).get('pods', 'a', { namespace: 'theirs' }));
  expect(error).toMatchObject({ name: 'KubernetesError', code: 'KUBERNETES_STATUS', status: 403 });
  expect(error.message).toContain(message);
  expect(error.message).toContain('name another namespace or have it allowed');
  expect(server.seen).toHaveLength(1);
});

test('a path that is not served asks whether this is an API server', async () => {
  const server = await apiServer((response) =>
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n'),
  );
  const error = await failureOf(connect(server.url).get('pods', 'a'));
  expect(error.message).toContain('is it the url of an API server?');
  expect(server.seen).toHaveLength(1);
});

test('an abort ends a read and a wait at once with its reason', async () => {
  const server = await apiServer(() => undefined);
  const abort = new AbortController();
  const reading = failureOf(connect(server.url).get('pods', 'a', { signal: abort.signal }));
  await until(() => server.seen.length === 1);
  const reason = new Error('enough');
  abort.abort(reason);
  expect(await reading).toBe(reason);
});

test('an abort does not cut a write under way', async () => {
  const abort = new AbortController();
  const server = await apiServer((response) => {
    abort.abort(new Error('enough'));
    setImmediate(() => json(response, 201, stored()));
  });
  expect(await connect(server.url).create('jobs', job(), { signal: abort.signal })).toEqual(stored());
});

test.each<[string, Reply]>([
  ['a refusal', answer(403, status(403, 'Forbidden', 'no'))],
  ['a reset', reset],
  ['a foreign page', page(200)],
  ['an answer that is no HTTP', (response) => response.socket?.end(`HTTP/1.1 nonsense ${SECRET}\r\n\r\n`)],
])('the token stands in no error: %s', async (_, reply) => {
  const server = await apiServer(reply);
  const error = await failureOf(connect(server.url, { retry: { attempts: 1 } }).get('pods', 'a'));
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
});

test('names that would reach another path are refused', async () => {
  const kube = connect('http://127.0.0.1:1');
  for (const name of ['', '..', 'a/b', 'A', 'a%2Fb']) {
    expect(await failureOf(kube.get('pods', name))).toBeInstanceOf(ConfigError);
  }
  expect(await failureOf(kube.get('pods', 'a', { namespace: '../x' }))).toBeInstanceOf(ConfigError);
  expect(await failureOf(kube.replace('leases', { metadata: { name: 'a' } }))).toBeInstanceOf(ConfigError);
  expect(await failureOf(kube.create('jobs', { metadata: {} }))).toBeInstanceOf(ConfigError);
});

test.each([
  [[], 'options: expected an object, received an array'],
  [null, 'options: expected an object, received null'],
  [{ rateLimit: true }, 'options.rateLimit: expected false or { perSecond, burst }, received true'],
  [{ rateLimit: { perSecond: 5 } }, 'options.rateLimit.burst: is missing'],
  [{ rateLimit: { perSecond: 5, burst: 0 } }, 'rateLimit.burst: expected a whole number of at least 1'],
])('%j is no set of options', (options, message) => {
  const error = failureOf((async () => connectKubernetes(options as KubernetesOptions))());
  return expect(error).resolves.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining(message),
  });
});

test('every mistake in the options is named', () => {
  const wrong = { connections: 1, rateLimit: { perSecond: 0, burst: 1 }, retries: 3, attemptTimeout: -1 };
  expect(() => connect('http://127.0.0.1:1', wrong)).toThrow(
    expect.objectContaining({
      issues: expect.arrayContaining(
        ['connections', 'rateLimit.perSecond', 'retries', 'attemptTimeout'].map((path) =>
          expect.objectContaining({ path: `options.${path}` }),
        ),
      ),
    }),
  );
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
