import { describe, expect, test } from 'vitest';
import type { Image } from '../../../../src/testing/mini-kubernetes/kubelet/image.ts';
import type { Job, JobSpec } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import { lasting, startCluster, steppedClock } from './cluster.ts';
import { conditions, exit, failOnce, mostOf, obedient, statusesOf, untilAborted } from './images.ts';

const STARTED = '2026-01-01T00:00:00Z';

describe('a Job that succeeds', () => {
  test('goes through the statuses of a real one', async () => {
    const cluster = startCluster({ images: { app: exit(0) }, syncDelay: 1000 });
    const statuses = statusesOf(cluster);
    cluster.createJob();
    await cluster.advance(0);
    const { uid } = cluster.onlyPod().metadata;
    await cluster.advance(2000);
    const [first, second, third] = statuses.slice(2);
    const begun = { startTime: STARTED, terminating: 0, ready: 0 };
    expect(first).toEqual({ ...begun, active: 1, uncountedTerminatedPods: {} });
    const ended = {
      lastProbeTime: '2026-01-01T00:00:01Z',
      lastTransitionTime: '2026-01-01T00:00:01Z',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    };
    const met = { type: 'SuccessCriteriaMet', status: 'True', ...ended };
    expect(second).toEqual({ ...begun, conditions: [met], uncountedTerminatedPods: { succeeded: [uid] } });
    expect(third).toEqual({
      ...begun,
      conditions: [met, { type: 'Complete', status: 'True', ...ended }],
      completionTime: '2026-01-01T00:00:01Z',
      succeeded: 1,
      uncountedTerminatedPods: {},
    });
    expect(statuses).toHaveLength(5);
  });

  test('has pods with its labels, its ownerReference and, until they are counted, the finalizer', async () => {
    const cluster = startCluster({ images: { app: exit(0) } });
    const job = cluster.createJob();
    await cluster.advance(0);
    const { uid } = job.metadata;
    expect(cluster.onlyPod().metadata).toMatchObject({
      name: expect.stringMatching(/^job-[a-z0-9]{5}$/),
      generateName: 'job-',
      labels: {
        'job-name': 'job',
        'batch.kubernetes.io/job-name': 'job',
        'controller-uid': uid,
        'batch.kubernetes.io/controller-uid': uid,
      },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid, controller: true, blockOwnerDeletion: true },
      ],
      finalizers: ['batch.kubernetes.io/job-tracking'],
    });
    await cluster.advance(20);
    expect(cluster.onlyPod().metadata).not.toHaveProperty('finalizers');
  });

  test('runs no more pods at once than its parallelism, and as many as its completions', async () => {
    const cluster = startLasting(100);
    const mostActive = mostOf(cluster, ({ active = 0 }) => active);
    cluster.createJob({ parallelism: 3, completions: 7 });
    await cluster.advance(5000);
    expect(cluster.job().status).toMatchObject({ succeeded: 7 });
    expect(cluster.pods()).toHaveLength(7);
    expect(mostActive()).toBe(3);
  });

  test('counts its ready pods a little later than its active ones', async () => {
    const cluster = startCluster({ images: { app: untilAborted }, syncDelay: 1000 });
    cluster.createJob({ parallelism: 2, completions: 2 });
    await cluster.advance(999);
    expect(cluster.job().status).toMatchObject({ active: 2, ready: 0 });
    await cluster.advance(1);
    expect(cluster.job().status).toMatchObject({ active: 2, ready: 2 });
  });

  test('without completions ends with its first success, once the others have ended, too', async () => {
    let started = 0;
    const image: Image = (context) => {
      started += 1;
      return started === 1 ? Promise.resolve() : untilAborted(context);
    };
    const cluster = startCluster({ images: { app: image } });
    cluster.createJob({ parallelism: 2 });
    await cluster.advance(1000);
    expect(cluster.job().status).toMatchObject({ active: 1, succeeded: 1 });
    expect(conditions(cluster.job())).toEqual([]);
    expect(cluster.pods()).toHaveLength(2);
  });

  test('takes fewer pods when its parallelism is lowered, and none of them counts as failed', async () => {
    const cluster = startCluster({ images: { app: untilAborted } });
    cluster.createJob({ parallelism: 4, completions: 9 });
    await cluster.advance(100);
    cluster.patchJob({ parallelism: 1 });
    await cluster.advance(1000);
    expect(cluster.pods()).toHaveLength(1);
    expect(cluster.job().status).toMatchObject({ active: 1, terminating: 0 });
    expect(cluster.job().status).not.toHaveProperty('failed');
  });
});

