import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GroupNodes, startGroupNodes } from '../../src/testing/group-nodes.ts';
import { rawRequest } from './wire.ts';

let nodes: GroupNodes;
let base: string;

beforeAll(async () => {
  nodes = await startGroupNodes();
  ({ node01: base = '' } = nodes.urls);
});
afterAll(() => nodes.close());
beforeEach(() => {
  for (const [node, records] of nodes.records()) {
    for (const { groupId } of records) nodes.remove(node, groupId);
  }
});

const LIST = '/v1/group/';
const JSON_TYPE = { 'content-type': 'application/json' };

async function ask(method: string, path: string, body?: string, headers: Record<string, string> = JSON_TYPE) {
  const sent = body === undefined ? {} : { body: new TextEncoder().encode(body) };
  const answer = await fetch(`${base}${path}`, { method, headers, redirect: 'manual', ...sent });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    length: Number(answer.headers.get('content-length')),
    body: await answer.text(),
  };
}

const held = (node = 'node01') => nodes.records().get(node);
const answerOf = (status: number, type: string, body: string) => ({
  status,
  type,
  length: Buffer.byteLength(body),
  body,
});
const HTML = 'text/html; charset=utf-8';
const refusal = (status: number, error: string) =>
  answerOf(status, 'application/json', `{"error": ${JSON.stringify(error)}}`);

