import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import {
  apiServer,
  collect,
  connect,
  failureOf,
  json,
  pod,
  podList,
  type Reply,
  status,
} from './api-server.ts';

const expired = (more: object) => status(410, 'Expired', 'The provided continue parameter is too old', more);

/** `count` pods in pages; the token is where the next page begins. */
const paged =
  (count: number): Reply =>
  (response, { query }) => {
    const begin = Number(query.get('continue') ?? 0);
    const end = Math.min(count, begin + Number(query.get('limit')));
    const items = Array.from({ length: end - begin }, (_, index) => {
      // As the API does: items of a list have neither.
      const { apiVersion: _version, kind: _kind, ...item } = pod(`p${begin + index}`, 1);
      return item;
    });
    json(response, 200, podList(items, 1, end < count ? { continue: `${end}` } : {}));
  };

test('pages are asked for as their objects are taken, never ahead', async () => {
  const server = await apiServer(paged(10_000));
  let taken = 0;
  let furthest = 0;
  for await (const _ of connect(server.url).list('pods')) {
    taken += 1;
    furthest = Math.max(furthest, server.seen.length * 500 - taken);
  }
  expect(taken).toBe(10_000);
  expect(server.seen).toHaveLength(20);
  expect(furthest).toBeLessThan(500);
});

test('of ten thousand objects no more than two pages are in memory at any time', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const server = await apiServer(paged(10_000));
  const taken: WeakRef<object>[] = [];
  const alive: number[] = [];
  for await (const one of connect(server.url).list('pods')) {
    taken.push(new WeakRef(one));
    if (taken.length % 500 !== 0) continue;
    // What a WeakRef was made of lives until the present turn of the event loop has ended.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    alive.push(taken.filter((ref) => ref.deref() !== undefined).length);
  }
  expect(alive).toHaveLength(20);
  expect(Math.max(...alive)).toBeLessThanOrEqual(1_000);
});

test('a loop that is left asks for no further page', async () => {
  const server = await apiServer(paged(100));
  for await (const _ of connect(server.url).list('pods', { limit: 10 })) break;
  expect(server.seen).toHaveLength(1);
});

test('objects of a list have kind and apiVersion, as those of get', async () => {
  const server = await apiServer(paged(1));
  expect(await collect(connect(server.url).list('pods'))).toEqual([pod('p0', 1)]);
});

test('selectors and page size go to the server, in one namespace or in all', async () => {
  const server = await apiServer(paged(0));
  const kube = connect(server.url);
  await collect(
    kube.list('pods', { labelSelector: 'a in (b,c)', fieldSelector: 'status.phase=Running', limit: 7 }),
  );
  await collect(kube.list('pods', { allNamespaces: true }));
  await collect(kube.list('pods', { namespace: 'theirs' }));
  expect(Object.fromEntries(server.seen[0]?.query ?? [])).toEqual({
    labelSelector: 'a in (b,c)',
    fieldSelector: 'status.phase=Running',
    limit: '7',
  });
  expect(server.seen.map(({ path }) => path)).toEqual([
    '/api/v1/namespaces/default/pods',
    '/api/v1/pods',
    '/api/v1/namespaces/theirs/pods',
  ]);
});

test('a list that expires goes on with the token the API gives', async () => {
  const answer = paged(4);
  const server = await apiServer((response, seen) => {
    const token = seen.query.get('continue');
    if (token === '2') return json(response, 410, expired({ metadata: { continue: '3' } }));
    return answer(response, seen);
  });
  const names = (await collect(connect(server.url).list('pods', { limit: 2 }))).map(
    (one) => one.metadata?.name,
  );
  expect(names).toEqual(['p0', 'p1', 'p3']);
});

test('a list that expires without a new token says that it cannot go on', async () => {
  const answer = paged(4);
  const server = await apiServer((response, seen) =>
    seen.query.has('continue') ? json(response, 410, expired({})) : answer(response, seen),
  );
  const error = await failureOf(collect(connect(server.url).list('pods', { limit: 2 })));
  expect(error).toMatchObject({ code: 'KUBERNETES_LIST_EXPIRED', retryable: true });
  expect(error.message).toContain('list anew');
});

test('a page is sent again after a fault, with the same token', async () => {
  const answer = paged(4);
  let fail = true;
  const server = await apiServer((response, seen) => {
    if (!seen.query.has('continue') || !fail) return answer(response, seen);
    fail = false;
    return response.socket?.destroy();
  });
  expect(await collect(connect(server.url).list('pods', { limit: 2 }))).toHaveLength(4);
  expect(server.seen.map(({ query }) => query.get('continue'))).toEqual([null, '2', '2']);
});

test('a namespace and all namespaces exclude each other', () => {
  const kube = connect('http://127.0.0.1:1');
  expect(() => kube.list('pods', { namespace: 'a', allNamespaces: true })).toThrow(ConfigError);
  // @ts-expect-error
  expect(() => kube.list('nodes')).toThrow(/expected 'pods' or 'services'/);
});
