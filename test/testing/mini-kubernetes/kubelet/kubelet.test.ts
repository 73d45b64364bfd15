import { describe, expect, test } from 'vitest';
import type { Image, ImageContext } from '../../../../src/testing/mini-kubernetes/kubelet/image.ts';
import type { Pod, PodSpec } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import { type Cluster, lasting, startCluster, steppedClock } from '../controllers/cluster.ts';
import { exit, untilAborted } from '../controllers/images.ts';

const stateOf = (pod: Pod | undefined) => pod?.status.containerStatuses?.[0]?.state;
const podConditions = ({ status }: Pod) =>
  status.conditions?.map(({ type, status: value, reason = '-' }) => `${type} ${value} ${reason}`);
const logOf = ({ logs, pod }: Cluster, container = 'main') =>
  logs.read(pod()?.metadata.uid ?? '', container, 'current')?.map(({ text }) => text);

describe('the life of a pod', () => {
  test('is bound to the node, runs with an address, and succeeds', async () => {
    const time = steppedClock();
    const cluster = startCluster({ images: { app: lasting(time.clock, 3000) } }, time);
    const phases: (string | undefined)[] = [];
    cluster.store.subscribe(({ object }) => phases.push((object as Pod).status.phase));
    cluster.createPod();
    await cluster.advance(1000);
    const pod = cluster.onlyPod();
    expect(pod.spec.nodeName).toBe('mini-node-1');
    expect(pod.status).toMatchObject({
      phase: 'Running',
      podIP: expect.stringMatching(/^127\.\d+\.\d+\.\d+$/),
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [
        { name: 'main', ready: true, started: true, restartCount: 0, image: 'app', lastState: {} },
      ],
    });
    expect(stateOf(pod)).toEqual({ running: { startedAt: '2026-01-01T00:00:00Z' } });
    expect(podConditions(pod)).toEqual([
      'PodReadyToStartContainers True -',
      'Initialized True -',
      'Ready True -',
      'ContainersReady True -',
      'PodScheduled True -',
    ]);
    await cluster.advance(3000);
    const ended = cluster.onlyPod();
    expect(stateOf(ended)).toEqual({
      terminated: {
        exitCode: 0,
        reason: 'Completed',
        startedAt: '2026-01-01T00:00:00Z',
        finishedAt: '2026-01-01T00:00:03Z',
        containerID: expect.any(String),
      },
    });
    expect(podConditions(ended)).toEqual([
      'PodReadyToStartContainers False -',
      'Initialized True PodCompleted',
      'Ready False PodCompleted',
      'ContainersReady False PodCompleted',
      'PodScheduled True -',
    ]);
    expect(phases).toEqual(['Pending', 'Pending', 'Running', 'Succeeded']);
  });

  test('fails with the exit code of its image', async () => {
    const cluster = startCluster({ images: { app: exit(3) } });
    cluster.createPod();
    await cluster.advance(0);
    expect(cluster.pod()?.status.phase).toBe('Failed');
    expect(stateOf(cluster.pod())).toMatchObject({ terminated: { exitCode: 3, reason: 'Error' } });
    expect(podConditions(cluster.onlyPod())).toContain('Ready False PodFailed');
  });

  test('fails with exit code 1 where its image throws, and logs why', async () => {
    const image: Image = ({ log }) => {
      log('first\nsecond');
      throw new Error('no more paper');
    };
    const cluster = startCluster({ images: { app: image } });
    cluster.createPod();
    await cluster.advance(0);
    expect(stateOf(cluster.pod())).toMatchObject({ terminated: { exitCode: 1, reason: 'Error' } });
    expect(logOf(cluster)).toEqual(['first', 'second', 'no more paper']);
  });

  test('goes to each node in turn', async () => {
    const cluster = startCluster({ images: { app: untilAborted }, nodes: ['a', 'b'] });
    for (const name of ['p1', 'p2', 'p3']) cluster.createPod({}, name);
    await cluster.advance(0);
    expect(cluster.pods().map(({ spec }) => spec.nodeName)).toEqual(['a', 'b', 'a']);
  });

  test('waits for ever where no node fits its nodeSelector', async () => {
    const cluster = startCluster({ images: { app: exit(0) } });
    cluster.createPod({ nodeSelector: { no: 'such' } } as Partial<PodSpec>);
    await cluster.advance(60_000);
    expect(cluster.pod()?.status.phase).toBe('Pending');
    expect(podConditions(cluster.onlyPod())).toEqual(['PodScheduled False Unschedulable']);
  });

  test('finds a registered image whatever the tag', async () => {
    const cluster = startCluster({ images: { 'registry:5000/team/app': exit(0) } });
    cluster.createPod({ containers: [{ name: 'main', image: 'registry:5000/team/app:1.2@sha256:abc' }] });
    await cluster.advance(0);
    expect(cluster.pod()?.status.phase).toBe('Succeeded');
  });

  test('stays Pending where its image is not registered', async () => {
    const cluster = startCluster();
    cluster.createPod();
    await cluster.advance(0);
    expect(stateOf(cluster.pod())).toMatchObject({ waiting: { reason: 'ErrImagePull' } });
    await cluster.advance(60_000);
    expect(cluster.pod()?.status.phase).toBe('Pending');
    expect(stateOf(cluster.pod())).toMatchObject({ waiting: { reason: 'ImagePullBackOff' } });
    expect(podConditions(cluster.onlyPod())).toContain('Ready False ContainersNotReady');
  });

  test('has as many containers as it names, and fails when one of them does', async () => {
    const cluster = startCluster({ images: { good: exit(0), bad: exit(9) } });
    cluster.createPod({
      containers: [
        { name: 'a', image: 'good' },
        { name: 'b', image: 'bad' },
      ],
    });
    await cluster.advance(0);
    expect(cluster.pod()?.status.phase).toBe('Failed');
    expect(cluster.pod()?.status.containerStatuses?.map(({ state }) => state?.terminated?.exitCode)).toEqual([
      0, 9,
    ]);
  });

  test('is ended past its activeDeadlineSeconds', async () => {
    const cluster = startCluster({ images: { app: untilAborted } });
    cluster.createPod({ activeDeadlineSeconds: 5 });
    await cluster.advance(4900);
    expect(cluster.pod()?.status.phase).toBe('Running');
    await cluster.advance(200);
    expect(cluster.pod()?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  test('starts twice when the fault plan says so, and ends with one exit code', async () => {
    let started = 0;
    const image: Image = () => {
      started += 1;
      return Promise.resolve(started === 1 ? 7 : 0);
    };
    const asked: unknown[] = [];
    const faults = { next: (request: unknown) => asked.push(request) && { kind: 'pod-started-twice' } };
    const cluster = startCluster({ images: { app: image }, faults: faults as never });
    cluster.createPod();
    await cluster.advance(0);
    expect(started).toBe(2);
    expect(cluster.pod()?.status.phase).toBe('Succeeded');
    expect(asked).toEqual([{ node: 'mini-node-1', method: 'START', key: 'pod' }]);
  });
});

describe('restartPolicy', () => {
  test('OnFailure starts a failed container again in its place, at once and then ever later', async () => {
    const starts: number[] = [];
    const time = steppedClock();
    const image: Image = () => {
      starts.push(time.clock.monotonic());
      return Promise.resolve(starts.length < 4 ? 1 : 0);
    };
    const cluster = startCluster({ images: { app: image } }, time);
    cluster.createPod({ restartPolicy: 'OnFailure' });
    await cluster.advance(5000);
    expect(stateOf(cluster.pod())).toMatchObject({ waiting: { reason: 'CrashLoopBackOff' } });
    expect(cluster.pod()?.status).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ restartCount: 2, lastState: { terminated: { exitCode: 1 } } }],
    });
    await cluster.advance(60_000);
    expect(starts).toEqual([0, 0, 10_000, 30_000]);
    expect(cluster.pod()?.status).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ restartCount: 3 }],
    });
  });

  test('Always starts also what ended well', async () => {
    const cluster = startCluster({ images: { app: exit(0) } });
    cluster.createPod({ restartPolicy: 'Always' });
    await cluster.advance(0);
    expect(cluster.pod()?.status).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ restartCount: 2 }],
    });
  });
});

