import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { ConfigError, ConnectionError } from '../../src/core/errors.ts';
import type { Kubernetes } from '../../src/kube/kubernetes.ts';
import type { KubernetesOptions } from '../../src/kube/options.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { apiServer, connect, failureOf, json, pod, podList, type Reply, status } from './api-server.ts';

const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const bookmark = (resourceVersion: string) =>
  line('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion, creationTimestamp: null } });

/** A stream of these lines that then stays open. */
const open =
  (...lines: string[]): Reply =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const one of lines) response.write(one);
  };
const ended =
  (...lines: string[]): Reply =>
  (response) =>
    response.end(lines.join(''));
const list =
  (items: readonly object[], resourceVersion: number): Reply =>
  (response) =>
    json(response, 200, podList(items, resourceVersion));
const refused =
  (code: number, reason: string, headers: object = {}): Reply =>
  (response) =>
    json(response, code, status(code, reason, `told ${reason}`), headers);

/** Lists and watches get their replies in turn; the last ones go on. */
async function watchServer(lists: Reply[], watches: Reply[]) {
  const turns = { list: 0, watch: 0 };
  const server = await apiServer((response, seen) => {
    const kind = seen.query.has('watch') ? 'watch' : 'list';
    const replies = kind === 'watch' ? watches : lists;
    const reply = replies[Math.min(turns[kind]++, replies.length - 1)];
    return reply?.(response, seen);
  });
  return {
    ...server,
    lists: () => server.seen.filter(({ query }) => !query.has('watch')),
    watches: () => server.seen.filter(({ query }) => query.has('watch')),
  };
}

const eager = { random: () => 0 };
const connectEager = (url: string, options: KubernetesOptions = {}) => connect(url, { ...eager, ...options });

type Told = string;
/** `added a 10`, in the order told; until `last` came. */
async function tell(kube: Kubernetes, last: Told, options = {}): Promise<Told[]> {
  const told: Told[] = [];
  for await (const event of kube.watch('pods', options)) {
    told.push(
      event.type === 'synced'
        ? 'synced'
        : `${event.type} ${event.object.metadata?.name} ${event.object.metadata?.resourceVersion}`,
    );
    if (told.at(-1) === last) break;
  }
  return told;
}

test('what is there, synced, then each change; watched from where the list stands', async () => {
  const server = await watchServer(
    [list([pod('a', 8)], 10)],
    [open(line('ADDED', pod('b', 11)), line('MODIFIED', pod('b', 12)), line('DELETED', pod('a', 13)))],
  );
  const told = await tell(connectEager(server.url), 'deleted a 13', { labelSelector: 'app=x' });
  expect(told).toEqual(['added a 8', 'synced', 'added b 11', 'modified b 12', 'deleted a 13']);
  expect(Object.fromEntries(server.watches()[0]?.query ?? [])).toEqual({
    labelSelector: 'app=x',
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: '300',
    resourceVersion: '10',
  });
});

test('timeoutSeconds lies between five and ten minutes', async () => {
  const server = await watchServer([list([], 10)], [ended(), open(line('ADDED', pod('a', 11)))]);
  await tell(connect(server.url, { random: () => 0.999 }), 'added a 11');
  expect(server.watches()[0]?.query.get('timeoutSeconds')).toBe('600');
});

test('a bookmark moves where the next stream begins', async () => {
  const server = await watchServer(
    [list([], 10)],
    [ended(bookmark('50')), open(line('ADDED', pod('a', 51)))],
  );
  expect(await tell(connectEager(server.url), 'added a 51')).toEqual(['synced', 'added a 51']);
  expect(server.watches()[1]?.query.get('resourceVersion')).toBe('50');
});

const b11 = line('ADDED', pod('b', 11));
const thenLost =
  (lose: (response: ServerResponse) => void): Reply =>
  (response) => {
    response.writeHead(200).flushHeaders();
    // Lost when the line is on its way, or a reset would overtake it.
    response.write(b11, () => setTimeout(() => lose(response), 20));
  };

