import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GroupNodes, startGroupNodes } from '../../src/testing/group-nodes.ts';
import { rawRequest } from './wire.ts';

let nodes: GroupNodes;
let base: string;

beforeAll(async () => {
  nodes = await startGroupNodes({ dialect: 'header' });
  ({ node01: base = '' } = nodes.urls);
});
afterAll(() => nodes.close());
beforeEach(() => {
  for (const [node, records] of nodes.records()) {
    for (const { groupId } of records) nodes.remove(node, groupId);
  }
});

const TIMESTAMP = '1633807521.507381';

/** With no content-type, as the original's client. */
async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  const sent = body === undefined ? {} : { body: new TextEncoder().encode(body) };
  const answer = await fetch(`${base}${path}`, { method, headers: { node: 'node01', ...headers }, ...sent });
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
const html = (status: number, body: string) => answerOf(status, 'text/html; charset=utf-8', body);
const refusal = (status: number, message: string) =>
  answerOf(status, 'application/json', `{"message": ${JSON.stringify(message)}, "status": ${status}}`);
const EXISTS = refusal(400, 'Perhaps the object exists.');

it('has one base url for all nodes', () => {
  expect(new Set(Object.values(nodes.urls))).toEqual(new Set([base]));
  expect(base).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
});

it('creates, reads and deletes a record on the node of the header, and on no other', async () => {
  expect(await ask('POST', '/group', { timestamp: TIMESTAMP }, '{"groupId": "5"}')).toEqual(
    html(201, 'CREATED\n'),
  );
  expect(held()).toEqual([{ groupId: '5', timestamp: TIMESTAMP }]);
  expect(held('node02')).toEqual([]);
  expect(await ask('GET', '/group/5')).toEqual(answerOf(200, 'application/json', '{"groupId":"5"}\n'));
  expect((await ask('GET', '/group/5', { node: 'node02' })).status).toBe(404);
  expect(await ask('DELETE', '/group', {}, '{"groupId": "5"}')).toEqual(html(200, 'OK\n'));
  expect(held()).toEqual([]);
});

it('answers 400 to a create of what exists, and keeps the first record', async () => {
  nodes.put('node01', { groupId: '5', timestamp: '1.5' });
  expect(await ask('POST', '/group', { timestamp: TIMESTAMP }, '{"groupId": "5"}')).toEqual(EXISTS);
  expect(held()).toEqual([{ groupId: '5', timestamp: '1.5' }]);
});

it("answers 404 in its own words to a read and a delete of what isn't there", async () => {
  expect(await ask('GET', '/group/6')).toEqual(refusal(404, "No group record found with id '6'"));
  expect(await ask('DELETE', '/group', {}, '{"groupId": "6"}')).toEqual(
    refusal(404, "No group record found with id '6'"),
  );
  expect(await ask('DELETE', '/group', { timestamp: TIMESTAMP }, '{"groupId": "6"}')).toEqual(
    refusal(404, `No group record found with id '6' and timestamp '${TIMESTAMP}'`),
  );
});

describe('a delete', () => {
  it('with a timestamp removes only the record created with that very one', async () => {
    nodes.put('node01', { groupId: '6', timestamp: TIMESTAMP });
    const other = '1633807521.507382';
    expect(await ask('DELETE', '/group', { timestamp: other }, '{"groupId": "6"}')).toEqual(
      refusal(404, `No group record found with id '6' and timestamp '${other}'`),
    );
    expect(held()).toHaveLength(1);
    expect((await ask('DELETE', '/group', { timestamp: TIMESTAMP }, '{"groupId": "6"}')).status).toBe(200);
    expect(held()).toEqual([]);
  });

  it('with a timestamp leaves a record that has none', async () => {
    await ask('POST', '/group', {}, '{"groupId": "6"}');
    expect(held()).toEqual([{ groupId: '6' }]);
    expect((await ask('DELETE', '/group', { timestamp: TIMESTAMP }, '{"groupId": "6"}')).status).toBe(404);
    expect(held()).toHaveLength(1);
  });

  it.each(['0', '0.0', ''])('with the timestamp "%s" removes any record of that id', async (timestamp) => {
    nodes.put('node01', { groupId: '6', timestamp: TIMESTAMP });
    expect((await ask('DELETE', '/group', { timestamp }, '{"groupId": "6"}')).status).toBe(200);
    expect(held()).toEqual([]);
  });
});