describe('what a container gets', () => {
  async function contextOf(cluster: Cluster, seen: readonly ImageContext[], spec: Partial<Pod['spec']>) {
    cluster.createPod(spec);
    await cluster.advance(0);
    return seen[0];
  }
  function recording() {
    const seen: ImageContext[] = [];
    const image: Image = (context) => {
      seen.push(context);
      return untilAborted(context);
    };
    return { seen, cluster: startCluster({ images: { app: image } }) };
  }
  const container = { name: 'main', image: 'app' };
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test('is its environment from values, Secrets, ConfigMaps and fields, the later over the earlier', async () => {
    const { seen, cluster } = recording();
    const named = (name: string) => ({ name, namespace: 'default' });
    cluster.store.create('secrets', {
      metadata: named('s'),
      data: { token: base64('ge heim'), OVER: base64('1') },
    });
    cluster.store.create('configmaps', { metadata: named('c'), data: { url: 'http://x', OVER: '2' } });
    const context = await contextOf(cluster, seen, {
      containers: [
        {
          ...container,
          envFrom: [
            { secretRef: { name: 's' } },
            { prefix: 'C_', configMapRef: { name: 'c' } },
            { configMapRef: { name: 'absent', optional: true } },
          ],
          env: [
            { name: 'PLAIN', value: 'a' },
            { name: 'EMPTY' },
            { name: 'BOTH', value: '$(PLAIN)-$(C_url)-$(UNKNOWN)-$$(PLAIN)' },
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'token' } } },
            { name: 'OVER', valueFrom: { configMapKeyRef: { name: 'c', key: 'OVER' } } },
            { name: 'NONE', valueFrom: { secretKeyRef: { name: 's', key: 'none', optional: true } } },
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          ],
        },
      ],
    });
    expect(context?.env).toEqual({
      token: 'ge heim',
      C_url: 'http://x',
      C_OVER: '2',
      PLAIN: 'a',
      EMPTY: '',
      BOTH: 'a-http://x-$(UNKNOWN)-$(PLAIN)',
      TOKEN: 'ge heim',
      OVER: '2',
      NAME: 'pod',
      NAMESPACE: 'default',
      IP: context?.ip,
    });
    expect(context).toMatchObject({ podName: 'pod', namespace: 'default' });
    expect(cluster.pod()?.status.podIP).toBe(context?.ip);
  });

  test('is its arguments, after those of its command', async () => {
    const { seen, cluster } = recording();
    const context = await contextOf(cluster, seen, {
      containers: [
        {
          ...container,
          command: ['run', '--fast'],
          args: ['$(FILE)'],
          env: [{ name: 'FILE', value: 'a.txt' }],
        },
      ],
    });
    expect(context?.args).toEqual(['--fast', 'a.txt']);
  });

  test('is an address that no other pod has', async () => {
    const { seen, cluster } = recording();
    for (let index = 0; index < 300; index += 1) cluster.createPod({}, `p${index}`);
    await cluster.advance(0);
    expect(new Set(seen.map(({ ip }) => ip)).size).toBe(process.platform === 'linux' ? 300 : 1);
  });

  test.each([
    ['Secret', { valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }, 'secret "s" not found'],
    ['ConfigMap', { valueFrom: { configMapKeyRef: { name: 's', key: 'k' } } }, 'configmap "s" not found'],
  ])('is waited for where its %s is missing', async (kind, variable, message) => {
    const { seen, cluster } = recording();
    await contextOf(cluster, seen, { containers: [{ ...container, env: [{ name: 'V', ...variable }] }] });
    expect(stateOf(cluster.pod())).toEqual({ waiting: { reason: 'CreateContainerConfigError', message } });
    const resource = kind === 'Secret' ? 'secrets' : 'configmaps';
    const data = { k: kind === 'Secret' ? base64('now') : 'now' };
    cluster.store.create(resource, { metadata: { name: 's', namespace: 'default' }, data });
    await cluster.advance(0);
    expect(cluster.pod()?.status.phase).toBe('Running');
    expect(seen[0]?.env).toEqual({ V: 'now' });
  });
});

