import { tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Kubernetes } from '../../../../src/kube/kubernetes.ts';
import { JOB_LABEL } from '../../../../src/server/syncrator/kubernetes/job-marks.ts';
import { FaultPlan } from '../../../../src/testing/fault-plan.ts';
import { jobsOf, runnerCluster, TEMPLATE, untilStopped, withBackoffLimit } from './runner-cluster.ts';
import { paramsOf } from './start-params.ts';

describe('a started job', () => {
  it('runs as the Job of the template, with its id, and ends as its program reports', async () => {
    const { store, runner, kube, ran, texts } = await runnerCluster();
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('completed');
    expect(ran).toEqual([job.id]);
    expect(texts[0]).toContain('syncrator sync -n 1000 -c 1 --api_job_id 1');
    const [made] = await jobsOf(kube);
    expect(made?.metadata?.name).toBe('syncrator-qas-avo-sync');
    expect(made?.metadata?.labels).toMatchObject({ app: 'syncrator', [JOB_LABEL]: '1' });
    expect(made?.spec?.template.metadata?.labels).toMatchObject({ [JOB_LABEL]: '1' });
    expect((await store.job(job.id))?.syncJob?.targetDatastoreUrl).toBe(
      'postgres://<FILTERED>@db.example:5432/avo',
    );
  });

  it('has failed where its program fails', async () => {
    const { store, runner } = await runnerCluster({
      program: async ({ report }) => {
        report('running');
        return 1;
      },
      runner: { template: withBackoffLimit(0) },
    });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('failed');
  });

  it('has failed where its program ends without reporting', async () => {
    const { store, runner, ran } = await runnerCluster({ program: async () => 0 });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('failed');
    expect(ran).toEqual([job.id]);
  });

  it('stays as its program reported it, whatever the exit code says', async () => {
    const { store, runner, kube } = await runnerCluster({
      program: async ({ report }) => {
        report('failed');
        return 0;
      },
    });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await jobsOf(kube))[0]?.status?.succeeded).toBe(1);
    expect((await store.job(job.id))?.status).toBe('failed');
  });

  it('runs and ends as its Job does where the program cannot reach the store', async () => {
    let end = (): void => undefined;
    const { store, runner } = await runnerCluster({
      program: () => new Promise((resolve) => (end = () => resolve(0))),
      runner: { statusFrom: 'job' },
    });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('running');
    end();
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('completed');
  });

  it('has failed as its Job does where the program cannot reach the store', async () => {
    const { store, runner } = await runnerCluster({
      program: async () => 1,
      runner: { statusFrom: 'job', template: withBackoffLimit(0) },
    });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('failed');
  });

  it('has failed, and its Job is removed, where no pod of it ever starts', async () => {
    // Without the ConfigMap that the template names.
    const { store, runner, kube, ran } = await runnerCluster({ targets: [], runner: { startTimeout: 300 } });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('failed');
    await expect.poll(() => jobsOf(kube)).toEqual([]);
    expect(ran).toEqual([]);
  });

  it('has failed where somebody deletes its Job', async () => {
    const { store, runner, kube } = await runnerCluster({ program: untilStopped });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await kube.delete('jobs', 'syncrator-qas-avo-sync', { propagationPolicy: 'Background' });
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('failed');
  });

  it.each([
    ['the cluster refuses its Job', TEMPLATE.replace('restartPolicy: Never', 'restartPolicy: Always'), 'qas'],
    ['its parameters, stored by another server, fit no Job', TEMPLATE, 'q_s'],
  ])('has failed where %s', async (_why, template, ENV) => {
    const warned: string[] = [];
    const { store, runner, kube } = await runnerCluster({
      runner: { template, logger: { ...console, warn: (text) => warned.push(text), info: () => undefined } },
    });
    const { job } = await store.start(paramsOf('avo', { ENV }));
    await runner.start(job.id);
    expect((await store.job(job.id))?.status).toBe('failed');
    expect(await jobsOf(kube)).toEqual([]);
    expect(warned).toEqual(['job 1 failed: its Kubernetes Job was refused']);
  });

  it('has failed where the cluster cannot be reached for too long', async () => {
    const { store, runner, kubernetes } = await runnerCluster({ runner: { startTimeout: 300 } });
    await kubernetes.close();
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    expect((await store.job(job.id))?.status).toBe('failed');
  });

  it('removes what runs it when it is deleted', async () => {
    const { store, runner, kube } = await runnerCluster({ program: untilStopped });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await store.move(job.id, 'deleted');
    await runner.remove(job.id);
    await expect.poll(() => jobsOf(kube)).toEqual([]);
    expect((await store.job(job.id))?.status).toBe('deleted');
  });

  it('takes the place of an earlier Job of its name, which has ended by then', async () => {
    let running = 0;
    let most = 0;
    const { store, runner, kube, ran } = await runnerCluster({
      program: async (program) => {
        running += 1;
        most = Math.max(most, running);
        await untilStopped(program);
        running -= 1;
        return undefined;
      },
    });
    const first = await store.start(paramsOf('avo'));
    await runner.start(first.job.id);
    await expect.poll(() => ran).toEqual([1]);
    // As a program does that reports too early.
    await store.move(first.job.id, 'failed');
    const second = await store.start(paramsOf('avo'));
    await runner.start(second.job.id);
    await expect.poll(() => ran).toEqual([1, 2]);
    expect(most).toBe(1);
    expect((await jobsOf(kube)).map((job) => job.metadata?.labels?.[JOB_LABEL])).toEqual(['2']);
  });

  it('takes the place of a Job that nobody here has made', async () => {
    const { store, runner, kube, ran } = await runnerCluster();
    await kube.create('jobs', {
      metadata: { name: 'syncrator-qas-avo-sync' },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'old', image: 'syncrator:old' }] } },
        suspend: true,
      },
    });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(() => ran).toEqual([job.id]);
  });

  it('never takes the place of a Job whose job is unfinished, though their names meet', async () => {
    const { store, runner, ran } = await runnerCluster({
      program: untilStopped,
      targets: ['b-avo'],
    });
    const first = await store.start(paramsOf('b-avo'));
    await runner.start(first.job.id);
    await expect.poll(() => ran).toEqual([1]);
    const second = await store.start(paramsOf('avo', { ENV: 'qas-b' }));
    await runner.start(second.job.id);
    expect((await store.job(second.job.id))?.status).toBe('failed');
    expect((await store.job(first.job.id))?.status).toBe('starting');
    expect(ran).toEqual([1]);
  });
});

