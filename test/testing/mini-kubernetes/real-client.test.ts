import {
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  type V1Pod,
} from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type MiniKubernetes,
  startMiniKubernetes,
} from '../../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { rawRequest } from '../wire.ts';

let mini: MiniKubernetes;
let config: KubeConfig;

beforeEach(async () => {
  mini = await startMiniKubernetes({
    images: {
      hello: async ({ env, log }) => log(`hello ${env['WHOM']}`),
      web: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    },
  });
  config = new KubeConfig();
  config.loadFromFile(mini.kubeconfig);
});

afterEach(() => mini.close());

const podNamed = (name: string): V1Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: 'x' } },
  spec: { containers: [{ name: 'main', image: 'nothing' }] },
});

describe("the Kubernetes client's own", () => {
  it('informer lists, then hears of what comes, changes and goes', async () => {
    const core = config.makeApiClient(CoreV1Api);
    await mini.addPod({ name: 'before', labels: { app: 'x' } });
    const informer = makeInformer(config, '/api/v1/namespaces/default/pods', () =>
      core.listNamespacedPod({ namespace: 'default' }),
    );
    const heard: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, (pod: V1Pod) => heard.push(`${verb} ${pod.metadata?.name}`));
    }
    await informer.start();
    expect(heard).toEqual(['add before']);

    await core.createNamespacedPod({ namespace: 'default', body: podNamed('after') });
    await expect.poll(() => heard).toContain('add after');
    await core.deleteNamespacedPod({ namespace: 'default', name: 'before', gracePeriodSeconds: 0 });
    await expect.poll(() => heard).toContain('delete before');
    expect(informer.list('default')?.map((pod) => pod.metadata?.name)).toEqual(['after']);
    await informer.stop();
  });

  it('object API creates, reads, patches, replaces and deletes', async () => {
    const api = KubernetesObjectApi.makeApiClient(config);
    const made = await api.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'default' },
      data: { a: '1' },
    });
    expect(made.metadata).toMatchObject({ resourceVersion: expect.stringMatching(/^\d+$/) });
    const spec = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' } };
    const patched = await api.patch({ ...spec, data: { b: '2' } });
    expect(patched).toMatchObject({ data: { a: '1', b: '2' } });
    const read = await api.read(spec);
    await api.replace({ ...read, data: { z: '3' } });
    await expect(api.replace({ ...read, data: { z: '4' } })).rejects.toMatchObject({ code: 409 });
    expect(await api.list('v1', 'ConfigMap', 'default')).toMatchObject({ items: [{ data: { z: '3' } }] });
    await api.delete(spec);
    await expect(api.read(spec)).rejects.toMatchObject({ code: 404 });
  });

  it('runs a Job and reads what it wrote', async () => {
    const [batch, core] = [config.makeApiClient(BatchV1Api), config.makeApiClient(CoreV1Api)];
    const containers = [{ name: 'main', image: 'hello', env: [{ name: 'WHOM', value: 'world' }] }];
    await batch.createNamespacedJob({
      namespace: 'default',
      body: { metadata: { name: 'j' }, spec: { template: { spec: { restartPolicy: 'Never', containers } } } },
    });
    const succeeded = async () =>
      (await batch.readNamespacedJob({ namespace: 'default', name: 'j' })).status?.succeeded;
    await expect.poll(succeeded).toBe(1);
    const pods = await core.listNamespacedPod({ namespace: 'default', labelSelector: 'job-name=j' });
    const name = pods.items[0]?.metadata?.name ?? '';
    expect(await core.readNamespacedPodLog({ namespace: 'default', name })).toBe('hello world\n');
    await batch.deleteNamespacedJob({ namespace: 'default', name: 'j', propagationPolicy: 'Foreground' });
    await expect.poll(async () => (await core.listNamespacedPod({ namespace: 'default' })).items).toEqual([]);
  });

  it('runs a Deployment, changes how many pods it has, and takes it down', async () => {
    const [apps, core] = [config.makeApiClient(AppsV1Api), config.makeApiClient(CoreV1Api)];
    const labels = { app: 'web' };
    const one = { namespace: 'default', name: 'web' };
    await apps.createNamespacedDeployment({
      namespace: 'default',
      body: {
        metadata: { name: 'web' },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web' }] } },
        },
      },
    });
    const available = async () => (await apps.readNamespacedDeployment(one)).status?.availableReplicas;
    await expect.poll(available).toBe(1);
    const found = await apps.readNamespacedDeployment(one);
    await apps.replaceNamespacedDeployment({
      ...one,
      body: Object.assign(found, { spec: Object.assign(found.spec ?? {}, { replicas: 2 }) }),
    });
    await expect.poll(available).toBe(2);
    const list = { namespace: 'default', labelSelector: 'app=web' };
    expect((await core.listNamespacedPod(list)).items).toHaveLength(2);
    await apps.deleteNamespacedDeployment(one);
    await expect.poll(async () => (await core.listNamespacedPod(list)).items).toEqual([]);
  });
});

it("the Kubernetes client's own errors tell of tokens that may not, and of expired ones", async () => {
  await using guarded = await startMiniKubernetes({
    tokens: {
      'token-1': { user: 'reader', allow: [{ verbs: ['get', 'list'], resources: ['pods'] }] },
      'token-2': { user: 'late', expired: true },
    },
  });
  const failureAs = async (context: string) => {
    config.loadFromFile(guarded.kubeconfig);
    config.setCurrentContext(context);
    const core = config.makeApiClient(CoreV1Api);
    const error: unknown = await core
      .listNamespacedSecret({ namespace: 'default' })
      .catch((one: unknown) => one);
    return error;
  };
  expect(await failureAs('reader')).toMatchObject({
    code: 403,
    body: expect.stringContaining(
      'secrets is forbidden: User \\"reader\\" cannot list resource \\"secrets\\"',
    ),
  });
  expect(await failureAs('late')).toMatchObject({ code: 401 });
});

it('a raw request over a socket is answered', async () => {
  const { status, headers, body } = await rawRequest(
    mini.url,
    'GET',
    '/api/v1/namespaces/default/pods?limit=1',
  );
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json');
  expect(JSON.parse(body)).toMatchObject({ kind: 'PodList', items: [] });
});
