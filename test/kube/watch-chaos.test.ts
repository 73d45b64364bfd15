import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../src/kube/resources.ts';
import { apiServer, connect, json, pod, podList, type Seen, status } from './api-server.ts';
import { openPicture, versions } from './picture.ts';

type Stored = ReturnType<typeof pod>;
interface Past {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
}

/** Numbers in [0, 1) that come again with the seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A store with its history, and a server of it whose every stream and some of whose lists fail in one way or another. */
async function chaoticServer(random: () => number) {
  const pods = new Map<string, Stored>();
  const past: Past[] = [];
  const streams = new Set<() => void>();
  const faults = new Map<string, number>();
  let version = 10;
  let oldest = 10;
  let calm = false;
  let uids = 0;

  const pick = (...kinds: string[]) => {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? '';
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
    return kind;
  };

  const change = () => {
    version += 1;
    const name = `p${Math.floor(random() * 60)}`;
    const known = pods.get(name);
    let type: Past['type'];
    let object: Stored;
    if (known === undefined) {
      type = 'ADDED';
      object = pod(name, version, { uid: `u${uids++}` });
      pods.set(name, object);
    } else {
      type = random() < 0.5 ? 'DELETED' : 'MODIFIED';
      object = pod(name, version, { uid: known.metadata.uid });
      if (type === 'DELETED') pods.delete(name);
      else pods.set(name, object);
    }
    past.push({ version, type, object });
    for (const tell of [...streams]) tell();
  };

  const answerList = (response: ServerResponse, { query }: Seen) => {
    if (!calm && random() < 0.2) {
      const fault = pick('list 500', 'list reset', 'list page');
      if (fault === 'list 500') return json(response, 500, status(500, 'InternalError', 'no'));
      if (fault === 'list page') return response.writeHead(502).end('<html>');
      return response.socket?.destroy();
    }
    // A token holds the snapshot it is of; it expires when something changed since, now and then.
    const [at, begin] = (query.get('continue') ?? `${version}:0`).split(':').map(Number) as [number, number];
    if (at !== version && random() < 0.5) {
      pick('list 410');
      return json(response, 410, status(410, 'Expired', 'too old'));
    }
    const items = snapshot(at);
    const limit = Number(query.get('limit') ?? Infinity);
    const rest = begin + limit < items.length ? { continue: `${at}:${begin + limit}` } : {};
    return json(response, 200, podList(items.slice(begin, begin + limit), at, rest));
  };

  const snapshot = (at: number) => {
    const then = new Map<string, Stored>();
    for (const { version: when, type, object } of past) {
      if (when > at) break;
      if (type === 'DELETED') then.delete(object.metadata.name);
      else then.set(object.metadata.name, object);
    }
    return [...then.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  };

  const answerWatch = (response: ServerResponse, { query }: Seen) => {
    let sent = Number(query.get('resourceVersion'));
    const fault = calm
      ? 'none'
      : pick(
          'end',
          'reset',
          'cut',
          'garbage',
          'replay',
          'error 410',
          'error 500',
          '500',
          '410',
          '429',
          'bookmark',
        );
    if (fault === '500') return json(response, 500, status(500, '', 'no'));
    if (fault === '410') return json(response, 410, status(410, 'Expired', 'too old'));
    if (fault === '429') return response.writeHead(429).end('Too many requests, please try again later.\n');
    response.writeHead(200).flushHeaders();
    const write = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`);
    if (sent < oldest)
      return response.end(`${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired', 'x') })}\n`);
    if (fault === 'replay') sent = Math.max(oldest, sent - 5);
    let left = Math.floor(random() * 12);
    const stop = () => {
      streams.delete(tell);
      if (fault === 'cut') return response.end('{"type":"MODIFIED","object":{"me');
      if (fault === 'garbage') return response.end('what is this\n');
      if (fault === 'reset') return response.socket?.resetAndDestroy();
      if (fault.startsWith('error')) write('ERROR', status(Number(fault.slice(6)), '', 'told'));
      if (fault === 'bookmark') write('BOOKMARK', { metadata: { resourceVersion: `${sent}` } });
      return response.end();
    };
    const tell = () => {
      for (const { version: when, type, object } of past.filter((one) => one.version > sent)) {
        if (!calm && fault !== 'none' && left-- <= 0) return stop();
        write(type, object);
        sent = when;
      }
      return undefined;
    };
    streams.add(tell);
    response.on('close', () => streams.delete(tell));
    return tell();
  };

  const server = await apiServer((response, seen) =>
    seen.query.has('watch') ? answerWatch(response, seen) : answerList(response, seen),
  );
  return {
    url: server.url,
    pods,
    change,
    faults,
    compact: () => {
      oldest = version;
    },
    calm: () => {
      calm = true;
      // Streams with a fault of their own end by it.
      for (const tell of [...streams]) tell();
    },
    version: () => version,
  };
}

test.each([1, 2, 3])('seed %i: what a consumer was told adds up to what the server has', async (seed) => {
  const random = seeded(seed);
  const server = await chaoticServer(random);
  for (let number = 0; number < 40; number += 1) server.change();
  const kube = connect(server.url, {
    random: () => 0.001,
    retry: { attempts: 8, baseDelay: 1, maxDelay: 1 },
  });
  const picture = openPicture();
  const iterator = kube.watch('pods', { limit: 7 })[Symbol.asyncIterator]();

  let finished = false;
  const consuming = (async () => {
    while (!finished) {
      const { value } = await iterator.next();
      if (value !== undefined) picture.take(value);
      if (random() < 0.1) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();

  let changes = 0;
  const streamFaults = () => [...server.faults.values()].reduce((sum, count) => sum + count, 0);
  while (streamFaults() < 200) {
    for (let number = 0; number < 3; number += 1) server.change();
    changes += 3;
    if (random() < 0.05) server.compact();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  server.calm();
  const expected = () => versions(server.pods.values() as unknown as Iterable<KubernetesObject<'pods'>>);
  await expect.poll(() => picture.versions(), { timeout: 20_000 }).toEqual(expected());

  expect(picture.wrong).toEqual([]);
  expect(changes).toBeGreaterThan(100);
  expect(server.faults.size).toBeGreaterThan(12);
  finished = true;
  await iterator.return?.();
  await consuming;
});