describe('a job that is deleted while its start is prepared', () => {
  it('never runs', async () => {
    const preparing = Promise.withResolvers<void>();
    const deleted = Promise.withResolvers<void>();
    const { store, runner, kube, ran } = await runnerCluster({
      program: untilStopped,
      runner: {
        beforeStart: {
          applies: () => true,
          params: (params) => params,
          prepare: () => {
            preparing.resolve();
            return deleted.promise;
          },
        },
      },
    });
    const { job } = await store.start(paramsOf('avo'));
    const starting = runner.start(job.id);
    await preparing.promise;
    await store.move(job.id, 'deleted');
    const removing = runner.remove(job.id);
    deleted.resolve();
    await Promise.all([starting, removing]);
    await expect.poll(() => jobsOf(kube)).toEqual([]);
    expect(ran).toEqual([]);
  });
});

describe('a runner', () => {
  it('starts what another process stored before it died, and removes what that one was to remove', async () => {
    const { runner, kube, ran, open } = await runnerCluster({
      runner: { lookInterval: 50 },
      program: untilStopped,
    });
    await runner.resume();
    const dead = open();
    const { job } = await dead.store.start(paramsOf('avo'));
    await expect.poll(() => ran).toEqual([job.id]);
    await dead.store.move(job.id, 'deleted');
    await expect.poll(() => jobsOf(kube)).toEqual([]);
  });

  it('sees how jobs end while its watch is silent', async () => {
    const end = Promise.withResolvers<undefined>();
    const silent: string[] = [];
    const { store, runner } = await runnerCluster({
      mini: {
        faults: Object.assign(FaultPlan.script([]), {
          next: ({ method, key }: Parameters<FaultPlan['next']>[0]) => {
            if (method !== 'WATCH' || !key.includes('/jobs')) return undefined;
            silent.push(key);
            return { kind: 'hang-after', lateBy: 0, slowBy: 0, retryAfter: 0 };
          },
        }),
      },
      runner: { lookInterval: 50, statusFrom: 'job' },
      program: () => end.promise,
    });
    await runner.resume();
    await expect.poll(() => silent.length).toBe(1);
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('running');
    end.resolve(undefined);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('completed');
  });

  it('lets a program that has reported go on, though its pod is never counted as ready', async () => {
    const { kube, open } = await runnerCluster({
      program: async (program) => {
        program.report('running');
        return untilStopped(program);
      },
    });
    const { store, runner } = open({ kube: withoutReady(kube), startTimeout: 400, lookInterval: 50 });
    const { job } = await store.start(paramsOf('avo'));
    const other = await store.start(paramsOf('other'));
    await Promise.all([runner.start(job.id), runner.start(other.job.id)]);
    // Without its ConfigMap, so by then the time is over for both.
    await expect.poll(async () => (await store.job(other.job.id))?.status).toBe('failed');
    expect((await store.job(job.id))?.status).toBe('running');
  });

  it('publishes what it does to Jobs', async () => {
    const seen: unknown[] = [];
    const channel = tracingChannel('holdfast:job');
    const end = (message: unknown) => void seen.push(message);
    channel.asyncEnd.subscribe(end);
    onTestFinished(() => void channel.asyncEnd.unsubscribe(end));
    const { store, runner, kube } = await runnerCluster({ program: untilStopped });
    const { job } = await store.start(paramsOf('avo'));
    await runner.start(job.id);
    await store.move(job.id, 'deleted');
    await runner.remove(job.id);
    await expect.poll(() => jobsOf(kube)).toEqual([]);
    const name = 'syncrator-qas-avo-sync';
    const done = seen.filter((message) => Reflect.get(Object(message), 'done') === true);
    expect(done).toMatchObject(
      ['create', 'run', 'delete'].map((operation) => ({ job: name, jobId: job.id, operation })),
    );
  });

  it('runs each job once through a cluster that loses, delays and repeats requests', async () => {
    const targets = Array.from({ length: 12 }, (_, index) => `t${index}`);
    const rates = {
      'reset-before': 0.1,
      'reset-after': 0.1,
      'error-after': 0.1,
      'too-many': 0.05,
      'late-commit': 0.02,
    };
    const faults = FaultPlan.seeded(7, rates);
    const { store, runner, ran } = await runnerCluster({
      mini: {
        faults: Object.assign(FaultPlan.script([]), {
          // A watch that is silent is found out after minutes.
          next: (request: Parameters<FaultPlan['next']>[0]) =>
            ['GET', 'POST', 'PUT', 'DELETE'].includes(request.method) && request.key.includes('/jobs')
              ? faults.next(request)
              : undefined,
        }),
      },
      targets,
    });
    const started = await Promise.all(targets.map((target) => store.start(paramsOf(target))));
    await Promise.all(started.map(({ job }) => runner.start(job.id)));
    await expect.poll(() => store.unfinished()).toEqual([]);
    expect([...ran].sort((one, other) => one - other)).toEqual(started.map(({ job }) => job.id));
    for (const { job } of started) expect((await store.job(job.id))?.status).toBe('completed');
  });

  it('runs each job once beside another of the same store', async () => {
    const targets = Array.from({ length: 8 }, (_, index) => `t${index}`);
    const cluster = await runnerCluster({ targets });
    const other = cluster.open({ kube: cluster.connect() });
    const started = await Promise.all(targets.map((target) => cluster.store.start(paramsOf(target))));
    await Promise.all(
      started.flatMap(({ job }) => [cluster.runner.start(job.id), other.runner.start(job.id)]),
    );
    await expect.poll(() => cluster.store.unfinished()).toEqual([]);
    expect([...cluster.ran].sort()).toEqual(started.map(({ job }) => job.id));
  });

  it('takes up what an earlier process stored and did not start', async () => {
    const { store, runner, ran } = await runnerCluster();
    const { job } = await store.start(paramsOf('avo'));
    await runner.resume();
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('completed');
    expect(ran).toEqual([job.id]);
  });

  it('finds what happened while it was away', async () => {
    const targets = ['ended', 'gone', 'deleted', 'running'];
    let end = (): void => undefined;
    const { store, runner, kube, open, ran } = await runnerCluster({
      targets,
      program: (program) =>
        program.id === 1
          ? new Promise((resolve) => {
              end = () => resolve(0);
            })
          : untilStopped(program),
    });
    for (const target of targets) await store.start(paramsOf(target));
    await runner.resume();
    await expect.poll(() => ran.toSorted()).toEqual([1, 2, 3, 4]);
    await runner.close();
    end();
    await kube.delete('jobs', 'syncrator-qas-gone-sync', { propagationPolicy: 'Background' });
    await store.move(3, 'deleted');
    await open().runner.resume();
    await expect.poll(async () => (await store.job(1))?.status).toBe('failed');
    await expect.poll(async () => (await store.job(2))?.status).toBe('failed');
    await expect
      .poll(async () => (await jobsOf(kube)).map(({ metadata }) => metadata?.name))
      .not.toContain('syncrator-qas-deleted-sync');
    expect((await store.job(4))?.status).toBe('starting');
    expect(ran.toSorted()).toEqual([1, 2, 3, 4]);
  });

  it('removes a Job that is created late, when its job has ended, without letting it run', async () => {
    const { store, runner, kube, ran, open } = await runnerCluster();
    const { job } = await store.start(paramsOf('avo'));
    // Made by a process that was held up, and that does not know yet.
    const late = open();
    await runner.start(job.id);
    await expect.poll(async () => (await store.job(job.id))?.status).toBe('completed');
    const [made] = await jobsOf(kube);
    const { uid: _uid, resourceVersion: _version, ...metadata } = made?.metadata ?? {};
    await kube.delete('jobs', 'syncrator-qas-avo-sync', { propagationPolicy: 'Background' });
    const { selector: _selector, template, ...spec } = made?.spec ?? {};
    const { labels: _labels, ...rest } = template?.metadata ?? {};
    await kube.create('jobs', {
      metadata,
      spec: { ...spec, template: { ...template, metadata: rest }, suspend: true },
    });
    await late.runner.start(job.id);
    await expect.poll(() => jobsOf(kube)).toEqual([]);
    expect(ran).toEqual([job.id]);
  });

  it('resolves and sends nothing more once it is closed', async () => {
    const { store, runner, kubernetes } = await runnerCluster();
    await kubernetes.close();
    const { job } = await store.start(paramsOf('avo'));
    const starting = runner.start(job.id);
    const resuming = runner.resume();
    await runner.close();
    await Promise.all([starting, resuming, runner.close()]);
    await runner.start(job.id);
    expect((await store.job(job.id))?.status).toBe('starting');
  });
});

/** As of a cluster that does not count ready pods, or never finds one ready. */
function withoutReady(kube: Kubernetes): Kubernetes {
  const unready = <T>(object: T): T => {
    const status: unknown = Reflect.get(Object(object), 'status');
    return status === undefined ? object : { ...object, status: { ...Object(status), ready: undefined } };
  };
  return {
    ...kube,
    list: (...request) => mapped(kube.list(...request), unready),
    watch: (...request) =>
      mapped(kube.watch(...request), (event) =>
        event.type === 'synced' ? event : { ...event, object: unready(event.object) },
      ),
  };
}

async function* mapped<T>(values: AsyncIterable<T>, change: (value: T) => T): AsyncGenerator<T> {
  for await (const value of values) yield change(value);
}
