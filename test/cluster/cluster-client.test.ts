import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import type { JournalEntry } from '../../src/cluster/journal.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';
import type { NodeResult } from '../../src/cluster/result.ts';
import { ClosedError } from '../../src/core/errors.ts';
import { NEW_YEAR, virtualClock } from '../../src/testing/virtual-clock.ts';

const NODES = { one: 'http://one.test', two: 'http://two.test' };

interface Sent {
  readonly node: string;
  readonly method: string;
  readonly signal: AbortSignal;
}

/** What is not an answer of the node's own; `undefined`: it never comes. */
type Odd = (sent: Sent) => Response | 'own' | undefined;

/** Two nodes of the path dialect that hold one group or not, by a virtual clock. */
function cluster(options: ClusterClientOptions = {}, odd: Odd = () => 'own') {
  const clock = virtualClock();
  const sent: Sent[] = [];
  const holders = new Set<string>();
  const missing = () => Response.json({ error: 'Group not found' }, { status: 404 });
  const own = ({ node, method }: Sent): Response => {
    if (method === 'GET') return holders.has(node) ? Response.json({ groupId: 'g' }) : missing();
    if (method === 'DELETE') return holders.delete(node) ? new Response(null) : missing();
    holders.add(node);
    return new Response(null, { status: 201 });
  };
  const fetch = (input: URL | RequestInfo, init?: RequestInit): Promise<Response> => {
    const node = new URL(String(input)).hostname.replace('.test', '');
    const one = { node, method: init?.method ?? '', signal: init?.signal as AbortSignal };
    sent.push(one);
    const answer = odd(one);
    if (answer === undefined) return new Promise(() => undefined);
    return Promise.resolve(answer === 'own' ? own(one) : answer);
  };
  const client = new ClusterClient(NODES, { clock, fetch, settle: 100, ...options });
  return { client, clock, holders, sent, writes: () => sent.filter(({ method }) => method !== 'GET') };
}

const busy = () => Response.json({ error: 'busy' }, { status: 429, headers: { 'retry-after': '20' } });
const error = (promise: PromiseLike<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (reason: unknown) => reason,
  );

const open: JournalEntry = {
  groupId: 'g',
  operation: 'create',
  operationId: '1.5',
  dialect: 'path',
  startedAt: NEW_YEAR,
  nodes: Object.entries(NODES).map(([name, url]) => ({ name, url, before: 'absent', write: true })),
};

/** A journal in which an operation on the group ended unresolved. */
async function unresolvedJournal() {
  const journal = memoryJournal();
  await journal.begin(open);
  await journal.end(open, { as: 'unresolved' });
  return journal;
}

describe('a bulk call', () => {
  test('of creates creates, and one of deletes deletes', async () => {
    const { client, clock, holders } = cluster();
    const changed = { changed: 1, ok: true };
    expect(await clock.run(client.createGroups(['g']))).toMatchObject(changed);
    expect([...holders]).toEqual(['one', 'two']);
    expect(await clock.run(client.deleteGroups(['g']))).toMatchObject(changed);
    expect([...holders]).toEqual([]);
  });

  test('that is aborted undoes what is half done', async () => {
    const stop = new AbortController();
    const { client, clock, holders } = cluster({}, ({ node, method }) =>
      node === 'two' && method === 'POST' ? busy() : 'own',
    );
    clock.setTimer(() => stop.abort(new Error('enough')), 10);
    const run = client.createGroups(['g'], { signal: stop.signal });
    expect(await clock.run(run)).toMatchObject({ rolledBack: 1, changed: 0 });
    expect([...holders]).toEqual([]);
    expect(clock.monotonic()).toBe(10);
  });
});

test('an audit that is aborted cuts the requests under way', async () => {
  const stop = new AbortController();
  const { client, clock, sent } = cluster({}, () => undefined);
  clock.setTimer(() => stop.abort(new Error('enough')), 10);
  expect(await clock.run(client.audit(['g'], { signal: stop.signal }))).toMatchObject({ skipped: 1 });
  expect(sent.map(({ node, signal }) => `${node} ${signal.aborted}`)).toEqual(['one true', 'two true']);
  expect([clock.monotonic(), clock.pending]).toEqual([10, 0]);
});

