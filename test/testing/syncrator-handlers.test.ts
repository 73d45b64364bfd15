import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type SetupServer, setupServer } from 'msw/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobParams } from '../../src/syncrator/job.ts';
import type { SyncratorOptions } from '../../src/syncrator/options.ts';
import { SyncratorClient } from '../../src/syncrator/syncrator-client.ts';
import { type SyncratorHandlersOptions, syncratorHandlers } from '../../src/testing/syncrator-handlers.ts';
import { SyncratorJobs } from '../../src/testing/syncrator-handlers-jobs.ts';
import { REQUEST, virtualClock } from '../syncrator/virtual-clock.ts';

const credentials = { username: 'somelogin@meemoo.be', password: 'PW_HERE' };
const params: JobParams = {
  target: 'avo',
  env: 'qas',
  actionName: 'sync_cp',
  action: 'sync',
  isTag: 'latest',
  options: '-n 1000',
};
let origins = 0;

/** Every test has an origin of its own: msw works on sockets, which are kept alive. */
function standIn(options: SyncratorHandlersOptions = {}, more: Partial<SyncratorOptions> = {}) {
  origins += 1;
  const baseUrl = `http://syncrator-${origins}.test:8080/api`;
  const server: SetupServer = setupServer(...syncratorHandlers(`${baseUrl}/`, options));
  server.listen({ onUnhandledFrame: 'error' });
  onTestFinished(() => server.close());
  const client = new SyncratorClient({ baseUrl, credentials, attemptTimeout: REQUEST, ...more });
  return { baseUrl, client };
}

it('a test moves a job through its life, and the client follows it', async () => {
  const clock = virtualClock();
  const jobs = new SyncratorJobs({ clock });
  const { client } = standIn({ jobs, clock }, { clock });
  const { jobId } = await client.start('sync', 'avo', 'qas');
  expect(await client.start('sync', 'avo', 'qas')).toMatchObject({ jobId });
  expect((await client.jobs()).items).toMatchObject([{ id: jobId, status: 'starting' }]);

  const moves = [() => jobs.run(jobId, 5), () => jobs.run(jobId, 900), () => jobs.complete(jobId, 1_000)];
  const seen: [string, number | undefined][] = [];
  const loop = async () => {
    for await (const { status, syncJob } of client.follow(jobId)) {
      seen.push([status, syncJob?.totalRecords]);
      moves.shift()?.();
    }
  };
  await clock.until(loop());
  expect(seen).toEqual([
    ['starting', undefined],
    ['running', 5],
    ['running', 900],
    ['completed', 1_000],
  ]);
  expect((await client.start('sync', 'avo', 'qas')).jobId).toBe(jobId + 1);
});

it('jobs fail and are deleted', async () => {
  const jobs = new SyncratorJobs();
  const { client } = standIn({ jobs });
  const { jobId } = await client.run(params);
  jobs.fail(jobId);
  await expect(client.follow(jobId)).rejects.toMatchObject({ name: 'JobFailedError' });
  const next = await client.run(params);
  expect(await client.deleteJob(next.jobId)).toMatchObject({ status: 'deleted' });
  await expect(client.follow(next.jobId)).rejects.toMatchObject({ name: 'JobDeletedError' });
  expect(jobs.list().map(({ status }) => status)).toEqual(['deleted', 'failed']);
  await expect(client.job(99)).rejects.toMatchObject({ status: 404 });
  await expect(client.deleteJob(99)).rejects.toMatchObject({ status: 404, body: 'not found' });
  expect(() => jobs.get(99)).toThrow('there is no job 99; there are 1, 2');
});

it('without jobs of the test’s own they get on by the clock', async () => {
  const clock = virtualClock();
  const { client } = standIn({ clock }, { clock });
  const { jobId } = await client.start('delta', 'avo', 'qas');
  const { job } = await clock.until(client.follow(jobId, { interval: 500 }));
  expect(job).toMatchObject({ status: 'completed', syncJob: { completed: true, totalRecords: 20 } });
  expect(clock.monotonic()).toBeGreaterThanOrEqual(3_000);
});

