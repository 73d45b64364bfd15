import { describe, expect, test } from 'vitest';
import { lasting, startCluster, steppedClock } from './cluster.ts';
import { conditions, exit, untilAborted } from './images.ts';

/** A Job with one running pod, which takes 1.5 s to end. */
async function runningJob() {
  const time = steppedClock();
  const cluster = startCluster({ images: { app: lasting(time.clock, 3_600_000, 1500) } }, time);
  cluster.createJob({ pod: { terminationGracePeriodSeconds: 5 } });
  await cluster.advance(1000);
  return cluster;
}

describe('deleting a Job', () => {
  test('Background: it is gone at once, its pods as soon as they have ended', async () => {
    const cluster = await runningJob();
    cluster.deleteJob('Background');
    expect(cluster.store.get('jobs', 'default', 'job')).toBeUndefined();
    await cluster.advance(1000);
    expect(cluster.onlyPod().metadata).toMatchObject({ deletionGracePeriodSeconds: 5 });
    expect(cluster.onlyPod().metadata).not.toHaveProperty('finalizers');
    await cluster.advance(1000);
    expect(cluster.pods()).toEqual([]);
  });

  test('Foreground: it stays until its pods are gone, and counts none of them as failed', async () => {
    const cluster = await runningJob();
    cluster.deleteJob('Foreground');
    await cluster.advance(1000);
    const { metadata, status } = cluster.job();
    expect(metadata).toMatchObject({ finalizers: ['foregroundDeletion'], generation: 2 });
    expect(status).toMatchObject({ terminating: 1, ready: 0 });
    expect(status).not.toHaveProperty('active');
    expect(status).not.toHaveProperty('failed');
    await cluster.advance(1000);
    expect(cluster.pods()).toEqual([]);
    expect(cluster.store.get('jobs', 'default', 'job')).toBeUndefined();
  });

  test('Foreground: a Job without pods goes at once', async () => {
    const cluster = startCluster();
    cluster.createJob({ suspend: true });
    await cluster.advance(0);
    cluster.deleteJob('Foreground');
    await cluster.advance(0);
    expect(cluster.store.get('jobs', 'default', 'job')).toBeUndefined();
  });

  test('Orphan: its pods run on, without an owner and without the finalizer', async () => {
    const cluster = await runningJob();
    cluster.deleteJob('Orphan');
    await cluster.advance(10_000);
    expect(cluster.store.get('jobs', 'default', 'job')).toBeUndefined();
    expect(cluster.onlyPod().metadata).not.toHaveProperty('ownerReferences');
    expect(cluster.onlyPod().metadata).not.toHaveProperty('finalizers');
    expect(cluster.onlyPod().status.phase).toBe('Running');
  });

  test('made again at once, it gets a pod of its own beside the old one', async () => {
    const cluster = await runningJob();
    const old = cluster.onlyPod().metadata.uid;
    cluster.deleteJob('Background');
    const { uid } = cluster.createJob().metadata;
    await cluster.advance(500);
    const owners = cluster.pods().map(({ metadata }) => metadata.ownerReferences?.[0]?.uid);
    expect(owners).toHaveLength(2);
    expect(owners).toContain(uid);
    await cluster.advance(2000);
    expect(cluster.onlyPod().metadata.uid).not.toBe(old);
    expect(cluster.job().status).toMatchObject({ active: 1 });
    expect(cluster.job().status).not.toHaveProperty('failed');
  });
});

describe('garbage collection', () => {
  const owner = (uid: string, kind = 'Job', name = 'job') => ({ apiVersion: 'batch/v1', kind, name, uid });

  test('takes away what is made for an owner that is gone', async () => {
    const cluster = startCluster();
    const { uid } = cluster.createJob({ suspend: true }).metadata;
    cluster.deleteJob('Background');
    cluster.store.create('secrets', {
      metadata: { name: 'token', namespace: 'default', ownerReferences: [owner(uid)] },
    });
    await cluster.advance(0);
    expect(cluster.store.list('secrets')).toEqual([]);
  });

  test('keeps what has another owner, without the reference to the one that is gone', async () => {
    const cluster = startCluster();
    const first = cluster.createJob({ suspend: true }, 'first').metadata.uid;
    const second = cluster.createJob({ suspend: true }, 'second').metadata.uid;
    const ownerReferences = [owner(first, 'Job', 'first'), owner(second, 'Job', 'second')];
    cluster.store.create('configmaps', {
      metadata: { name: 'shared', namespace: 'default', ownerReferences },
    });
    cluster.deleteJob('Background', 'first');
    await cluster.advance(0);
    expect(cluster.store.get('configmaps', 'default', 'shared')?.metadata.ownerReferences).toEqual([
      owner(second, 'Job', 'second'),
    ]);
  });

  test('leaves alone what is owned by a kind that is not stored here', async () => {
    const cluster = startCluster();
    cluster.store.create('configmaps', {
      metadata: {
        name: 'mine',
        namespace: 'default',
        ownerReferences: [{ ...owner('x', 'StatefulSet'), apiVersion: 'apps/v1' }],
      },
    });
    await cluster.advance(60_000);
    expect(cluster.store.list('configmaps')).toHaveLength(1);
  });
});

describe('ttlSecondsAfterFinished', () => {
  test.each([
    ['succeeded', 0, 'Complete=True CompletionsReached'],
    ['failed', 1, 'Failed=True BackoffLimitExceeded'],
  ])('takes away a Job that %s, and its pods, after so many seconds', async (_, code, ended) => {
    const cluster = startCluster({ images: { app: exit(code) } });
    cluster.createJob({ ttlSecondsAfterFinished: 2, backoffLimit: 0 });
    await cluster.advance(1900);
    expect(conditions(cluster.job())).toContain(ended);
    await cluster.advance(200);
    expect(cluster.store.list('jobs')).toEqual([]);
    expect(cluster.pods()).toEqual([]);
  });

  test('of 0 takes it away at once', async () => {
    const cluster = startCluster({ images: { app: exit(0) } });
    cluster.createJob({ ttlSecondsAfterFinished: 0 });
    await cluster.advance(100);
    expect(cluster.store.list('jobs')).toEqual([]);
  });

  test('can be set, and raised, after the end', async () => {
    const cluster = startCluster({ images: { app: exit(0) } });
    cluster.createJob();
    await cluster.advance(60_000);
    cluster.patchJob({ ttlSecondsAfterFinished: 100 });
    await cluster.advance(30_000);
    cluster.patchJob({ ttlSecondsAfterFinished: 200 });
    await cluster.advance(100_000);
    expect(cluster.store.list('jobs')).toHaveLength(1);
    await cluster.advance(10_100);
    expect(cluster.store.list('jobs')).toEqual([]);
  });

  test('does not touch a Job that runs', async () => {
    const cluster = startCluster({ images: { app: untilAborted } });
    cluster.createJob({ ttlSecondsAfterFinished: 0 });
    await cluster.advance(60_000);
    expect(cluster.job().status).toMatchObject({ active: 1 });
  });
});
