import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ClusterClient } from 'holdfast';
import { afterEach, expect, test } from 'vitest';

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly node: string | undefined;
  readonly timestamp: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A server that answers as `answer` says and remembers what it was asked. */
async function recordingServer(
  answer: (request: IncomingMessage, seen: Seen) => { status: number; body: string },
) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const one: Seen = {
      method: request.method,
      path: request.url,
      node: request.headers['node']?.toString(),
      timestamp: request.headers['timestamp']?.toString(),
      contentType: request.headers['content-type'],
      body: await text(request),
    };
    seen.push(one);
    const { status, body } = answer(request, one);
    response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const client = (...args: ConstructorParameters<typeof ClusterClient>) => {
  const cluster = new ClusterClient(...args);
  cleanups.push(() => cluster.close());
  return cluster;
};

test.each(['fetch', 'undici'] as const)(
  'the header dialect over %s: node and timestamp in headers, no trailing slash, no content-type',
  async (transport) => {
    const { url, seen } = await recordingServer(({ method }, { path }) => {
      if (method === 'GET') {
        const id = path?.split('/').at(-1);
        const message = `No group record found with id '${id}' and timestamp 'None'`;
        return { status: 404, body: JSON.stringify({ message, status: 404 }) };
      }
      return { status: 201, body: 'CREATED\n' };
    });
    const cluster = client({ node01: `${url}/v1`, node02: `${url}/v1/` }, { dialect: 'header', transport });

    const { operationId } = await cluster.createGroup('5');

    expect(operationId).toMatch(/^\d{10}\.\d{6}$/);
    const looks = seen.filter(({ method }) => method === 'GET');
    const writes = seen.filter(({ method }) => method !== 'GET');
    expect(seen.slice(0, 2)).toEqual(looks);
    for (const [index, node] of ['node01', 'node02'].entries()) {
      expect(looks.sort(byNode)[index]).toEqual({
        method: 'GET',
        path: '/v1/group/5',
        node,
        timestamp: undefined,
        contentType: undefined,
        body: '',
      });
      expect(writes.sort(byNode)[index]).toEqual({
        method: 'POST',
        path: '/v1/group',
        node,
        timestamp: operationId,
        contentType: undefined,
        body: '{"groupId":"5"}',
      });
    }
    expect(seen).toHaveLength(4);
  },
);

test('the header dialect deletes a group without a timestamp, and undoes a create with its own', async () => {
  const { url, seen } = await recordingServer(({ method }, { node, timestamp }) => {
    if (method === 'GET' && timestamp === undefined) return { status: 200, body: '{"groupId":"5"}' };
    return node === 'node02' && method === 'DELETE'
      ? { status: 406, body: '{"message": "no", "status": 406}' }
      : { status: 200, body: 'OK\n' };
  });
  const cluster = client({ node01: url, node02: url }, { dialect: 'header' });

  await expect(cluster.deleteGroup('5')).rejects.toMatchObject({ name: 'RolledBackError' });
  const [forward] = seen.filter(({ method, node }) => method === 'DELETE' && node === 'node01');
  expect(forward).toMatchObject({ path: '/group', timestamp: undefined, body: '{"groupId":"5"}' });
  const [restore] = seen.filter(({ method }) => method === 'POST');
  expect(restore).toMatchObject({
    path: '/group',
    node: 'node01',
    timestamp: expect.stringMatching(/^\d+\.\d{6}$/),
  });

  seen.length = 0;
  await cluster.rollbackCreate('5', [
    { node: 'node01', outcome: 'created', attempts: 2, operationId: '1633807521.507381' },
  ]);
  expect(seen).toEqual([
    {
      method: 'DELETE',
      path: '/group',
      node: 'node01',
      timestamp: '1633807521.507381',
      contentType: undefined,
      body: '{"groupId":"5"}',
    },
  ]);
});

test.each(['fetch', 'undici'] as const)(
  'the path dialect over %s: trailing slashes, JSON content type, ids that stay one path segment',
  async (transport) => {
    const { url, seen } = await recordingServer(({ method }) =>
      method === 'GET' ? { status: 404, body: '{"error": "Group not found"}' } : { status: 201, body: '' },
    );
    const cluster = client({ a: url }, { transport });
    const id = '../a b/ü?x#y';

    await cluster.createGroup(id);

    const headers = { node: undefined, timestamp: undefined };
    expect(seen).toEqual([
      {
        method: 'GET',
        path: '/v1/group/..%2Fa%20b%2F%C3%BC%3Fx%23y/',
        contentType: undefined,
        body: '',
        ...headers,
      },
      {
        method: 'POST',
        path: '/v1/group/',
        contentType: 'application/json',
        body: JSON.stringify({ groupId: id }),
        ...headers,
      },
    ]);
    seen.length = 0;
    await expect(
      cluster.rollbackDelete(id, [{ node: 'a', outcome: 'deleted', attempts: 2, operationId: '' }]),
    ).resolves.toMatchObject({ changed: true });
    expect(seen).toMatchObject([
      { method: 'POST', path: '/v1/group/', body: JSON.stringify({ groupId: id }) },
    ]);
  },
);

test('credentials of a url travel in the authorization header and stand in nothing that is shown', async () => {
  const { url } = await recordingServer(({ headers }) =>
    headers.authorization === `Basic ${btoa('me:s3cr3t')}`
      ? { status: 200, body: '{"groupId":"1"}' }
      : { status: 401, body: '{"error":"no"}' },
  );
  const cluster = client([url.replace('//', '//me:s3cr3t@')]);

  await expect(cluster.createGroup('1')).resolves.toMatchObject({ changed: false });
  expect(JSON.stringify(cluster.nodes)).not.toContain('s3cr3t');
  const refused = client([url.replace('//', '//me:wr0ng@')]).createGroup('1');
  const error = await refused.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'NodeUnavailableError', cause: { name: 'HttpError', status: 401 } });
  expect(`${JSON.stringify(error)}${String(error)}${String((error as Error).cause)}`).not.toContain('wr0ng');
});

test('looks and writes each go to all nodes side by side: two round trips in all', async () => {
  const nodes = 50;
  // Nobody is answered before everybody has asked: a client that asks one after the other would never end.
  const waiting: (() => void)[] = [];
  const gate = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === nodes) for (const open of waiting.splice(0)) open();
    });
  const fetchThroughGate: typeof fetch = async (_url, init) => {
    await gate();
    return init?.method === 'GET'
      ? Response.json({ error: 'Group not found' }, { status: 404 })
      : new Response(null, { status: 201 });
  };
  const names = Array.from({ length: nodes }, (_, index) => `http://node${index}.test`);
  const cluster = client(names, { fetch: fetchThroughGate });

  const result = await cluster.createGroup('1');

  expect(result.nodes.map(({ attempts }) => attempts)).toEqual(Array(nodes).fill(2));
});

const byNode = (one: Seen, other: Seen) => String(one.node).localeCompare(String(other.node));