describe('bad input', () => {
  it.each([
    ['an object without a groupId', '{}'],
    ['an empty groupId', '{"groupId": ""}'],
    ['null', 'null'],
    ['a list', '["5"]'],
    ['a groupId that is an object', '{"groupId": {}}'],
  ])('is 406 for %s', async (_, body) => {
    expect(await ask('POST', '/group', {}, body)).toEqual(refusal(406, 'The body needs a groupId.'));
    expect(await ask('DELETE', '/group', {}, body)).toEqual(refusal(406, 'The body needs a groupId.'));
  });

  it.each([
    ['bad JSON', '{"groupId": '],
    ['no body at all', undefined],
  ])('is 400 for %s, as is "exists", in other words', async (_, body) => {
    const answer = await ask('POST', '/group', {}, body);
    expect(answer).toEqual(refusal(400, 'The body is not JSON.'));
  });

  it.each(['node09', 'node01, node02', ''])('is 406 for the node "%s"', async (node) => {
    const expected = refusal(406, 'The header node has to name one of the nodes.');
    expect(await ask('POST', '/group', { node }, '{"groupId": "5"}')).toEqual(expected);
    expect(await ask('DELETE', '/group', { node }, '{"groupId": "5"}')).toEqual(expected);
    expect(await ask('GET', '/group/5', { node })).toEqual(expected);
  });

  it('is 406 without a node', async () => {
    expect((await rawRequest(base, 'GET', '/v1/group/5')).status).toBe(406);
    expect((await rawRequest(base, 'POST', '/v1/group', {}, '{"groupId": "5"}')).status).toBe(406);
  });

  it('is 413 for a body that is too large, announced or not', async () => {
    const body = JSON.stringify({ groupId: 'x'.repeat(2 ** 20) });
    expect(await ask('POST', '/group', {}, body)).toEqual(refusal(413, 'The body is too large.'));
    const streamed = await fetch(`${base}/group`, {
      method: 'POST',
      headers: { node: 'node01' },
      body: new Blob([body]).stream(),
      ...{ duplex: 'half' },
    });
    expect(streamed.status).toBe(413);
    expect(held()).toEqual([]);
  });

  it('is 400 for malformed percent-encoding', async () => {
    const paths = ['/v1/group/%', '/v1/group/%zz', '/v1/group/%ff'];
    for (const path of paths)
      expect((await rawRequest(base, 'GET', path, { node: 'node01' })).status).toBe(400);
  });
});

it('takes an id that is a number for its text', async () => {
  await ask('POST', '/group', {}, '{"groupId": 42}');
  expect(held()).toEqual([{ groupId: '42' }]);
  expect((await ask('GET', '/group/42')).body).toBe('{"groupId":"42"}\n');
});

it('reads ids of any text without a slash', async () => {
  for (const groupId of ['a b', 'ü', 'x#y?z', '%2F', '100%', '\u{1f600}', 'it\'s "quoted"']) {
    await ask('POST', '/group', {}, JSON.stringify({ groupId }));
    const answer = await ask('GET', `/group/${encodeURIComponent(groupId)}`);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { groupId }]);
  }
});

it('can create an id with a slash and not read it, nor does it say that it is missing', async () => {
  expect((await ask('POST', '/group', {}, '{"groupId": "a/b"}')).status).toBe(201);
  for (const path of ['/v1/group/a/b', '/v1/group/a%2Fb']) {
    const answer = await rawRequest(base, 'GET', path, { node: 'node01' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  }
});

it.each(['/group/', '/group/5/', '/groups', '/nothing'])('has no page %s', async (path) => {
  nodes.put('node01', { groupId: '5' });
  const answer = await ask('GET', path);
  expect(answer).toMatchObject({ status: 404, type: 'text/html; charset=utf-8' });
});

it('answers 405 to methods it does not have', async () => {
  expect((await ask('PUT', '/group', {}, '{"groupId": "5"}')).status).toBe(405);
  expect((await ask('DELETE', '/group/5')).status).toBe(405);
});

describe('stats', () => {
  it('counts the records of each node', async () => {
    for (const node of ['node01', 'node02', 'node03']) nodes.put(node, { groupId: '5' });
    expect(await ask('GET', '/stats')).toEqual(html(200, '[true, {"node01": 1, "node02": 1, "node03": 1}]'));
  });

  it.each<[string, string[], boolean]>([
    ['no node has any', [], true],
    ['one has more', ['node01 5', 'node02 5', 'node03 5', 'node03 6'], false],
    ['as many are not the same', ['node01 5', 'node02 5', 'node03 6'], false],
    ['the first alone has none', ['node02 5', 'node03 5'], false],
  ])('when %s', async (_, records, consistent) => {
    for (const [node = '', groupId = ''] of records.map((record) => record.split(' ')))
      nodes.put(node, { groupId });
    expect(JSON.parse((await ask('GET', '/stats')).body)[0]).toBe(consistent);
  });
});

it('answers a ping', async () => {
  const origin = new URL(base).origin;
  for (const url of [`${origin}/ping`, `${origin}/ping/`, `${base}/ping`]) {
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'PONG']);
  }
});