describe('deleting a pod', () => {
  test('tells its image to end, and takes it away when that has ended', async () => {
    const time = steppedClock();
    const cluster = startCluster({ images: { app: lasting(time.clock, 3_600_000, 1500) } }, time);
    const events: string[] = [];
    const pod = cluster.createPod({ terminationGracePeriodSeconds: 5 });
    await cluster.advance(1000);
    cluster.store.subscribe(({ type, object }) => {
      const { deletionGracePeriodSeconds, deletionTimestamp } = object.metadata;
      events.push(
        `${type} ${(object as Pod).status.phase} ${deletionGracePeriodSeconds} ${deletionTimestamp}`,
      );
    });
    cluster.deletePod(pod);
    await cluster.advance(1400);
    expect(cluster.pod()?.status.phase).toBe('Running');
    await cluster.advance(200);
    expect(cluster.pod()).toBeUndefined();
    expect(events).toEqual([
      'MODIFIED Running 5 2026-01-01T00:00:06Z',
      'MODIFIED Succeeded 5 2026-01-01T00:00:06Z',
      'MODIFIED Succeeded 0 2026-01-01T00:00:02Z',
      'DELETED Succeeded 0 2026-01-01T00:00:02Z',
    ]);
  });

  test('gives up an image that does not end within the grace period', async () => {
    const cluster = startCluster({ images: { app: () => new Promise(() => undefined) } });
    const codes: (number | undefined)[] = [];
    cluster.store.subscribe(({ object }) => codes.push(stateOf(object as Pod)?.terminated?.exitCode));
    const pod = cluster.createPod({ terminationGracePeriodSeconds: 5 });
    await cluster.advance(100);
    cluster.deletePod(pod);
    await cluster.advance(4900);
    expect(cluster.pod()).toBeDefined();
    await cluster.advance(200);
    expect(cluster.pod()).toBeUndefined();
    expect(codes).toContain(137);
  });

  test('a second time can shorten the grace period and not lengthen it', async () => {
    const cluster = startCluster({ images: { app: () => new Promise(() => undefined) } });
    const pod = cluster.createPod({ terminationGracePeriodSeconds: 60 });
    await cluster.advance(100);
    cluster.deletePod(pod);
    await cluster.advance(100);
    cluster.deletePod(pod, { gracePeriodSeconds: 5 });
    await cluster.advance(4000);
    cluster.deletePod(pod, { gracePeriodSeconds: 60 });
    await cluster.advance(900);
    expect(cluster.pod()).toBeDefined();
    await cluster.advance(300);
    expect(cluster.pod()).toBeUndefined();
  });

  test('with no grace period aborts the image though the pod is gone already', async () => {
    let aborted = false;
    const image: Image = ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve();
        });
      });
    const cluster = startCluster({ images: { app: image } });
    const pod = cluster.createPod();
    await cluster.advance(0);
    cluster.deletePod(pod, { gracePeriodSeconds: 0 });
    expect(cluster.pod()).toBeUndefined();
    await cluster.advance(0);
    expect(aborted).toBe(true);
  });

  test('ends one that never got its image', async () => {
    const cluster = startCluster();
    const pod = cluster.createPod();
    await cluster.advance(5000);
    cluster.deletePod(pod);
    await cluster.advance(0);
    expect(cluster.pod()).toBeUndefined();
  });

  test('gives 143 to an image that throws the reason of its signal', async () => {
    const image: Image = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const cluster = startCluster({ images: { app: image } });
    const codes: (number | undefined)[] = [];
    cluster.store.subscribe(({ object }) => codes.push(stateOf(object as Pod)?.terminated?.exitCode));
    const pod = cluster.createPod();
    await cluster.advance(0);
    cluster.deletePod(pod);
    await cluster.advance(0);
    expect(codes).toContain(143);
  });
});