test.each<[string, Reply]>([
  ['ends', ended(b11)],
  ['is reset', thenLost((response) => response.socket?.resetAndDestroy())],
  ['is cut within a line', thenLost((response) => response.end('{"type":"MODIFIED","obj'))],
  [
    'is cut within a line by a reset',
    thenLost((response) => {
      response.write('{"type":"MODI', () => response.socket?.destroy());
    }),
  ],
  ['has a line that is no JSON', ended(b11, 'upstream went away\n', line('MODIFIED', pod('b', 99)))],
  ['has a line that is no event', ended(b11, '{"type":"MODIFIED","object":{"kind":"Pod"}}\n')],
  ['has an unknown type of event', ended(b11, line('RENAMED', pod('b', 99)))],
])('a stream that %s is followed by one from its last event', async (_, lost) => {
  const server = await watchServer([list([pod('a', 8)], 10)], [lost, open(line('MODIFIED', pod('b', 12)))]);
  const told = await tell(connectEager(server.url), 'modified b 12');
  expect(told).toEqual(['added a 8', 'synced', 'added b 11', 'modified b 12']);
  expect(server.watches().map(({ query }) => query.get('resourceVersion'))).toEqual(['10', '11']);
  expect(server.lists()).toHaveLength(1);
});

test.each<[string, Reply]>([
  ['500', refused(500, '')],
  ['503', refused(503, 'ServiceUnavailable')],
  ['429', refused(429, 'TooManyRequests')],
  ['a page of a proxy', (response) => response.writeHead(502).end('<html>')],
  ['a foreign 404', (response) => response.writeHead(404).end('<html>')],
  ['a reset', (response) => response.socket?.destroy()],
  ['one 401', refused(401, 'Unauthorized')],
])('%s in place of a stream is tried again from the same place', async (_, failing) => {
  const server = await watchServer([list([], 10)], [failing, open(b11)]);
  expect(await tell(connectEager(server.url), 'added b 11')).toEqual(['synced', 'added b 11']);
  expect(server.watches().map(({ query }) => query.get('resourceVersion'))).toEqual(['10', '10']);
});

const expired = status(410, 'Expired', 'too old resource version: 10 (90)');
test.each<[string, Reply]>([
  ['an ERROR line', ended(line('ERROR', expired))],
  ['the status 410', (response) => json(response, 410, expired)],
])('%s leads to a new list; what changed meanwhile is told, the deletions too', async (_, tooOld) => {
  const before = [pod('gone', 5), pod('kept', 6), pod('changed', 7), pod('again', 8)];
  const after = [pod('kept', 6), pod('changed', 80), pod('again', 81, { uid: 'another' }), pod('new', 82)];
  const server = await watchServer(
    [list(before, 10), list(after, 90)],
    [tooOld, open(line('MODIFIED', pod('new', 91)))],
  );
  const told = await tell(connectEager(server.url), 'modified new 91');
  expect(told.slice(5)).toEqual([
    'modified changed 80',
    'deleted again 8',
    'added again 81',
    'added new 82',
    'deleted gone 5',
    'modified new 91',
  ]);
  expect(server.watches()[1]?.query.get('resourceVersion')).toBe('90');
  expect(server.lists()[1]?.query.get('limit')).toBe('500');
});

test('events that come again are not told again, and lead to a new list', async () => {
  const again = [line('ADDED', pod('b', 11)), line('MODIFIED', pod('b', 12)), line('DELETED', pod('b', 13))];
  const server = await watchServer(
    [list([], 10), list([], 13)],
    [ended(...again), open(...again), open(line('ADDED', pod('c', 14)))],
  );
  expect(await tell(connectEager(server.url), 'added c 14')).toEqual([
    'synced',
    'added b 11',
    'modified b 12',
    'deleted b 13',
    'added c 14',
  ]);
  expect(server.lists()).toHaveLength(2);
});

