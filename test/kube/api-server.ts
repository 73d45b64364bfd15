import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import type { KubernetesOptions } from '../../src/kube/options.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export const cleanUp = (cleanup: () => unknown) => {
  cleanups.push(cleanup);
};

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Reply = (response: ServerResponse, seen: Seen) => unknown;

/** A server on loopback that answers as told, and remembers what it was asked and how many connections were opened. */
export async function apiServer(reply: Reply, tls?: { key: string; cert: string }) {
  const seen: Seen[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`http://server${request.url?.split('?')[0]}`);
    const one: Seen = {
      method: request.method ?? '',
      path: request.url?.split('?')[0] ?? url.pathname,
      query: new URLSearchParams(request.url?.split('?')[1] ?? ''),
      headers: request.headers,
      body: await text(request),
    };
    seen.push(one);
    await reply(response, one);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    // A client that leaves makes reading its request fail.
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  let connections = 0;
  let open = 0;
  let mostOpen = 0;
  (server as Server).on(tls === undefined ? 'connection' : 'secureConnection', (socket) => {
    connections += 1;
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    socket.on('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  cleanUp(close);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    close,
    connections: () => connections,
    mostOpen: () => mostOpen,
  };
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-kube-'));
  cleanUp(() => rmSync(folder, { recursive: true }));
  return folder;
}

export interface ConfigParts {
  readonly cluster?: object;
  readonly user?: object;
  readonly namespace?: string;
}

/** A kubeconfig file, in JSON, which is YAML as well. */
export function kubeconfig(server: string, { cluster, user, namespace }: ConfigParts = {}): string {
  const path = join(temporaryFolder(), 'config');
  writeKubeconfig(path, server, {
    ...(cluster && { cluster }),
    ...(user && { user }),
    ...(namespace && { namespace }),
  });
  return path;
}

export function writeKubeconfig(path: string, server: string, parts: ConfigParts = {}): void {
  const { cluster, user = { token: SECRET }, namespace } = parts;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server, 'insecure-skip-tls-verify': true, ...cluster } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'main', context: { cluster: 'here', user: 'me', ...(namespace && { namespace }) } }],
    'current-context': 'main',
  };
  writeFileSync(path, JSON.stringify(config));
}

export const SECRET = 'token-that-nobody-may-see';

/** A client of that server, with short waits, closed when the test ends. */
export function connect(server: string, options: KubernetesOptions = {}) {
  const kube = connectKubernetes({
    kubeconfig: kubeconfig(server),
    rateLimit: false,
    retry: { attempts: 5, baseDelay: 1, maxDelay: 2 },
    ...options,
  });
  cleanUp(() => kube.close());
  return kube;
}

export const json = (response: ServerResponse, status: number, body: object, headers: object = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** A failure as the API tells it. */
export const status = (code: number, reason: string, message: string, more: object = {}) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  code,
  ...more,
});

export const pod = (name: string, resourceVersion: string | number, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    resourceVersion: `${resourceVersion}`,
    ...more,
  },
});

export const podList = (items: readonly object[], resourceVersion: string | number, more: object = {}) => ({
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: { resourceVersion: `${resourceVersion}`, ...more },
  items,
});

/** The error of something that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
