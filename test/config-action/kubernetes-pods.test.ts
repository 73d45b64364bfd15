import { expect, it, onTestFinished } from 'vitest';
import { type KubernetesPodsOptions, kubernetesPods } from '../../src/config-action/kubernetes-pods.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import type { Kubernetes } from '../../src/kube/kubernetes.ts';
import type { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { FaultRequest } from '../../src/testing/fault-schema.ts';
import { startMiniKubernetes } from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { actionOn, collect, ok, startPods } from './pods.ts';

/** A cluster that keeps what it was asked. */
async function startCluster() {
  const asked: string[] = [];
  const next = ({ method, key }: FaultRequest) => {
    asked.push(`${method} ${key.split('/').slice(5).join('/')}`);
  };
  const cluster = await startMiniKubernetes({ faults: { next } as unknown as FaultPlan });
  const kube = connectKubernetes({ kubeconfig: cluster.kubeconfig, rateLimit: false });
  const open = (options?: KubernetesPodsOptions) => {
    const pods = kubernetesPods(kube, options);
    onTestFinished(() => pods.close());
    return pods;
  };
  onTestFinished(async () => {
    await kube.close();
    await cluster.close();
  });
  return { ...cluster, kube, asked, open };
}

const web = { name: 'web', selector: { app: 'web' } };

async function startWeb() {
  const cluster = await startCluster();
  await cluster.addService(web);
  for (const pod of ['web-1', 'web-0', 'web-10']) {
    await cluster.addPod({ name: pod, labels: { app: 'web', more: 'x' }, statefulSet: 'web' });
  }
  await cluster.addPod({ name: 'other-0', labels: { app: 'other' }, statefulSet: 'other' });
  await cluster.addPod({ name: 'bare', labels: { app: 'web' } });
  await cluster.addPod({ name: 'pending', labels: { app: 'web' }, ip: null });
  return cluster;
}

const action = (...targets: readonly object[]) =>
  actionOn({ port: 80, targets: targets.map((target, index) => ({ name: `t${index}`, ...target })) });
const namesOf = (calls: readonly { readonly pod: string }[]) => calls.map(({ pod }) => pod).join(' ');

it.each<[string, object, string]>([
  ['of the whole namespace', {}, 'bare other-0 web-0 web-1 web-10'],
  ['of a service', { service: 'web' }, 'bare web-0 web-1 web-10'],
  ['of a StatefulSet', { stateful_set: 'web' }, 'web-0 web-1 web-10'],
  ['by a part of the name', { name_template: '-1' }, 'web-1 web-10'],
  ['by all filters together', { service: 'web', stateful_set: 'web', name_template: '0$' }, 'web-0 web-10'],
])('selects pods %s', async (_name, target, names) => {
  const { open } = await startWeb();
  for (const cache of [false, true, 'watch'] as const) {
    expect(namesOf(await action(target).plan(open({ cache })))).toBe(names);
  }
});

it('sends the selector of the service, and reads a service and its pods once for all targets', async () => {
  const { open, asked } = await startWeb();
  const targets = [{ service: 'web' }, { service: 'web', name_template: '-1$' }];
  expect(namesOf(await action(...targets).plan(open()))).toBe('bare web-0 web-1 web-10 web-1');
  expect(asked).toEqual(['GET services/web', 'GET pods']);
});

it('names the pods without an address in the summary and does not call them', async () => {
  const { open, addPod, addService } = await startCluster();
  const pods = await startPods(1, ok);
  await addService(web);
  await addPod({ name: 'here', labels: { app: 'web' }, ip: '127.1.0.0' });
  await addPod({ name: 'pending', labels: { app: 'web' }, ip: null });
  const run = actionOn({ port: pods.port, targets: [{ name: 't', service: 'web', port: pods.port }] }).run(
    open(),
  );
  expect((await collect(run)).map(({ call, status }) => [call.pod, call.namespace, status])).toEqual([
    ['here', 'default', 'ok'],
  ]);
  expect(await run).toMatchObject({ ok: true, leftOut: [{ pod: 'pending', reason: 'no-ip' }] });
});

it('reads once with a cache, until that is cleared', async () => {
  const { open, asked, addPod } = await startWeb();
  const pods = open({ cache: true });
  const byService = action({ service: 'web' });
  await Promise.all([byService.plan(pods), byService.plan(pods)]);
  await addPod({ name: 'web-2', labels: { app: 'web' } });
  expect(namesOf(await byService.plan(pods))).toBe('bare web-0 web-1 web-10');
  expect(asked).toEqual(['GET services/web', 'GET pods']);
  pods.clear();
  expect(namesOf(await byService.plan(pods))).toBe('bare web-0 web-1 web-10 web-2');
});

it('a cache that could not be filled is filled by the next who asks', async () => {
  const { open, addService } = await startCluster();
  const pods = open({ cache: true });
  await expect(action({ service: 'web' }).plan(pods)).rejects.toMatchObject({ status: 404 });
  await addService(web);
  await expect(action({ service: 'web' }).plan(pods)).rejects.toMatchObject({ code: 'NO_PODS' });
});

it('keeps a cache fresh by a watch', async () => {
  const { open, asked, addPod, kube } = await startWeb();
  const pods = open({ cache: 'watch' });
  const byService = action({ service: 'web' });
  await byService.plan(pods);
  await addPod({ name: 'web-2', labels: { app: 'web' } });
  await kube.delete('pods', 'bare', { propagationPolicy: 'Background' });
  await expect.poll(async () => namesOf(await byService.plan(pods))).toBe('web-0 web-1 web-10 web-2');
  const before = asked.length;
  await byService.plan(pods);
  expect(asked.length).toBe(before);
  await pods.close();
  expect(() => pods.select([])).toThrow('closed');
});

/** Counts the watches of a connection that are open. */
function countWatches(kube: Kubernetes): { open: number } {
  const counted = { open: 0 };
  const watch = kube.watch.bind(kube) as (...given: readonly unknown[]) => AsyncIterable<unknown>;
  Object.assign(kube, {
    watch: (...given: readonly unknown[]) => iterable(watch(...given), counted),
  });
  return counted;
}

const iterable = (events: AsyncIterable<unknown>, counted: { open: number }) => ({
  [Symbol.asyncIterator]() {
    const iterator = events[Symbol.asyncIterator]();
    let isOpen = true;
    counted.open += 1;
    return {
      next: () => iterator.next(),
      return: async () => {
        if (isOpen) counted.open -= 1;
        isOpen = false;
        return iterator.return?.();
      },
    };
  },
});

it('keeps no watch of a service that does not exist', async () => {
  const { open, kube } = await startCluster();
  const watches = countWatches(kube);
  const pods = open({ cache: 'watch' });
  for (const service of ['one', 'two']) {
    await expect(action({ service }).plan(pods)).rejects.toMatchObject({ status: 404 });
  }
  expect(watches.open).toBe(0);
});

it.each(['clear', 'close'] as const)('opens no watch after %s, also while pods are read', async (end) => {
  const { open, kube, addService } = await startWeb();
  await addService({ name: 'more', selector: { more: 'x' } });
  const watches = countWatches(kube);
  const pods = open({ cache: 'watch' });
  const targets = ['web', 'more'].map((service) => ({ name: service, service, port: 80 }));
  const seen: string[] = [];
  for await (const { name, target } of pods.select(targets, {})) {
    if (seen.length === 0) {
      expect(watches.open).toBe(2);
      await pods[end]();
    }
    seen.push(`${target.name}/${name}`);
  }
  expect(seen).toContain('more/web-0');
  await expect.poll(() => watches.open).toBe(0);
});

it('says that a service selects nothing', async () => {
  const { open, addService } = await startCluster();
  await addService({ name: 'outside' });
  await expect(action({ service: 'outside' }).plan(open())).rejects.toMatchObject({
    code: 'SERVICE_SELECTS_NOTHING',
  });
});

it('calls pods through the API server', async () => {
  const { open, addPod } = await startCluster();
  const pods = await startPods(1, (_pod, request, response) =>
    response.end(`${request.method} ${request.url}`),
  );
  await addPod({ name: 'here', ip: '127.1.0.0' });
  const run = actionOn({
    port: pods.port,
    endpoint: { type: 'POST', params: { a: 1 }, url: 'http://{node}:{port}/x/y?z=1' },
  }).run(open(), { via: 'api-proxy' });
  expect(await collect(run)).toMatchObject([
    { status: 'ok', response: { status: 200, text: 'POST /x/y?z=1' } },
  ]);
});

it.each([
  ['http://elsewhere/', {}, 'needs urls whose host is {node}'],
  ['http://{node}/', { Authorization: 'x' }, 'cannot carry an authorization'],
])('refuses to send %s through the API server', async (url, headers, says) => {
  const { open } = await startCluster();
  const pods = open();
  expect(() => actionOn({ port: 80, endpoint: { url, headers } }).run(pods, { via: 'api-proxy' })).toThrow(
    says,
  );
});

it('calls 10,000 pods with no more Kubernetes calls than pages and services, and the first before the last is read', async () => {
  const { open, asked, addPod, addService } = await startCluster();
  const pods = await startPods(1, ok);
  await addService(web);
  for (let pod = 0; pod < 10_000; pod += 1) {
    await addPod({ name: `web-${pod}`, labels: { app: 'web' }, ip: '127.1.0.0' });
  }
  const target = { name: 't', service: 'web', port: pods.port };
  const run = actionOn({
    port: pods.port,
    targets: [target, { ...target, name: 'u', name_template: '^web-9999$' }],
  }).run(open(), { concurrency: 32 });
  let pagesAtFirst = 0;
  let count = 0;
  for await (const { status } of run) {
    if (count === 0) pagesAtFirst = asked.length - 1;
    if (status === 'ok') count += 1;
  }
  expect(count).toBe(10_001);
  expect(pagesAtFirst).toBe(1);
  expect(asked).toEqual(['GET services/web', ...Array<string>(20).fill('GET pods')]);
  expect(await run).toMatchObject({ done: 10_001, ok: true, answers: [{ text: 'OK', count: 10_001 }] });
}, 120_000);