it('has a server for each node', () => {
  expect(new Set(Object.values(nodes.urls)).size).toBe(3);
  expect(base).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

it('creates, reads and deletes a record on its own node, and on no other', async () => {
  expect(await ask('POST', LIST, '{"groupId": "5"}')).toEqual(answerOf(201, HTML, ''));
  expect(held()).toEqual([{ groupId: '5' }]);
  expect(held('node02')).toEqual([]);
  expect(await ask('GET', `${LIST}5/`)).toEqual(answerOf(200, 'application/json', '{"groupId":"5"}\n'));
  expect((await fetch(`${new Map(Object.entries(nodes.urls)).get('node02')}${LIST}5/`)).status).toBe(404);
  expect(await ask('DELETE', LIST, '{"groupId": "5"}')).toEqual(answerOf(200, HTML, ''));
  expect(held()).toEqual([]);
});

it('says that a group exists, and that it does not', async () => {
  nodes.put('node01', { groupId: '5' });
  expect(await ask('POST', LIST, '{"groupId": "5"}')).toEqual(refusal(400, 'Group already exists'));
  expect(await ask('GET', `${LIST}6/`)).toEqual(refusal(404, 'Group not found'));
  expect(await ask('DELETE', LIST, '{"groupId": "6"}')).toEqual(refusal(404, 'Group not found'));
  expect(held()).toEqual([{ groupId: '5' }]);
});

it('knows no timestamp: a delete removes whatever record there is', async () => {
  nodes.put('node01', { groupId: '5', timestamp: '1.5' });
  const answer = await ask('DELETE', LIST, '{"groupId": "5"}', { ...JSON_TYPE, timestamp: '2.5' });
  expect(answer.status).toBe(200);
  expect(held()).toEqual([]);
});

it('tells a number from its text, and reads texts only', async () => {
  expect((await ask('POST', LIST, '{"groupId": 42}')).status).toBe(201);
  expect((await ask('GET', `${LIST}42/`)).status).toBe(404);
  expect((await ask('POST', LIST, '{"groupId": "42"}')).status).toBe(201);
  expect((await ask('POST', LIST, '{"groupId": 42.0}')).body).toContain('Group already exists');
  expect(held()).toEqual([{ groupId: '42' }, { groupId: '42' }]);
  expect((await ask('DELETE', LIST, '{"groupId": "42"}')).status).toBe(200);
  expect((await ask('DELETE', LIST, '{"groupId": "42"}')).status).toBe(404);
  expect((await ask('DELETE', LIST, '{"groupId": 42}')).status).toBe(200);
});

it.each(['../a b/ü?x#y', '..', '.', '%2F', '100%', 'a/b/', '/', '\u{1f600}', '"'])(
  'keeps the id %s as it is',
  async (groupId) => {
    const path = `${LIST}${encodeURIComponent(groupId)}/`;
    const body = JSON.stringify({ groupId });
    expect((await ask('POST', LIST, body)).status).toBe(201);
    expect(held()).toEqual([{ groupId }]);
    const read = await rawRequest(base, 'GET', path);
    expect([read.status, Buffer.from(read.body, 'utf8').toString()]).toEqual([
      200,
      `{"groupId":${JSON.stringify(groupId)}}\n`,
    ]);
    expect((await ask('DELETE', LIST, body)).status).toBe(200);
    expect((await rawRequest(base, 'GET', path)).status).toBe(404);
  },
);

it.each([
  ['GET', '/v1/group/5', '/v1/group/5/'],
  ['GET', '/v1/group/a%2Fb?x=1', '/v1/group/a%2Fb/?x=1'],
  ['GET', '/v1/group/..', '/v1/group/../'],
  ['POST', '/v1/group', '/v1/group/'],
  ['DELETE', '/v1/group?x=1', '/v1/group/?x=1'],
])('redirects %s %s to the path with a slash', async (method, path, location) => {
  nodes.put('node01', { groupId: '5' });
  const answer = await rawRequest(base, method, path, JSON_TYPE, method === 'GET' ? '' : '{"groupId": "5"}');
  expect([answer.status, answer.headers.get('location')]).toEqual([308, location]);
  expect(held()).toEqual([{ groupId: '5' }]);
});

it.each(['/v1/group//', '/v1/group/a/b/', '/v1/groups/', '/stats', '/v1/stats', '/'])(
  'has no page %s',
  async (path) => {
    expect(await ask('GET', path)).toMatchObject({ status: 404, type: HTML });
  },
);

it('answers 405 to methods it does not have', async () => {
  expect((await ask('GET', LIST)).status).toBe(405);
  expect((await ask('PUT', LIST, '{"groupId": "5"}')).status).toBe(405);
  expect((await ask('DELETE', `${LIST}5/`)).status).toBe(405);
});

it('answers a ping', async () => {
  expect(await ask('GET', '/ping')).toMatchObject({ status: 200, body: 'PONG' });
});

it('keeps a connection open for the next request', async () => {
  const answer = await rawRequest(base, 'GET', '/ping');
  expect(answer.headers.get('connection')).toBe('keep-alive');
});

it('answers a HEAD as a GET without its body', async () => {
  nodes.put('node01', { groupId: '5' });
  expect(await ask('HEAD', `${LIST}5/`)).toMatchObject({ status: 200, length: 16, body: '' });
});

describe('bad input', () => {
  it.each([
    ['an object without a groupId', '{}'],
    ['an empty groupId', '{"groupId": ""}'],
    ['null', 'null'],
    ['a groupId that is true', '{"groupId": true}'],
    ['a groupId past all numbers', '{"groupId": 1e999}'],
    ['bad JSON', '{"groupId": '],
    ['no body', undefined],
  ])('is 400 for %s', async (_, body) => {
    expect(await ask('POST', LIST, body)).toEqual(refusal(400, 'Bad request'));
    expect(await ask('DELETE', LIST, body)).toEqual(refusal(400, 'Bad request'));
  });

  it.each(['text/plain', 'application/jsonp', 'text/json'])(
    'is a page of 400 for the content type %s',
    async (type) => {
      const answer = await ask('POST', LIST, '{"groupId": "5"}', { 'content-type': type });
      expect(answer).toMatchObject({ status: 400, type: HTML });
      expect(held()).toEqual([]);
    },
  );

  it('is a page of 400 without a content type', async () => {
    expect(await ask('DELETE', LIST, '{"groupId": "5"}', {})).toMatchObject({ status: 400, type: HTML });
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.group+json'])(
    'is not the content type %s',
    async (type) => {
      expect((await ask('POST', LIST, '{"groupId": "5"}', { 'content-type': type })).status).toBe(201);
    },
  );

  it('is 400 for malformed percent-encoding', async () => {
    for (const path of ['/v1/group/%/', '/v1/group/%zz/', '/v1/group/%ff/']) {
      const answer = await rawRequest(base, 'GET', path);
      expect([answer.status, answer.body]).toEqual([400, '{"error": "Bad request"}']);
    }
  });

  it('is 413 for a body that is too large', async () => {
    const body = JSON.stringify({ groupId: 'x'.repeat(2 ** 20) });
    expect(await ask('POST', LIST, body)).toEqual(refusal(413, 'Request too large'));
    expect(held()).toEqual([]);
  });
});