describe('a pod that was stored with an address', () => {
  const stored = (cluster: Cluster) =>
    cluster.store.create('pods', {
      metadata: { name: 'pod', namespace: 'default' },
      spec: { nodeName: 'mini-node-1', containers: [{ name: 'main', image: 'app' }] },
      status: { phase: 'Running', podIP: '127.0.0.1' },
    });

  test('is left as it is', async () => {
    const cluster = startCluster({ images: { app: exit(1) } });
    const { metadata } = stored(cluster);
    await cluster.advance(60_000);
    expect(cluster.pod()?.metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  test('goes when it is deleted', async () => {
    const cluster = startCluster();
    cluster.deletePod(stored(cluster));
    await cluster.advance(0);
    expect(cluster.pod()).toBeUndefined();
  });
});

test('close tells all images to end and leaves no timer', async () => {
  let aborted = 0;
  const image: Image = ({ signal }) =>
    new Promise(() => {
      signal.addEventListener('abort', () => {
        aborted += 1;
      });
    });
  const cluster = startCluster({ images: { app: image } });
  cluster.createJob({ parallelism: 2, completions: 2, activeDeadlineSeconds: 60 });
  cluster.createJob({ suspend: true, ttlSecondsAfterFinished: 5 }, 'other');
  await cluster.advance(1000);
  await cluster.close();
  await cluster.close();
  expect(aborted).toBe(2);
  expect(cluster.timers()).toBe(0);
  cluster.createPod();
  await cluster.advance(1000);
  expect(cluster.pod()?.spec).not.toHaveProperty('nodeName');
});