describe('a Job that fails', () => {
  test('tries again after 10 s, then 20 s, and gives up past its backoffLimit', async () => {
    const cluster = startCluster({ images: { app: exit(3) } });
    cluster.createJob({ backoffLimit: 2 });
    const podsAfter = async (milliseconds: number) => {
      await cluster.advance(milliseconds);
      return cluster.pods().length;
    };
    expect(await podsAfter(100)).toBe(1);
    expect(cluster.job().status).toMatchObject({ failed: 1 });
    expect(cluster.job().status).not.toHaveProperty('active');
    expect(conditions(cluster.job())).toEqual([]);
    expect([await podsAfter(9_800), await podsAfter(200)]).toEqual([1, 2]);
    expect([await podsAfter(19_800), await podsAfter(300)]).toEqual([2, 3]);
    expect(await podsAfter(3_600_000)).toBe(3);
    expect(conditions(cluster.job())).toEqual([
      'FailureTarget=True BackoffLimitExceeded',
      'Failed=True BackoffLimitExceeded',
    ]);
    expect(cluster.job().status).toMatchObject({ failed: 3 });
    expect(cluster.job().status).not.toHaveProperty('completionTime');
  });

  test('tries again sooner with another retryDelay', async () => {
    const cluster = startCluster({ images: { app: exit(1) }, retryDelay: 1 });
    cluster.createJob({ backoffLimit: 3 });
    await cluster.advance(1000);
    expect(cluster.pods()).toHaveLength(4);
    expect(conditions(cluster.job())).toContain('Failed=True BackoffLimitExceeded');
  });

  test('begins its delays anew after a success', async () => {
    const codes = [1, 1, 0, 1];
    const image: Image = () => Promise.resolve(codes.shift() ?? 0);
    const cluster = startCluster({ images: { app: image } });
    cluster.createJob({ completions: 2 });
    await cluster.advance(31_000);
    expect(cluster.pods().map(({ status }) => status.phase)).toHaveLength(4);
    await cluster.advance(10_100);
    expect(conditions(cluster.job())).toContain('Complete=True CompletionsReached');
  });

  test('deletes its running pods past activeDeadlineSeconds and has failed once they are gone', async () => {
    const cluster = startLasting(3600_000, 1500);
    cluster.createJob({ activeDeadlineSeconds: 2 });
    await cluster.advance(1900);
    expect(cluster.job().status).toMatchObject({ active: 1, ready: 1 });
    await cluster.advance(200);
    expect(conditions(cluster.job())).toEqual(['FailureTarget=True DeadlineExceeded']);
    expect(cluster.job().status).toMatchObject({ failed: 1, terminating: 1, ready: 0 });
    await cluster.advance(2000);
    expect(cluster.job().status).toMatchObject({ failed: 1, terminating: 0 });
    expect(conditions(cluster.job())).toEqual([
      'FailureTarget=True DeadlineExceeded',
      'Failed=True DeadlineExceeded',
    ]);
    expect(cluster.pods()).toEqual([]);
  });

  test('ends at once where its podFailurePolicy says so', async () => {
    const cluster = startCluster({ images: { app: exit(42) } });
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }];
    cluster.createJob({ podFailurePolicy: { rules } } as Partial<JobSpec>);
    await cluster.advance(100);
    const { name } = cluster.onlyPod().metadata;
    expect(cluster.job().status.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      reason: 'PodFailurePolicy',
      message: `Container main for pod default/${name} failed with exit code 42 matching FailJob rule at index 0`,
    });
  });

  test('does not count a failure that its podFailurePolicy ignores', async () => {
    const codes = [7, 7, 0];
    const cluster = startCluster({ images: { app: () => Promise.resolve(codes.shift()) }, retryDelay: 1 });
    const rules = [{ action: 'Ignore', onExitCodes: { operator: 'NotIn', values: [1] } }];
    cluster.createJob({ backoffLimit: 0, podFailurePolicy: { rules } } as Partial<JobSpec>);
    await cluster.advance(1000);
    expect(conditions(cluster.job())).toContain('Complete=True CompletionsReached');
    expect(cluster.job().status).not.toHaveProperty('failed');
  });

  test('counts restarts of containers against its backoffLimit with restartPolicy OnFailure', async () => {
    const cluster = startCluster({ images: { app: exit(1) }, retryDelay: 10 });
    cluster.createJob({ backoffLimit: 2, pod: { restartPolicy: 'OnFailure' } });
    await cluster.advance(1000);
    expect(conditions(cluster.job())).toContain('Failed=True BackoffLimitExceeded');
    expect(cluster.pods()).toEqual([]);
  });

  test('replaces a running pod that somebody deletes', async () => {
    const cluster = startCluster({ images: { app: obedient }, retryDelay: 1 });
    cluster.createJob();
    await cluster.advance(100);
    const first = cluster.onlyPod();
    cluster.deletePod(first);
    await cluster.advance(1000);
    expect(cluster.onlyPod().metadata.uid).not.toBe(first.metadata.uid);
    expect(cluster.job().status).toMatchObject({ active: 1, failed: 1 });
  });
});