it('dry runs and both forms of a path answer, and start nothing or one job', async () => {
  const jobs = new SyncratorJobs();
  const { client, baseUrl } = standIn({ jobs, env: 'prd' });
  expect(await client.dryRun('diff', 'avo', 'qas')).toMatchObject({
    env: 'qas',
    options: '-n 1000 -c 1 --api_job_id dryrun',
  });
  expect(await client.dryRunCustom(params)).toMatchObject({ actionName: 'sync_cp' });
  expect(jobs.list()).toEqual([]);
  const project = new SyncratorClient({ baseUrl, credentials, paths: 'project' });
  expect(await project.start('diff', 'avo')).toMatchObject({ env: 'prd', jobId: 1 });
  await expect(project.start('diff', 'avo', 'qas')).rejects.toThrow('own env is "prd"');
});

it('jobs that were there are listed, fifty a page', async () => {
  const jobs = new SyncratorJobs();
  const old = Array.from({ length: 120 }, (_, index) => ({
    ...jobs.start({ target: `t${index}`, env: 'qas', action: 'sync' }),
  }));
  old.slice(0, 60).forEach(({ id }) => void jobs.complete(id));
  const { client } = standIn({ jobs: jobs.list().reverse() });
  expect((await client.jobs()).items).toHaveLength(50);
  const ids: number[] = [];
  for await (const { id } of client.jobs()) ids.push(id);
  expect(ids).toEqual(Array.from({ length: 120 }, (_, index) => 120 - index));
  expect((await client.syncJobs({ page: 2 })).items).toHaveLength(10);
});

describe('tokens', () => {
  it('are needed by what starts and deletes, and by nothing else', async () => {
    const { client } = standIn({}, { credentials: undefined });
    await expect(client.start('sync', 'avo', 'qas')).rejects.toMatchObject({ name: 'AuthenticationError' });
    await expect(client.run(params)).rejects.toMatchObject({ name: 'AuthenticationError' });
    await expect(client.deleteJob(1)).rejects.toMatchObject({ name: 'AuthenticationError' });
    expect(await client.dryRunCustom(params)).toMatchObject({ target: 'avo' });
    expect((await client.jobs()).items).toEqual([]);
  });

  it('are given for the right credentials only', async () => {
    const { client } = standIn({ credentials });
    expect(await client.login()).toMatchObject({ expiresIn: 899, tokenType: 'bearer' });
    await expect(client.login({ username: 'x', password: 'y' })).rejects.toMatchObject({
      name: 'AuthenticationError',
    });
  });

  it('end by the clock', async () => {
    const clock = virtualClock();
    const { client, baseUrl } = standIn({ clock }, { clock });
    const { accessToken } = await client.login();
    const other = new SyncratorClient({ baseUrl, token: accessToken });
    await other.start('sync', 'avo', 'qas');
    clock.advance(899_000);
    await expect(other.start('sync', 'avo', 'qas')).rejects.toMatchObject({ name: 'AuthenticationError' });
  });
});

it('is imported without msw, which only the call asks for', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (name, context, next) => {
        if (name === 'msw') throw Object.assign(new Error('Cannot find package'), { code: 'MODULE_NOT_FOUND' });
        return next(name, context);
      },
    });
    const { syncratorHandlers } = await import('./src/testing/syncrator-handlers.ts');
    try {
      syncratorHandlers('http://x.test');
    } catch ({ name, code, message }) {
      console.log(JSON.stringify({ name, code, message }));
    }`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  expect(JSON.parse(stdout)).toEqual({
    name: 'HoldfastError',
    code: 'MSW_MISSING',
    message: expect.stringContaining('npm install --save-dev msw'),
  });
});
