import { expect, test } from 'vitest';
import { AuthenticationError, JobFailedError } from '../../../src/syncrator/errors.ts';
import { jobNames, startSyncrator } from './cluster.ts';

const QUICK = { interval: 20, maxInterval: 20 };

/** The program of a job, once its pod runs. */
const started = ({ programs }: Awaited<ReturnType<typeof startSyncrator>>, jobId: number) =>
  expect
    .poll(() => programs.find((program) => program.jobId === jobId))
    .toBeDefined()
    .then(() => {
      const found = programs.find((program) => program.jobId === jobId);
      if (found === undefined) throw new TypeError('there is no such program');
      return found;
    });

test('the whole life of jobs: login, dry run, start, progress, list, a new start, delete, failure', async () => {
  const server = await startSyncrator();
  const { client, kube, credentials } = server;
  const syncrator = client();

  await expect(syncrator.login({ ...credentials, password: 'wrong' })).rejects.toThrow(AuthenticationError);
  expect(await syncrator.login()).toMatchObject({ expiresIn: 899, tokenType: 'bearer' });

  const { result, options } = await syncrator.dryRun('sync', 'avo', 'qas');
  expect(options).toBe('-n 1000 -c 1 --api_job_id dryrun');
  expect(result).toContain('name: syncrator-qas-avo-sync');
  expect(await jobNames(kube)).toEqual([]);

  const { jobId } = await syncrator.start('sync', 'avo', 'qas');
  expect(await syncrator.job(jobId)).toMatchObject({ status: 'starting', syncId: null });
  const again = await client({ paths: 'project' }).start('sync', 'avo');
  expect(again).toMatchObject({ jobId, options: `-n 1000 -c 1 --api_job_id ${jobId}` });

  const program = await started(server, jobId);
  expect(program.script).toMatch(new RegExp(`syncrator sync -n 1000 -c 1 --api_job_id ${jobId}$`));
  const states: string[] = [];
  const follow = (async () => {
    for await (const { status, syncJob } of syncrator.follow(jobId, QUICK)) {
      states.push(`${status} ${syncJob?.totalRecords ?? '-'}`);
    }
  })();
  await expect.poll(() => states).toEqual(['starting -']);
  program.run(500);
  await expect.poll(() => states).toContain('running 500');
  expect(await syncrator.start('sync', 'avo', 'qas')).toMatchObject({ jobId, result: 'running' });
  program.run(12_000);
  await expect.poll(() => states).toContain('running 12000');
  program.complete(19_945);
  program.exit();
  await follow;
  expect(states).toEqual(['starting -', 'running 500', 'running 12000', 'completed 19945']);
  const done = await syncrator.job(jobId);
  expect(done.syncJob).toMatchObject({
    completed: true,
    targetDatastoreUrl: 'postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas',
  });
  expect(done.updatedAt.getTime()).toBeGreaterThanOrEqual(done.createdAt.getTime());

  const second = await syncrator.start('sync', 'avo', 'qas');
  expect(second.jobId).toBeGreaterThan(jobId);
  const other = await syncrator.start('delta', 'avo', 'qas');
  expect((await syncrator.jobs()).items.map(({ id }) => id)).toEqual([other.jobId, second.jobId, jobId]);
  expect((await syncrator.syncJobs()).items.length).toBeGreaterThan(0);

  const victim = await started(server, second.jobId);
  victim.run();
  await expect.poll(() => jobNames(kube)).toContain('syncrator-qas-avo-sync');
  expect(await syncrator.deleteJob(second.jobId)).toMatchObject({ status: 'deleted' });
  await expect.poll(() => victim.signal.aborted).toBe(true);
  await expect.poll(() => jobNames(kube)).toEqual(['syncrator-qas-avo-delta']);
  expect(await syncrator.job(second.jobId)).toMatchObject({ status: 'deleted' });

  const failing = await started(server, other.jobId);
  failing.run();
  failing.fail();
  failing.exit(1);
  const end = await syncrator.follow(other.jobId, QUICK).then(undefined, (error: unknown) => error);
  expect(end).toBeInstanceOf(JobFailedError);
  expect(await syncrator.job(other.jobId)).toMatchObject({ status: 'failed' });
});

test('a program that ends without a word ends its job as failed', async () => {
  const server = await startSyncrator();
  const syncrator = server.client();
  const { jobId } = await syncrator.start('sync', 'avo', 'qas');
  (await started(server, jobId)).exit(0);
  await expect(syncrator.follow(jobId, QUICK)).rejects.toThrow(JobFailedError);
});

test('the delete of a job that has ended leaves the running one of the same name alone', async () => {
  const server = await startSyncrator();
  const syncrator = server.client();
  const first = await syncrator.start('sync', 'avo', 'qas');
  const program = await started(server, first.jobId);
  program.complete(1);
  program.exit();
  await expect.poll(async () => (await syncrator.job(first.jobId)).status).toBe('completed');
  const second = await syncrator.start('sync', 'avo', 'qas');
  const running = await started(server, second.jobId);
  await syncrator.deleteJob(first.jobId);
  // Asked for later, so by its start that delete has had its effect.
  const other = await syncrator.start('delta', 'avo', 'qas');
  await started(server, other.jobId);
  running.run();
  running.complete(2);
  expect(running.signal.aborted).toBe(false);
  running.exit();
  expect((await syncrator.follow(second.jobId, QUICK)).job.status).toBe('completed');
});

test('hostile parameters are refused by their names, or stay the value of their one field', async () => {
  const { client, kube, url } = await startSyncrator();
  const syncrator = client();
  const params = {
    target: 'avo',
    env: 'qas',
    actionName: 'x',
    action: 'sync',
    isTag: 'latest',
    options: '-n 1',
  };
  for (const options of ['$(rm -rf /)', '"; reboot #', '`id`', 'x\nobjects: []', 'x'.repeat(1_000_000)]) {
    const body = JSON.stringify({ ...params, action_name: 'x', is_tag: 'latest', options });
    const answer = await fetch(`${url}/dryrun`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([413, 422]).toContain(answer.status);
    await expect(syncrator.run({ ...params, options })).rejects.toMatchObject({ code: 'HTTP_STATUS' });
  }
  await expect(syncrator.run({ ...params, target: 'Not A Name' })).rejects.toMatchObject({ status: 422 });
  expect(await jobNames(kube)).toEqual([]);
  expect((await syncrator.jobs()).items).toEqual([]);
  // Kubernetes itself would put a variable in place of that.
  const reference = syncrator.run({ ...params, mamMainQuery: '$(PASSWORD)' });
  await expect(reference).rejects.toMatchObject({ status: 422 });
  const mamMainQuery = `+(a:"b") $${'{OPTIONS}'}: {}\n- $(rm -rf /)`;
  await syncrator.run({ ...params, mamMainQuery });
  await expect.poll(() => jobNames(kube)).toEqual(['syncrator-qas-avo-x']);
  const job = await kube.get('jobs', 'syncrator-qas-avo-x');
  expect(job.spec?.template.spec?.containers[0]?.env).toEqual([
    { name: 'MAM_MAIN_QUERY', value: mamMainQuery },
  ]);
});

test('a start of the wrong token makes no Job', async () => {
  const { client, kube, store } = await startSyncrator();
  const stranger = client({ credentials: undefined, token: 'abc' });
  await expect(stranger.start('sync', 'avo', 'qas')).rejects.toThrow(AuthenticationError);
  expect(await store.jobs({ page: 1, size: 1 })).toEqual([]);
  expect(await jobNames(kube)).toEqual([]);
});