describe('an Indexed Job', () => {
  test('gives each pod its index as name, hostname, annotation, label and variable', async () => {
    const seen = new Map<string, string>();
    const image: Image = ({ env, podName }) => {
      seen.set(podName, env['JOB_COMPLETION_INDEX'] ?? '');
      return Promise.resolve();
    };
    const cluster = startCluster({ images: { app: image } });
    cluster.createJob({ completionMode: 'Indexed', completions: 3, parallelism: 3 });
    await cluster.advance(100);
    for (const [index, { metadata, spec }] of cluster.pods().entries()) {
      expect(metadata.name).toMatch(new RegExp(`^job-${index}-[a-z0-9]{5}$`));
      expect(metadata.annotations).toEqual({ 'batch.kubernetes.io/job-completion-index': `${index}` });
      expect(metadata.labels).toMatchObject({ 'batch.kubernetes.io/job-completion-index': `${index}` });
      expect(spec.hostname).toBe(`job-${index}`);
      expect(seen.get(metadata.name)).toBe(`${index}`);
    }
    expect(cluster.job().status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
  });

  test('starts the lowest indexes first and lists those that are completed', async () => {
    const cluster = startLasting(100);
    const texts = new Set<string | undefined>();
    cluster.store.subscribe(({ resource, object }) => {
      if (resource === 'jobs') texts.add((object as Job).status.completedIndexes);
    });
    cluster.createJob({ completionMode: 'Indexed', completions: 4, parallelism: 2 });
    await cluster.advance(2000);
    expect([...texts]).toEqual([undefined, '0,1', '0-3']);
  });

  test('does a failed index again under the same index', async () => {
    const failing = new Set(['1']);
    const cluster = startCluster({ images: { app: failOnce(failing) }, retryDelay: 1 });
    cluster.createJob({ completionMode: 'Indexed', completions: 3, parallelism: 3 });
    await cluster.advance(1000);
    expect(cluster.pods().filter(({ metadata }) => metadata.name.startsWith('job-1-'))).toHaveLength(2);
    expect(cluster.job().status).toMatchObject({ succeeded: 3, failed: 1, completedIndexes: '0-2' });
  });

  test('gives up an index alone past its backoffLimitPerIndex, and goes on with the others', async () => {
    const image: Image = ({ env }) => Promise.resolve(env['JOB_COMPLETION_INDEX'] === '1' ? 1 : 0);
    const cluster = startCluster({ images: { app: image }, retryDelay: 10 });
    cluster.createJob({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 1,
      backoffLimitPerIndex: 2,
    });
    await cluster.advance(5000);
    expect(cluster.pods().filter(({ metadata }) => metadata.name.startsWith('job-1-'))).toHaveLength(3);
    expect(cluster.job().status).toMatchObject({
      succeeded: 3,
      failed: 3,
      completedIndexes: '0,2,3',
      failedIndexes: '1',
    });
    expect(conditions(cluster.job())).toEqual([
      'FailureTarget=True FailedIndexes',
      'Failed=True FailedIndexes',
    ]);
  });

  test('has an empty failedIndexes from the start where backoffLimitPerIndex is set', async () => {
    const cluster = startCluster({ images: { app: untilAborted } });
    cluster.createJob({ completionMode: 'Indexed', completions: 1, backoffLimitPerIndex: 0 });
    await cluster.advance(100);
    expect(cluster.job().status.failedIndexes).toBe('');
    expect(cluster.job().status).not.toHaveProperty('completedIndexes');
  });

  test('stops when more indexes failed than maxFailedIndexes', async () => {
    const image: Image = (context) =>
      Number(context.env['JOB_COMPLETION_INDEX']) < 2 ? Promise.resolve(1) : untilAborted(context);
    const cluster = startCluster({ images: { app: image } });
    cluster.createJob({
      completionMode: 'Indexed',
      completions: 5,
      parallelism: 4,
      backoffLimitPerIndex: 0,
      maxFailedIndexes: 1,
    });
    await cluster.advance(2000);
    expect(cluster.job().status).toMatchObject({ failedIndexes: '0,1', failed: 4, terminating: 0 });
    expect(conditions(cluster.job())).toContain('Failed=True MaxFailedIndexesExceeded');
    expect(cluster.pods()).toHaveLength(2);
  });
});

describe('a suspended Job', () => {
  test('has no pods and no startTime', async () => {
    const cluster = startCluster({ images: { app: untilAborted } });
    cluster.createJob({ suspend: true });
    await cluster.advance(100);
    expect(cluster.pods()).toEqual([]);
    expect(conditions(cluster.job())).toEqual(['Suspended=True JobSuspended']);
    expect(cluster.job().status).toMatchObject({ terminating: 0, ready: 0 });
    expect(cluster.job().status).not.toHaveProperty('startTime');
  });

  test('starts when it is resumed, loses its pods when it is suspended, and starts its time anew', async () => {
    const cluster = startCluster({ images: { app: untilAborted } });
    cluster.createJob({ suspend: true });
    await cluster.advance(5_000);
    cluster.patchJob({ suspend: false });
    await cluster.advance(5_000);
    expect(conditions(cluster.job())).toEqual(['Suspended=False JobResumed']);
    expect(cluster.job().status).toMatchObject({ startTime: '2026-01-01T00:00:05Z', active: 1, ready: 1 });
    cluster.patchJob({ suspend: true });
    await cluster.advance(0);
    expect(conditions(cluster.job())).toEqual(['Suspended=True JobSuspended']);
    await cluster.advance(5_000);
    expect(cluster.pods()).toEqual([]);
    expect(cluster.job().status).toEqual({
      conditions: [expect.objectContaining({ type: 'Suspended', status: 'True' })],
      startTime: '2026-01-01T00:00:05Z',
      terminating: 0,
      uncountedTerminatedPods: {},
      ready: 0,
    });
    cluster.patchJob({ suspend: false });
    await cluster.advance(100);
    expect(cluster.job().status).toMatchObject({ startTime: '2026-01-01T00:00:15Z', active: 1 });
  });

  test('does not use up its deadline', async () => {
    const cluster = startCluster({ images: { app: untilAborted } });
    cluster.createJob({ suspend: true, activeDeadlineSeconds: 10 });
    await cluster.advance(60_000);
    cluster.patchJob({ suspend: false });
    await cluster.advance(9_900);
    cluster.patchJob({ suspend: true });
    await cluster.advance(60_000);
    cluster.patchJob({ suspend: false });
    await cluster.advance(9_900);
    expect(conditions(cluster.job())).toEqual(['Suspended=False JobResumed']);
    await cluster.advance(200);
    expect(conditions(cluster.job())).toContain('FailureTarget=True DeadlineExceeded');
  });
});

function startLasting(duration: number, ending = 0) {
  const time = steppedClock();
  return startCluster({ images: { app: lasting(time.clock, duration, ending) } }, time);
}
