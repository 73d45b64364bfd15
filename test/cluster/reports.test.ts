import { tracingChannel } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import { InconsistentClusterError } from '../../src/cluster/errors.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';

type Behaviour = (method: string, fulfil: () => Response) => Response | Promise<Response>;

const NODES = { one: 'http://one.test', two: 'http://two.test', three: 'http://three.test' };
const works: Behaviour = (_, fulfil) => fulfil();
const fails =
  (...methods: string[]): Behaviour =>
  (method, fulfil) =>
    methods.includes(method) ? Response.json({ error: 'broken' }, { status: 500 }) : fulfil();

/** Three nodes of the path dialect, each with a way of its own to behave. */
function cluster(behaviours: Partial<Record<keyof typeof NODES, Behaviour>>, options?: ClusterClientOptions) {
  const held = new Map<string, Set<string>>();
  const fetch = async (input: URL | RequestInfo, init?: RequestInit) => {
    const { hostname, pathname } = new URL(String(input));
    const node = hostname.replace('.test', '') as keyof typeof NODES;
    const groups = held.get(node) ?? new Set();
    held.set(node, groups);
    const body = init?.body as Uint8Array | undefined;
    const fulfil = () => {
      if (init?.method === 'GET') {
        const groupId = decodeURIComponent(pathname.split('/')[3] ?? '');
        return groups.has(groupId)
          ? Response.json({ groupId })
          : Response.json({ error: 'Group not found' }, { status: 404 });
      }
      const { groupId } = JSON.parse(new TextDecoder().decode(body)) as { groupId: string };
      if (init?.method === 'POST') {
        groups.add(groupId);
        return new Response(null, { status: 201 });
      }
      return groups.delete(groupId)
        ? new Response(null)
        : Response.json({ error: 'Group not found' }, { status: 404 });
    };
    return (behaviours[node] ?? works)(init?.method ?? '', fulfil);
  };
  const quick = { attempts: 3, baseDelay: 1, maxDelay: 1 };
  return new ClusterClient(NODES, { fetch, retry: quick, rollbackRetry: quick, settle: 5, ...options });
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as Error,
  );

test('a node that could not be written is named, with the number of attempts and the last of them', async () => {
  const error = await rejection(cluster({ two: fails('POST') }).createGroup('g'));
  expect(error.message).toBe(
    'create of group "g" was undone on every node: two failed in 3 attempts to write ' +
      '(last: POST http://two.test/v1/group/ answered 500)',
  );
  expect(error.cause).toMatchObject({ name: 'HttpError', status: 500, method: 'POST' });
  expect(error).toMatchObject({
    attempts: Array(3).fill({ node: 'two', step: 'write', error: { status: 500 } }),
  });
});

test('a node that could not be undone is named beside the one that began it', async () => {
  const error = await rejection(cluster({ two: fails('POST'), three: fails('DELETE') }).createGroup('g'));
  if (!(error instanceof InconsistentClusterError)) throw error;
  expect(error.message).toBe(
    'create of group "g" left three uncertain: two failed in 3 attempts to write ' +
      '(last: POST http://two.test/v1/group/ answered 500); ' +
      'the undo did not end: three failed in 3 attempts to undo (last: DELETE http://three.test/v1/group/ answered 500)',
  );
  expect(error.attempts.map(({ node, step }) => `${node} ${step}`).sort()).toEqual([
    ...Array(3).fill('three undo'),
    ...Array(3).fill('two write'),
  ]);
});

test('a rollback that did not end says which node would not, and what it said', async () => {
  const client = cluster({ one: fails('DELETE') });
  const { operationId } = await client.createGroup('g');
  const node = { node: 'one', outcome: 'created', attempts: 1, operationId } as const;
  const error = await rejection(client.rollbackCreate('g', [node]));
  expect(error.message).toContain(
    'left one uncertain: the undo did not end: one failed in 3 attempts to undo (last: DELETE',
  );
  expect(error.cause).toMatchObject({ name: 'HttpError', method: 'DELETE' });
});

test('a deadline names the nodes that were waited for, and what they had said until then', async () => {
  const never = () => new Promise<Response>(() => undefined);
  let asked = 0;
  const thenNever: Behaviour = (method, fulfil) => (++asked === 1 ? fails('GET')(method, fulfil) : never());
  const client = cluster({ one: never, three: thenNever });
  const error = await rejection(client.createGroup('g', { deadline: 200 }));
  expect(error.message).toMatch(
    /^create of group "g" wrote nothing: its deadline passed; one had not answered; three failed in one attempt to look \(last: GET .* answered 500\)$/,
  );
  expect(error).toMatchObject({ name: 'NodeUnavailableError', cause: { name: 'TimeoutError' } });
});

test('an answer that is not in the words of the dialect asks for the base url and the dialect', async () => {
  const nobody = () => new Response('<h1>Not Found</h1>', { status: 404 });
  const error = await rejection(cluster({ two: nobody }).createGroup('g'));
  expect(error.message).toContain(
    'GET http://two.test/v1/group/g/ answered 404, and not in words of the path dialect: is the base url right, and the dialect?',
  );
});

test('a port that fetch refuses is not asked a second time', async () => {
  const client = new ClusterClient({ one: 'http://127.0.0.1:9' });
  const error = await rejection(client.createGroup('g'));
  expect(error).toMatchObject({ name: 'NodeUnavailableError', attempts: { length: 1 } });
  expect(error.cause).toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/has a port that fetch refuses; use another one, or transport: 'undici'$/),
  });
});

test.each<[string, Parameters<typeof cluster>[0], object, string, RegExp]>([
  [
    'came out well',
    {},
    { outcome: 'changed', requests: 6, retries: 0 },
    'debug',
    /^create of group "g": changed$/,
  ],
  [
    'was undone',
    { two: fails('POST') },
    { outcome: 'rolled-back', retries: 2 },
    'warn',
    /was undone on every node/,
  ],
  ['was not begun', { two: fails('GET') }, { outcome: 'unavailable' }, 'warn', /wrote nothing/],
  [
    'left nodes apart',
    { two: fails('POST'), three: fails('DELETE') },
    { outcome: 'inconsistent' },
    'error',
    /left three uncertain/,
  ],
])(
  'an operation that %s is told to subscribers and to the logger',
  async (_, behaviours, event, level, text) => {
    const seen: object[] = [];
    const channel = tracingChannel('holdfast:cluster.operation');
    const subscriber = { asyncEnd: (message: object) => seen.push(message) };
    channel.subscribe(subscriber as never);
    onTestFinished(() => channel.unsubscribe(subscriber as never));
    const said: { level: string; message: string; details?: object | undefined }[] = [];
    const say = (at: string) => (message: string, details?: object) =>
      said.push({ level: at, message, details });
    const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };

    await cluster(behaviours, { logger })
      .createGroup('g')
      .catch(() => undefined);

    expect(seen).toEqual([expect.objectContaining({ operation: 'create', groupId: 'g', ...event })]);
    expect(said.at(-1)).toMatchObject({ level, message: expect.stringMatching(text), details: event });
  },
);
