import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { place } from '../../../../src/testing/mini-kubernetes/api/place.ts';
import { leftOut, surprises } from './differences.ts';
import { type ReplayCluster, startReplayCluster } from './replay-cluster.ts';
import { readRecording, replay } from './replayer.ts';

describe('the recorded answers of pods/log', () => {
  test('15-pods-log: they are the same here', async () => {
    await using cluster = await startReplayCluster('logs');
    const main = { name: 'main', image: 'registry.example/app:1' };
    await createPod(cluster, 'p', { containers: [main] });
    await createPod(cluster, 'two', {
      containers: [
        { ...main, name: 'a' },
        { name: 'b', image: 'registry.example/working:1' },
      ],
    });
    await createPod(cluster, 'nonode', { containers: [main], nodeSelector: { no: 'such' } });
    await cluster.advance(1000);
    expect(await surprisesOf('15-pods-log', cluster)).toEqual([]);
  });
});

describe('the recorded answers of pods/proxy and services/proxy', () => {
  test('14-pods-proxy: they are the same here', async () => {
    await using cluster = await startReplayCluster('proxy');
    await using backend = await startBackend();
    const up = { labels: { app: 'up' }, ports: [{ containerPort: 8645, name: 'http' }] };
    placePod(cluster, 'up', backend.address, up);
    placePod(cluster, 'refuses', REFUSES);
    placePod(cluster, 'pending', undefined);
    const service = (name: string, app: string) =>
      cluster.fetchJson('POST', '/api/v1/namespaces/proxy/services', {
        metadata: { name },
        spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8645 }] },
      });
    await service('svc', 'up');
    await service('empty', 'none');
    cluster.translation.set(refused('10.244.0.38', 8645), refused(REFUSES, 8645));
    cluster.translation.set(refused('10.244.0.39', 0), refused(backend.address, 0));
    cluster.translation.set('127.0.0.1:6443', new URL(cluster.url).host);
    expect(await surprisesOf('14-pods-proxy', cluster)).toEqual([]);
  });
});

const refused = (ip: string, port: number) =>
  `error trying to reach service: dial tcp ${ip}:${port}: connect: connection refused`;

/** Where nothing listens. */
const REFUSES = '127.66.0.38';

async function surprisesOf(name: string, { url, translation }: ReplayCluster) {
  const recording = readRecording(name);
  const replayed = await replay(recording, { url, translation, skip: leftOut(name) });
  return surprises(name, recording, replayed, translation);
}

async function createPod(cluster: ReplayCluster, name: string, spec: object) {
  const pods = `/api/v1/namespaces/${cluster.namespace}/pods`;
  const { status } = await cluster.fetchJson('POST', pods, { metadata: { name }, spec });
  expect(status).toBe(201);
}

function placePod(
  { store, namespace }: ReplayCluster,
  name: string,
  ip: string | undefined,
  { labels, ports }: { readonly labels?: object; readonly ports?: readonly object[] } = {},
) {
  const metadata = { name, ...(labels === undefined ? {} : { labels }) };
  const spec = {
    containers: [{ name: 'main', image: 'elsewhere', ...(ports === undefined ? {} : { ports }) }],
  };
  place(store, 'pods', namespace, { metadata, spec }, (pod) => ({
    ...pod,
    spec: { ...pod.spec, nodeName: 'fake-node-1' },
    status: ip === undefined ? { phase: 'Pending', conditions: [] } : { phase: 'Running', podIP: ip },
  }));
}

/** The server that stood behind the recorded pods. */
async function startBackend() {
  const address = process.platform === 'linux' ? '127.66.0.39' : '127.0.0.1';
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(8645, address);
  await once(server, 'listening');
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  const [, route = '', detail] = url.split(/[/?]/);
  const json = { 'Content-Type': 'application/json', 'X-Backend': 'yes' };
  switch (route) {
    case 'status': {
      const body = JSON.stringify({ error: { code: -32000, message: 'from the backend' } });
      response.writeHead(Number(detail), json).end(detail === '204' ? undefined : body);
      break;
    }
    case 'redirect':
      response.writeHead(302, { Location: '/echo?from=redirect' }).end();
      break;
    case 'redirect-out':
      response.writeHead(302, { Location: 'http://elsewhere.example/x' }).end();
      break;
    case 'chunks':
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      for (const line of [0, 1, 2]) response.write(`line ${line}\n`);
      response.end();
      break;
    case 'drop':
      request.socket.destroy();
      break;
    default: {
      const body = await text(request);
      response.writeHead(200, { ...json, 'Set-Cookie': 'a=b' });
      response.end(JSON.stringify({ method, url, headers, body }));
    }
  }
}
