import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { ConfigAction } from '../../src/config-action/config-action.ts';
import { type StaticPod, staticPods } from '../../src/config-action/static-pods.ts';

/** A pod's answer by its number, from 0. */
export type Answer = (pod: number, ...request: Parameters<RequestListener>) => unknown;

export interface Pods {
  readonly port: number;
  readonly pods: readonly StaticPod[];
  /** What came, as `pod-3 GET /path?query`, in the order of arrival. */
  readonly seen: string[];
}

/** So many pods `pod-0` and on, each at an address of its own, all on one port. */
export async function startPods(count: number, answer: Answer): Promise<Pods> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const pod = podOf(request.socket);
    seen.push(`pod-${pod} ${request.method} ${request.url}`);
    Promise.resolve(answer(pod, request, response)).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '0.0.0.0');
  await listening(server);
  return {
    port: (server.address() as AddressInfo).port,
    pods: Array.from({ length: count }, (_, pod) => ({ name: `pod-${pod}`, ip: ipOf(pod) })),
    seen,
  };
}

const ipOf = (pod: number) => `127.1.${pod >> 8}.${pod & 255}`;

function podOf({ localAddress = '' }: Socket): number {
  const [, , high = 0, low = 0] = localAddress.split('.').map(Number);
  return high * 256 + low;
}

async function listening(server: Server): Promise<void> {
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
}

export const ok: Answer = (_pod, _request, response) => response.end('OK');

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

interface Shape {
  readonly port: number;
  /** Names; each is a request to the path of that name. */
  readonly requests?: readonly string[];
  readonly endpoint?: object;
  readonly request?: object;
  readonly action?: object;
  readonly targets?: readonly object[];
}

/** An action on all pods: each request is a GET of `/<its name>`. */
export function actionOn({
  port,
  requests = ['one'],
  endpoint,
  request,
  action,
  targets,
}: Shape): ConfigAction {
  return ConfigAction.from({
    name: 'an-action',
    targets: targets ?? [{ name: 'all', port }],
    requests: requests.map((name) => ({
      name,
      endpoint: { name: `${name}-endpoint`, url: `http://{node}:{port}/${name}`, type: 'GET', ...endpoint },
      ...request,
    })),
    loop_order: 'foreach_pod_make_all_requests',
    ...action,
  });
}

export const sourceOf = ({ pods }: Pods) => staticPods(pods);

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
