import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { RequesterConfig } from '../../src/config-action/config-action.ts';
import { kubernetesPods } from '../../src/config-action/kubernetes-pods.ts';
import { parseConfig } from '../../src/config-action/load-config.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import { configActionApp } from '../../src/server/config-action/config-action-app.ts';
import type { ConfigActionAppOptions } from '../../src/server/config-action/options.ts';
import { type ServeOptions, serve } from '../../src/server/serve.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { startMiniKubernetes } from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';

/** A pod's answer. */
export type Answer = (pod: string, request: IncomingMessage, response: ServerResponse) => void;

/** What a pod was sent. */
interface Seen {
  readonly pod: string;
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/**
 * A mini Kubernetes with the StatefulSet `relay-2` of so many pods behind the service `relays`, each at an address of its
 * own, and one that has no address yet and comes first; and the server on top.
 */
export async function startCluster(
  settings: {
    readonly answer?: Answer;
    readonly pods?: number;
    readonly app?: Partial<ConfigActionAppOptions>;
    readonly serve?: ServeOptions;
  } = {},
) {
  const { answer = (_pod, _request, response) => response.end('OK'), pods: count = 3 } = settings;
  const seen: Seen[] = [];
  const port = await listen(async (request, response) => {
    const pod = podOf(request.socket);
    const { method = '', url = '' } = request;
    seen.push({ pod, method, url, body: await bodyOf(request) });
    answer(pod, request, response);
  });
  const kubernetesCalls: string[] = [];
  const faults = Object.assign(FaultPlan.script([]), {
    next: ({ node, method, key }: { node: string; method: string; key: string }) => {
      if (node === 'kubernetes') kubernetesCalls.push(`${method} ${key}`);
      return undefined;
    },
  });
  const kubernetes = await startMiniKubernetes({ faults });
  onTestFinished(() => kubernetes.close());
  const labels = { app: 'relay' };
  await kubernetes.addService({ name: 'relays', selector: labels });
  await kubernetes.addService({ name: 'nobody', selector: { app: 'nobody' } });
  await kubernetes.addPod({ name: 'relay-1-pending', statefulSet: 'relay-2', labels, ip: null });
  for (let pod = 0; pod < count; pod += 1) {
    await kubernetes.addPod({
      name: `relay-2-${pod}`,
      statefulSet: 'relay-2',
      labels,
      ip: `127.1.7.${1 + pod}`,
    });
  }
  const kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig });
  onTestFinished(() => kube.close());
  const pods = kubernetesPods(kube, { cache: true });
  onTestFinished(() => pods.close());
  const app = configActionApp({ config: configOn(port), pods, ...settings.app });
  const server = await serve(app, settings.serve);
  onTestFinished(() => server.close());

  /** Sends JSON, or a text as it is. */
  const post = (path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return { app, server, port, seen, kubernetes, kubernetesCalls, post };
}

function configOn(port: number): RequesterConfig {
  return parseConfig({
    targets: [
      { name: 'relays', service: 'relays', port },
      { name: 'last-relay', service: 'relays', name_template: '-2$', port },
      { name: 'nobody', service: 'nobody', port },
      { name: 'no-service', service: 'gone', port },
    ],
    endpoints: [
      { name: 'info', url: 'http://{node}:{port}/info', type: 'GET', params: { full: true } },
      {
        name: 'publish',
        url: 'http://{node}:{port}/publish',
        type: 'POST',
        headers: { 'X-Api-Key': 'hush-hush' },
        params: { payload: 'aGVsbG8', topic: 't' },
      },
      { name: 'store', url: 'http://{node}:{port}/store', type: 'GET', paged: true },
    ],
    requests: [
      { name: 'get-info', endpoint: 'info' },
      { name: 'get-store', endpoint: 'store' },
    ],
    actions: [
      action('all-info', ['get-info'], ['relays']),
      action('no-pods', ['get-info'], ['nobody']),
      action('no-service', ['get-info'], ['no-service']),
    ],
  });
}

const action = (name: string, requests: readonly string[], targets: readonly string[]) => ({
  name,
  requests,
  targets,
  order: 'descending',
  loop_order: 'foreach_pod_make_all_requests',
});

export const named = (value: string) => ({ kind: 'name', value });
export const inline = (value: object) => ({ kind: 'config', value });

export async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen({ port: 0, host: '0.0.0.0', backlog: 4_096 });
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

const podOf = ({ localAddress = '' }: Socket) => `relay-2-${Number(localAddress.split('.').at(-1)) - 1}`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