describe('where an operation on the group is unresolved in the journal', () => {
  test('a further operation is refused', async () => {
    const { client, clock, sent } = cluster({ journal: await unresolvedJournal() });
    expect(await clock.run(client.createGroups(['g']))).toMatchObject({ inconsistent: 1 });
    expect(await error(clock.run(client.deleteGroup('g')))).toMatchObject({
      name: 'InconsistentClusterError',
    });
    expect(sent).toEqual([]);
  });

  test.each([
    ['present', ['one', 'two']],
    ['absent', []],
  ] as const)('a repair takes its place: %s', async (want, holding) => {
    const journal = await unresolvedJournal();
    const { client, clock, holders } = cluster({ journal });
    holders.add('one');
    expect(await clock.run(client.repair(['g'], want))).toMatchObject({ changed: 1, ok: true });
    expect([...holders]).toEqual(holding);
    expect(await journal.openEntry('g')).toBeUndefined();
  });
});

describe('a recovery', () => {
  test('needs a journal', () => {
    const message = 'recover() reads a journal and this client has none; pass fileJournal(path)';
    expect(() => cluster().client.recover()).toThrow(
      expect.objectContaining({ name: 'ConfigError', issues: [{ path: 'options.journal', message }] }),
    );
  });

  test.each([
    ['undoes what is open', {}, []],
    ['finishes it where that is asked for', { resolve: 'finish' }, ['one', 'two']],
  ] as const)('%s, once that has settled', async (_, options, holding) => {
    const journal = await unresolvedJournal();
    const { client, clock, holders } = cluster({ journal });
    holders.add('one');
    expect(await clock.run(client.recover(options))).toMatchObject({ changed: 1, ok: true });
    expect([...holders]).toEqual(holding);
    expect(await journal.openEntry('g')).toBeUndefined();
    expect(clock.monotonic()).toBe(100);
  });

  test('that is aborted before it wrote gives up at once, and leaves the entry open', async () => {
    const stop = new AbortController();
    const journal = await unresolvedJournal();
    const { client, clock, writes } = cluster({ journal }, () => undefined);
    clock.setTimer(() => stop.abort(new Error('enough')), 110);
    const run = client.recover({ resolve: 'finish', signal: stop.signal });
    expect(await clock.run(run)).toMatchObject({ skipped: 1, failed: 0 });
    expect(clock.monotonic()).toBe(110);
    expect(writes()).toEqual([]);
    expect(await journal.openEntry('g')).toMatchObject({ state: 'unresolved' });
  });

  test('that is aborted while it settles begins nothing', async () => {
    const stop = new AbortController();
    const { client, clock, sent } = cluster({ journal: await unresolvedJournal() });
    clock.setTimer(() => stop.abort(new Error('enough')), 50);
    const run = client.recover({ signal: stop.signal });
    expect(await clock.run(run)).toMatchObject({ done: 0, failed: 0 });
    expect([clock.monotonic(), clock.pending]).toEqual([50, 0]);
    expect(sent).toEqual([]);
  });
});

describe('a rollback', () => {
  const was = (node: string, outcome: NodeResult['outcome'], operationId: string): NodeResult => ({
    ...{ node, outcome, attempts: 1, operationId },
  });

  test('is named after the operation that it undoes', async () => {
    const { client, clock, holders } = cluster();
    holders.add('one').add('two');
    const nodes = [was('one', 'existed', '1.5'), was('two', 'created', '2.5')];
    expect(await clock.run(client.rollbackCreate('g', nodes))).toMatchObject({
      operation: 'create',
      operationId: '2.5',
      nodes: [{ outcome: 'untouched' }, { outcome: 'undone' }],
    });
    expect([...holders]).toEqual(['one']);
    expect(await clock.run(client.rollbackDelete('g', [was('two', 'deleted', '3.5')]))).toMatchObject({
      operation: 'delete',
      operationId: '3.5',
    });
    expect([...holders]).toEqual(['one', 'two']);
  });

  test('of nothing has a name of its own', async () => {
    const { client, clock, sent } = cluster();
    const rollback = clock.run(client.rollbackCreate('g', [was('one', 'existed', '1.5')]));
    expect(await rollback).toMatchObject({
      changed: false,
      operationId: expect.stringMatching(/^1767225600\.\d{6}$/),
    });
    expect(sent).toEqual([]);
  });
});