test.each<[string, Reply]>([
  ['an event of the past', open(line('ADDED', pod('new', 7)))],
  ['a bookmark of the past', open(bookmark('6'))],
  ['a deletion of the past', open(line('DELETED', pod('other', 6)))],
  ['a connection that is lost', (response) => response.socket?.destroy()],
])('after %s the server may be another one, and the list is made anew', async (_, reply) => {
  const server = await watchServer([list([pod('old', 60)], 61), list([pod('new', 7)], 8)], [reply, open()]);
  const told = await tell(connectEager(server.url), 'deleted old 60');
  expect(told).toEqual(['added old 60', 'synced', 'added new 7', 'deleted old 60']);
});

test('three streams that tell nothing lead to a new list', async () => {
  const server = await watchServer([list([], 10), list([pod('a', 3)], 5)], [ended()]);
  expect(await tell(connectEager(server.url), 'added a 3')).toEqual(['synced', 'added a 3']);
  expect(server.watches()).toHaveLength(3);
});

test('a stream silent past its timeout is given up for a new list', async () => {
  const clock = manualClock();
  const server = await watchServer([list([], 10), list([pod('a', 20)], 21)], [open(bookmark('11')), open()]);
  const said: string[] = [];
  const debug = (message: string) => said.push(message);
  const kube = connectEager(server.url, { clock, logger: { ...console, debug } });
  const iterator = kube.watch('pods')[Symbol.asyncIterator]();
  expect(await iterator.next()).toMatchObject({ value: { type: 'synced' } });
  const next = iterator.next();
  await until(() => said.filter((message) => message.endsWith('answered 200')).length === 2);
  await turns();
  clock.advance(300_000 + 29_999);
  await turns();
  expect(server.lists()).toHaveLength(1);
  clock.advance(1);
  await until(() => {
    clock.advance(1);
    return server.lists().length === 2;
  });
  expect(server.seen.slice(0, 3).map(({ query }) => query.has('watch'))).toEqual([false, true, false]);
  expect(await next).toMatchObject({ value: { type: 'added' } });
  await iterator.return?.();
});

test.each([
  ['403', refused(403, 'Forbidden'), 403],
  ['404', refused(404, 'NotFound'), 404],
  ['400', refused(400, 'BadRequest'), 400],
  ['401 with credentials that were read anew', refused(401, 'Unauthorized'), 401],
] as const)('%s ends the watch with the error, after what was told before', async (_, reply, code) => {
  const server = await watchServer([list([pod('a', 1)], 10)], [ended(b11), reply]);
  const told: string[] = [];
  const error = await failureOf(
    (async () => {
      for await (const event of connectEager(server.url).watch('pods')) told.push(event.type);
    })(),
  );
  expect(told).toEqual(['added', 'synced', 'added']);
  expect(error).toMatchObject({ name: 'KubernetesError', status: code });
});

test('a first list that cannot be had ends the watch; a later one is tried again', async () => {
  const failing = refused(500, 'InternalError');
  const first = await watchServer([failing], [open()]);
  expect(await failureOf(tell(connectEager(first.url), 'synced'))).toMatchObject({ status: 500 });

  const fives = Array.from({ length: 12 }, () => failing);
  const later = await watchServer(
    [list([], 10), ...fives, list([pod('a', 20)], 21)],
    [ended(line('ERROR', expired))],
  );
  expect(await tell(connectEager(later.url), 'added a 20')).toEqual(['synced', 'added a 20']);
});

test('a server that is not there ends the watch', async () => {
  const server = await watchServer([], []);
  await server.close();
  expect(await failureOf(tell(connectEager(server.url), 'synced'))).toBeInstanceOf(ConnectionError);
});

test('a list that expires between its pages is made anew, in one piece', async () => {
  const paged: Reply = (response) => json(response, 200, podList([pod('a', 1)], 10, { continue: 'next' }));
  const server = await watchServer(
    [paged, (response) => json(response, 410, expired), list([pod('a', 1), pod('b', 2)], 20)],
    [open()],
  );
  expect(await tell(connectEager(server.url), 'synced')).toEqual(['added a 1', 'added b 2', 'synced']);
  expect(server.lists().map(({ query }) => query.get('limit'))).toEqual(['500', '500', null]);
});

