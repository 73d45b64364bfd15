import { describe, expect, it } from 'vitest';
import { admitCreate, admitUpdate } from '../../../../src/testing/mini-kubernetes/admission/admission.ts';
import type { Image } from '../../../../src/testing/mini-kubernetes/kubelet/image.ts';
import { deleteObject } from '../../../../src/testing/mini-kubernetes/store/deletion.ts';
import { type JsonObject, objectAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';
import type { Deployment, Draft, Pod } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import { startCluster } from './cluster.ts';
import { untilAborted } from './images.ts';

const CONTAINER = { name: 'web', image: 'web:1' };

const template = (container: object) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [container] },
});

const manifest = (spec: JsonObject = {}): JsonObject => ({
  metadata: { name: 'web' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: template(CONTAINER), ...spec },
});

function startDeployments(image: Image = untilAborted) {
  const cluster = startCluster({ images: { web: image } });
  const { store } = cluster;
  const stored = () => store.get('deployments', 'default', 'web');
  return {
    ...cluster,
    settle: () => cluster.advance(5_000),
    create: (spec?: JsonObject) =>
      store.create('deployments', asDraft(admitCreate('deployments', 'default', manifest(spec), () => ''))),
    change: (spec: JsonObject) =>
      store.update('deployments', asDraft(admitUpdate('deployments', { ...stored() }, manifest(spec)))),
    remove: () => deleteObject(store, 'deployments', 'default', 'web'),
    status: () => objectAt(stored()?.status),
    images: () => cluster.pods().map(({ spec }) => spec.containers[0]?.image),
  };
}

const asDraft = (object: JsonObject) => object as unknown as Draft<Deployment>;

const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);

