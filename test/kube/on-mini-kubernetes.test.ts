import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import type { KubernetesOptions } from '../../src/kube/options.ts';
import type { KubernetesObject } from '../../src/kube/resources.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { FAULT_KINDS } from '../../src/testing/fault-schema.ts';
import {
  type MiniKubernetesOptions,
  startMiniKubernetes,
} from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { cleanUp, collect, failureOf } from './api-server.ts';

async function start(options: MiniKubernetesOptions = {}) {
  const mini = await startMiniKubernetes(options);
  cleanUp(() => mini.close());
  const open = (more: KubernetesOptions = {}) => {
    const kube = connectKubernetes({ kubeconfig: mini.kubeconfig, rateLimit: false, ...more });
    cleanUp(() => kube.close());
    return kube;
  };
  return { ...mini, open };
}

const jobOf = (name: string, more: object = {}): KubernetesObject<'jobs'> => ({
  metadata: { name, labels: { app: 'x' } },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'greeter', ...more }] },
    },
  },
});
const background = { propagationPolicy: 'Background' } as const;

test('a Job with its Secret is created, watched to its end, read, and deleted with its pods', async () => {
  const images = {
    greeter: async ({ env, log }: { env: Record<string, string>; log(line: string): void }) =>
      log(`hello ${env['WHOM']}`),
  };
  const kube = (await start({ images })).open();
  await kube.create('secrets', { metadata: { name: 's' }, stringData: { whom: 'world' } });
  const env = [{ name: 'WHOM', valueFrom: { secretKeyRef: { name: 's', key: 'whom' } } }];
  const created = await kube.create('jobs', jobOf('a', { env }));
  expect(created.metadata?.uid).toMatch(/-/);

  for await (const event of kube.watch('jobs', { labelSelector: 'app=x' })) {
    if (event.type !== 'synced' && event.object.status?.succeeded === 1) break;
  }
  const [pod] = await collect(kube.list('pods', { labelSelector: 'job-name=a' }));
  const name = pod?.metadata?.name ?? '';
  expect(pod?.status?.phase).toBe('Succeeded');
  expect(await kube.podLog(name)).toBe('hello world\n');
  expect((await kube.get('jobs', 'a')).metadata?.uid).toBe(created.metadata?.uid);

  expect(await kube.deleteCollection('jobs', { ...background, labelSelector: 'app=x' })).toEqual({
    deleted: 1,
  });
  expect(await failureOf(kube.get('jobs', 'a'))).toMatchObject({ status: 404, reason: 'NotFound' });
  for await (const event of kube.watch('pods')) {
    if (event.type === 'deleted') break;
    if (event.type === 'synced' && (await collect(kube.list('pods'))).length === 0) break;
  }
  await kube.delete('secrets', 's', background);
});

test('of two who replace the same Lease one wins', async () => {
  const kube = (await start()).open();
  const lease = await kube.create('leases', { metadata: { name: 'l' }, spec: { leaseDurationSeconds: 15 } });
  const ours = await kube.replace('leases', { ...lease, spec: { ...lease.spec, holderIdentity: 'me' } });
  const theirs = kube.replace('leases', { ...lease, spec: { ...lease.spec, holderIdentity: 'you' } });
  expect(await failureOf(theirs)).toMatchObject({ status: 409, reason: 'Conflict', uncertain: false });
  expect(await kube.get('leases', 'l')).toEqual(ours);
});

test('a service, a ConfigMap and a pod behind the proxy', async () => {
  const mini = await start();
  const kube = mini.open();
  const backend = createServer((request, response) => response.writeHead(418).end(`${request.url}`));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  cleanUp(() => backend.close());
  await mini.addService({ name: 'web', selector: { app: 'x' } });
  await mini.addPod({ name: 'p', ip: '127.0.0.1', labels: { app: 'x' } });
  await kube.create('configmaps', { metadata: { name: 'c' }, data: { key: 'value' } });

  expect((await kube.get('services', 'web')).spec?.selector).toEqual({ app: 'x' });
  expect((await kube.get('configmaps', 'c')).data).toEqual({ key: 'value' });
  const { port } = backend.address() as AddressInfo;
  const answer = await kube.proxyPod({ name: 'p', port, path: '/echo/a%20b?x=1' });
  expect(answer).toMatchObject({ status: 418, body: '/echo/a%20b?x=1' });
  expect(await failureOf(kube.proxyPod({ name: 'q', port, path: '/' }))).toMatchObject({
    reason: 'NotFound',
  });
});

test('an expired token and a forbidden namespace are told apart, each with the way out', async () => {
  const mini = await start({
    tokens: {
      old: { user: 'late', expired: true },
      ours: {
        user: 'guest',
        allow: [{ verbs: ['*'], resources: ['*'], namespaces: ['default'] }],
      },
    },
  });
  const late = await failureOf(collect(mini.open({ context: 'late' }).list('pods')));
  expect(late).toMatchObject({ status: 401, reason: 'Unauthorized' });
  expect(late.message).toMatch(/^list pods in namespace "default": .*context "late".*renew the token$/s);
  const guest = mini.open({ context: 'guest' });
  expect(await collect(guest.list('pods'))).toEqual([]);
  const forbidden = await failureOf(collect(guest.list('pods', { namespace: 'kube-system' })));
  expect(forbidden).toMatchObject({ status: 403, reason: 'Forbidden' });
  expect(forbidden.message).toMatch(
    /^list pods in namespace "kube-system": .*context "guest".*name another namespace/s,
  );
});

/** Only reads are answered with 410. */
const ofWrites = FAULT_KINDS.filter((kind) => kind !== 'expired');

test.each(ofWrites)('%s: a create, a replace and a delete are done once', async (fault) => {
  const clock = manualClock();
  const faults = FaultPlan.script(['POST', 'PUT', 'DELETE'].map((method) => ({ method, fault })));
  const kube = (await start({ clock, faults })).open({ clock, random: () => 0.5 });
  /** Time goes on, a little with each turn of the server and the client. */
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let settled = false;
    const done = () => {
      settled = true;
    };
    work.then(done, done);
    while (!settled) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return work;
  };

  const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } };
  const created = await settle(kube.create('leases', lease));
  expect(await settle(collect(kube.list('leases')))).toEqual([created]);

  const change = { ...created, spec: { holderIdentity: 'you' } };
  const replaced = await settle(kube.replace('leases', change).catch((error: unknown) => error));
  const now = await settle(kube.get('leases', 'l'));
  expect(now.spec?.holderIdentity).toBe('you');
  // Where the lost attempt was the one that did it, the next one meets it, and says that this may be so.
  if (replaced instanceof Error) expect(replaced).toMatchObject({ reason: 'Conflict', uncertain: true });
  else expect(replaced).toEqual(now);

  await settle(kube.delete('leases', 'l', background));
  expect(await settle(collect(kube.list('leases')))).toEqual([]);
});