test('what a loop throws comes out of it, and ends the stream', async () => {
  const server = await watchServer([list([pod('a', 1)], 10)], [open()]);
  const kube = connectEager(server.url);
  const thrown = new Error('of the loop');
  const looping = (async () => {
    for await (const event of kube.watch('pods')) if (event.type === 'added') throw thrown;
  })();
  expect(await failureOf(looping)).toBe(thrown);
  expect(await tell(kube, 'synced')).toEqual(['added a 1', 'synced']);
});

test('an abort ends the watch at once with its reason, and the stream with it', async () => {
  let closed = false;
  const server = await watchServer(
    [list([], 10)],
    [
      (response, seen) => {
        response.on('close', () => {
          closed = true;
        });
        return open()(response, seen);
      },
    ],
  );
  const abort = new AbortController();
  const reason = new Error('enough');
  const watching = failureOf(tell(connectEager(server.url), 'never', { signal: abort.signal }));
  await until(() => server.watches().length === 1);
  abort.abort(reason);
  expect(await watching).toBe(reason);
  await until(() => closed);
});

test('an abort drops what was not taken yet', async () => {
  const server = await watchServer([list([pod('a', 1), pod('b', 2)], 10)], [open()]);
  const abort = new AbortController();
  const watch = connectEager(server.url).watch('pods', { signal: abort.signal });
  const iterator = watch[Symbol.asyncIterator]();
  await iterator.next();
  abort.abort(new Error('enough'));
  expect((await failureOf(iterator.next())).message).toBe('enough');
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

test('closing the client ends its watches with CLOSED', async () => {
  const server = await watchServer([list([], 10)], [open()]);
  const kube = connectEager(server.url);
  const watching = failureOf(tell(kube, 'never'));
  await until(() => server.watches().length === 1);
  await kube.close();
  expect(await watching).toMatchObject({ code: 'CLOSED' });
});

test('nothing is asked before the first event is', async () => {
  const server = await watchServer([list([], 10)], [open()]);
  connectEager(server.url).watch('pods');
  await turns();
  expect(server.seen).toHaveLength(0);
});

test('watches leave a connection for other calls, and say so when there is none for them', async () => {
  const server = await watchServer([list([], 10)], [open()]);
  const kube = connectEager(server.url, { connections: 2 });
  const first = kube.watch('pods')[Symbol.asyncIterator]();
  await first.next();
  await until(() => server.watches().length === 1);
  const error = await failureOf(tell(kube, 'never'));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('options.connections');
  await first.return?.();
});

test('a watch keeps its connection while it has no stream', async () => {
  const clock = manualClock();
  const server = await watchServer([list([], 10)], [refused(500, 'InternalError')]);
  const kube = connect(server.url, { connections: 2, clock, random: () => 0.5 });
  const first = kube.watch('pods')[Symbol.asyncIterator]();
  await first.next();
  await until(() => server.watches().length === 1 && clock.running() === 1);
  expect(await failureOf(tell(kube, 'never'))).toBeInstanceOf(ConfigError);
  await first.return?.();
  expect(await tell(kube, 'synced')).toEqual(['synced']);
});

/** How a watch goes on over streams of these lines; each of them ends in time. */
async function goOn(lines: readonly string[], first: readonly object[]) {
  const clock = manualClock();
  const quiet = (turn: number): Reply => {
    const reply = ended(...lines.map((one) => one.replaceAll('TURN', `${20 + turn}`)));
    return (response, seen) => {
      clock.advance(300_000);
      return reply(response, seen);
    };
  };
  const streams = Array.from({ length: 8 }, (_, turn) => quiet(turn));
  const server = await watchServer([list(first, 11)], [...streams, open(line('ADDED', pod('c', 99)))]);
  const waits: number[] = [];
  const debug = (message: string) => {
    const wait = /it goes on in (\d+) ms/.exec(message)?.[1];
    if (wait !== undefined) waits.push(Number(wait));
  };
  const options = { clock, random: () => 0.5, attemptTimeout: 1_000_000, logger: { ...console, debug } };
  const told: Told[] = [];
  const telling = tell(connect(server.url, options), 'added c 99').then((all) => told.push(...all));
  await until(() => {
    clock.advance(10);
    return told.length > 0;
  });
  await telling;
  return { waits, lists: server.lists().length };
}

test('streams that tell nothing but where they stand follow each other without a new list or growing waits', async () => {
  const { waits, lists } = await goOn([bookmark('TURN')], []);
  expect(lists).toBe(1);
  expect(waits).toEqual(Array.from({ length: 8 }, () => 100));
});

test('of quiet streams that end in time every third leads to a new list, without growing waits', async () => {
  const { waits, lists } = await goOn([], []);
  expect(lists).toBe(3);
  expect(waits).toEqual(Array.from({ length: 8 }, () => 100));
});

test('a server that ends each stream after what was known is asked less and less often', async () => {
  const server = await watchServer([list([pod('b', 11)], 11)], [ended(b11)]);
  const waits: number[] = [];
  const abort = new AbortController();
  const debug = (message: string) => {
    const wait = /it goes on in (\d+) ms/.exec(message)?.[1];
    if (wait !== undefined && waits.push(Number(wait)) === 6) abort.abort();
  };
  const clock = manualClock();
  const options = { clock, random: () => 0.5, logger: { ...console, debug } };
  let failed = false;
  tell(connect(server.url, options), 'never', { signal: abort.signal }).catch(() => {
    failed = true;
  });
  await until(() => {
    clock.advance(10);
    return failed;
  });
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200]);
});