describe('a client that was closed', () => {
  const calls: [string, (client: ClusterClient) => PromiseLike<unknown>][] = [
    ['groupExists', (client) => client.groupExists('one', 'g')],
    ['createGroup', (client) => client.createGroup('g')],
    ['deleteGroup', (client) => client.deleteGroup('g')],
    ['rollbackCreate', (client) => client.rollbackCreate('g', [])],
    ['rollbackDelete', (client) => client.rollbackDelete('g', [])],
    ['createGroups', (client) => client.createGroups(['g'])],
    ['deleteGroups', (client) => client.deleteGroups(['g'])],
    ['repair', (client) => client.repair(['g'], 'present')],
    ['audit', (client) => client.audit(['g'])],
    ['audit, of an id that cannot be one,', (client) => client.audit([''])],
    ['recover', (client) => client.recover()],
    ['stats', (client) => client.stats()],
  ];

  test.each(calls)('refuses %s, and sends nothing', async (_, call) => {
    const { client, clock, sent } = cluster({ journal: await unresolvedJournal() });
    await client.close();
    const refusal = await error(clock.run(call(client)));
    expect(refusal).toBeInstanceOf(ClosedError);
    expect(refusal).toMatchObject({ message: 'this ClusterClient is closed; make a new one' });
    expect(sent).toEqual([]);
  });

  test('has waited for what was in flight', async () => {
    const { client, clock, holders } = cluster();
    const order: string[] = [];
    const created = client.createGroup('g').then(() => order.push('created'));
    const closed = client.close().then(() => order.push('closed'));
    await clock.run(Promise.all([created, closed]));
    expect(order).toEqual(['created', 'closed']);
    expect([...holders]).toEqual(['one', 'two']);
  });

  test.each<[string, (client: ClusterClient) => Promise<void>]>([
    ['close()', (client) => client.close()],
    ['await using', (client) => client[Symbol.asyncDispose]()],
  ])('gives its connections back, by %s', async (_, end) => {
    const sockets: Socket[] = [];
    const server = createServer((_request, response) => {
      // Left alone, the client would keep its connection for ten minutes.
      response.writeHead(200, { 'keep-alive': 'timeout=600' }).end('{"groupId": "g"}');
    });
    server.keepAliveTimeout = 600_000;
    server.on('connection', (socket) => sockets.push(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const client = new ClusterClient([`http://127.0.0.1:${port}`], { transport: 'undici' });
    expect(await client.groupExists(`127.0.0.1:${port}`, 'g')).toBe(true);
    const [socket] = sockets;
    if (socket === undefined) throw new Error('there was no connection');
    const gone = once(socket, 'close');
    await end(client);
    await gone;
    expect(sockets).toHaveLength(1);
  });
});

test('a node that the cluster does not have is named, and those it has', async () => {
  const message = 'this cluster has no node "three"; it has one, two';
  expect(await error(cluster().client.groupExists('three', 'g'))).toMatchObject({
    name: 'ConfigError',
    issues: [{ path: 'node', message }],
  });
});

test('a dialect of the caller need not check nodes', async () => {
  const { checkNodes: _, ...dialect } = pathDialect;
  const { client, clock } = cluster({ dialect });
  expect(await clock.run(client.createGroup('g'))).toMatchObject({ changed: true });
});

test('stats of nodes that count nothing are refused', async () => {
  const message =
    'only the nodes of the header dialect count their records; use audit(ids), which asks every node for every id';
  expect(await error(cluster().client.stats())).toMatchObject({ issues: [{ path: 'stats', message }] });
});

test('the nodes are shown without credentials, and none can be changed', () => {
  const client = new ClusterClient({ one: 'http://me:s3cr3t@one.test' });
  expect(client.nodes).toEqual([{ name: 'one', url: 'http://one.test' }]);
  expect(Object.isFrozen(client.nodes[0])).toBe(true);
});