describe('a Deployment', () => {
  it('has as many pods as it asks for, of its template', async () => {
    const cluster = startDeployments();
    cluster.create({ replicas: 3 });
    await cluster.settle();
    const pods = cluster.pods();
    expect(pods).toHaveLength(3);
    for (const { metadata, spec, status } of pods) {
      expect(metadata.name).toMatch(/^web-[0-9a-f]{10}-.{5}$/);
      expect(metadata.labels).toEqual({ app: 'web', 'pod-template-hash': expect.any(String) });
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'web', controller: true }]);
      expect(spec).toMatchObject({ restartPolicy: 'Always', serviceAccountName: 'default' });
      expect(status.phase).toBe('Running');
    }
    expect(cluster.status()).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      conditions: [{ type: 'Available', status: 'True' }],
    });
    await cluster.close();
  });

  it('says so where its pods do not run', async () => {
    const cluster = startDeployments();
    cluster.create({ template: template({ name: 'web', image: 'nothing' }) });
    await cluster.settle();
    expect(cluster.status()).toMatchObject({ replicas: 1, unavailableReplicas: 1 });
    expect(cluster.status()['conditions']).toMatchObject([{ type: 'Available', status: 'False' }]);
    await cluster.close();
  });

  it('follows a pod that is deleted with another', async () => {
    const cluster = startDeployments();
    cluster.create();
    await cluster.settle();
    const [first] = names(cluster.pods());
    cluster.deletePod(cluster.onlyPod(), { gracePeriodSeconds: 0 });
    await cluster.settle();
    expect(names(cluster.pods())).not.toContain(first);
    expect(cluster.pods()).toHaveLength(1);
    await cluster.close();
  });

  it('gets and loses pods as its replicas change, and keeps those that are there', async () => {
    const cluster = startDeployments();
    cluster.create({ replicas: 2 });
    await cluster.settle();
    const before = names(cluster.pods());
    cluster.change({ replicas: 4 });
    await cluster.settle();
    expect(names(cluster.pods())).toEqual(expect.arrayContaining(before));
    expect(cluster.pods()).toHaveLength(4);
    cluster.change({ replicas: 2 });
    await cluster.settle();
    expect(names(cluster.pods())).toEqual(before);
    cluster.change({ replicas: 0 });
    await cluster.settle();
    expect(cluster.pods()).toEqual([]);
    expect(cluster.status()).toMatchObject({ observedGeneration: 4, conditions: [{ status: 'True' }] });
    await cluster.close();
  });

  it('lets pods go first that are not ready', async () => {
    const failing = new Set<string>();
    const cluster = startDeployments((context) => {
      if (failing.size === 0) failing.add(context.podName);
      return failing.has(context.podName) ? Promise.resolve(1) : untilAborted(context);
    });
    cluster.create();
    await cluster.settle();
    cluster.change({ replicas: 3 });
    await cluster.settle();
    expect(cluster.status()).toMatchObject({ readyReplicas: 2, unavailableReplicas: 1 });
    cluster.change({ replicas: 2 });
    await cluster.settle();
    expect(cluster.pods()).toHaveLength(2);
    expect(names(cluster.pods())).not.toContain([...failing][0]);
    await cluster.close();
  });

  it('makes no new pods of a template that is sent again in another order', async () => {
    const cluster = startDeployments();
    cluster.create();
    await cluster.settle();
    const before = names(cluster.pods());
    cluster.change({ replicas: 2, template: template({ image: 'web:1', name: 'web' }) });
    await cluster.settle();
    expect(names(cluster.pods())).toEqual(expect.arrayContaining(before));
    await cluster.close();
  });

  it('rolls a new template out, with no fewer pods ready and no more in all than it allows', async () => {
    const cluster = startDeployments();
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    cluster.create({ replicas: 3, strategy });
    await cluster.settle();
    const seen = { least: 3, most: 3 };
    cluster.store.subscribe(({ resource }) => {
      if (resource !== 'pods') return;
      const active = cluster.pods().filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const ready = active.filter(({ status }) => status.phase === 'Running').length;
      seen.least = Math.min(seen.least, ready);
      seen.most = Math.max(seen.most, active.length);
    });
    cluster.change({ replicas: 3, strategy, template: template({ name: 'web', image: 'web:2' }) });
    await cluster.settle();
    expect(cluster.images()).toEqual(['web:2', 'web:2', 'web:2']);
    expect(seen).toEqual({ least: 3, most: 4 });
    expect(cluster.status()).toMatchObject({ observedGeneration: 2, updatedReplicas: 3 });
    await cluster.close();
  });

  it('keeps the old pods where those of a new template do not get ready', async () => {
    const cluster = startDeployments();
    cluster.create({ replicas: 4 });
    await cluster.settle();
    cluster.change({ replicas: 4, template: template({ name: 'web', image: 'nothing' }) });
    await cluster.settle();
    // A quarter more, and a quarter less.
    expect(cluster.images().sort()).toEqual(['nothing', 'nothing', 'web:1', 'web:1', 'web:1']);
    expect(cluster.status()['conditions']).toMatchObject([{ type: 'Available', status: 'True' }]);
    await cluster.close();
  });

  it('with Recreate waits until the old pods are gone before it makes new ones', async () => {
    const cluster = startDeployments();
    const strategy = { type: 'Recreate' };
    cluster.create({ replicas: 2, strategy });
    await cluster.settle();
    let together = false;
    cluster.store.subscribe(() => {
      together ||= new Set(cluster.images()).size > 1;
    });
    cluster.change({ replicas: 2, strategy, template: template({ name: 'web', image: 'web:2' }) });
    await cluster.settle();
    expect(cluster.images()).toEqual(['web:2', 'web:2']);
    expect(together).toBe(false);
    await cluster.close();
  });

  it('takes its pods with it when it is deleted', async () => {
    const cluster = startDeployments();
    cluster.create({ replicas: 2 });
    await cluster.settle();
    cluster.remove();
    await cluster.settle();
    expect(cluster.store.list('deployments')).toEqual([]);
    expect(cluster.pods()).toEqual([]);
    await cluster.close();
  });
});