test('to a slow consumer only the newest state of an object, and each deletion', async () => {
  const server = await watchServer(
    [list([pod('a', 1), pod('b', 2)], 10)],
    [
      open(
        ...[11, 12, 13].map((version) => line('MODIFIED', pod('a', version))),
        line('MODIFIED', pod('b', 14)),
        line('DELETED', pod('b', 15)),
        line('ADDED', pod('c', 16)),
        line('DELETED', pod('c', 17)),
        line('ADDED', pod('end', 18)),
      ),
    ],
  );
  const kube = connectEager(server.url);
  const told: string[] = [];
  for await (const event of kube.watch('pods')) {
    if (event.type === 'synced') {
      // Slow enough for the whole stream to have been read.
      await until(() => server.watches().length === 1);
      await new Promise((resolve) => setTimeout(resolve, 200));
    } else {
      told.push(`${event.type} ${event.object.metadata?.name} ${event.object.metadata?.resourceVersion}`);
    }
    if (told.at(-1) === 'added end 18') break;
  }
  expect(told).toEqual([
    'added a 1',
    'added b 2',
    'modified a 13',
    'deleted b 15',
    'added c 16',
    'deleted c 17',
    'added end 18',
  ]);
});

test('a consumer that does not ask stops the stream from being read', async () => {
  let response: ServerResponse | undefined;
  const server = await watchServer(
    [list([], 10)],
    [
      (one, seen) => {
        response = one;
        open()(one, seen);
        const padding = { annotations: { padding: 'x'.repeat(10_000) } };
        for (let number = 0; number < 3_000; number += 1) {
          one.write(line('ADDED', pod(`p${number}`, 11 + number, padding)));
        }
      },
    ],
  );
  const iterator = connectEager(server.url).watch('pods')[Symbol.asyncIterator]();
  await iterator.next();
  await until(() => response !== undefined);
  let before: number | undefined;
  while (response?.writableLength !== before) {
    before = response?.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(before).toBeGreaterThan(5_000_000);
  let last = '';
  while (last !== 'p2999') {
    const { value } = await iterator.next();
    if (value !== undefined && value.type !== 'synced') last = value.object.metadata?.name ?? '';
  }
  await iterator.return?.();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
