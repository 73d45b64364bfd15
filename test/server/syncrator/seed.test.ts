import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { signToken } from './app.ts';
import { startSyncrator } from './cluster.ts';

const JSON_TYPE = 'Content-Type:application/json';
const RFC_1123 = expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
/** As the seed has it, lines and all. */
const BODY = `{
    "target":"avo",
    "env":"qas",
    "action_name": "delta",
    "action": "delta",
    "is_tag": "latest",
    "options": "-n 1000 -c 1"
    }`;

/** The seed's command lines, with this server's address in place of theirs. */
async function openCurl() {
  const server = await startSyncrator();
  const bearer = `Authorization: Bearer ${await signToken()}`;
  const curl = async (...args: string[]) => {
    const line = args.map((arg) => arg.replace(/^SERVER/, server.url).replace('BEARER', bearer));
    const { stdout } = await promisify(execFile)('curl', ['-s', '-w', '\n%{http_code}', ...line]);
    const at = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
  };
  return { server, curl };
}

const upper = (action: string, id: number | 'dryrun') => ({
  ACTION: action,
  ACTION_NAME: action,
  ENV: 'qas',
  IS_TAG: 'latest',
  OPTIONS: `-n 1000 -c 1 --api_job_id ${id}`,
  TARGET: 'avo',
  job_id: id,
  result: 'starting',
});

const row = (id: number, action: string) => ({
  created_at: RFC_1123,
  env: 'qas',
  id,
  job_type: action,
  status: 'starting',
  sync_id: null,
  target: 'avo',
  updated_at: RFC_1123,
});

test('every command line of the seed is answered as the seed shows', async () => {
  const { server, curl } = await openCurl();
  const json = async (...args: string[]) => {
    const { status, body } = await curl(...args);
    expect(status, body).toBe(200);
    return JSON.parse(body);
  };

  expect((await curl('-v', '-X', 'GET', 'SERVER/')).status).toBe(200);
  const login = [
    '-X',
    'POST',
    '-F',
    'username=somelogin@meemoo.be',
    '-F',
    'password=PW_HERE',
    'SERVER/login',
  ];
  expect(await json(...login)).toEqual({
    access_token: expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/),
    expires_in: 899,
    token_type: 'bearer',
  });

  const manifest = expect.stringContaining('kind: Job');
  expect(await json('SERVER/sync/avo/qas')).toEqual({ ...upper('sync', 'dryrun'), result: manifest });
  expect(await json('SERVER/delta/avo/qas')).toEqual({ ...upper('delta', 'dryrun'), result: manifest });
  const dryRun = await json('-X', 'POST', 'SERVER/dryrun', '-H', JSON_TYPE, '-H', 'BEARER', '-d', BODY);
  expect(dryRun).toEqual({ ...upper('delta', 'dryrun'), result: manifest });
  for (const [action, options] of [
    ['delete', '--debug'],
    ['diff', '-n 1000 -c 1'],
  ]) {
    const OPTIONS = `${options} --api_job_id dryrun`;
    expect(await json(`SERVER/${action}/avo/qas`)).toMatchObject({
      ACTION: action,
      OPTIONS,
      job_id: 'dryrun',
    });
  }
  expect(await json('SERVER/jobs')).toEqual([]);

  // The seed's first example starts without a token, as its first version let everybody.
  expect((await curl('-X', 'POST', 'SERVER/sync/avo/qas')).status).toBe(401);
  const started = await json('-X', 'POST', 'SERVER/run', '-H', JSON_TYPE, '-H', 'BEARER', '-d', BODY);
  expect(started).toEqual({
    action: 'delta',
    action_name: 'delta',
    api_job_id: 1,
    env: 'qas',
    is_tag: 'latest',
    options: '-n 1000 -c 1',
    result: 'starting',
    target: 'avo',
  });
  expect(await json('SERVER/jobs/1')).toEqual(row(1, 'delta'));
  const sync = ['-X', 'POST', 'SERVER/sync/avo/qas', '-H', 'BEARER'];
  expect(await json(...sync)).toEqual(upper('sync', 2));
  expect(await json(...sync)).toEqual(upper('sync', 2));
  expect(await json('SERVER/jobs/2')).toEqual(row(2, 'sync'));

  await expect.poll(() => server.programs.map(({ jobId }) => jobId)).toContain(2);
  const program = server.programs.find(({ jobId }) => jobId === 2);
  program?.run();
  const report = {
    completed: null,
    data_source: 'mam harvester-AvO',
    end_time: null,
    id: 1,
    options: '[nil, nil]',
    start_time: 'Fri, 22 May 2020 20:12:12 GMT',
    target_datastore_url: 'postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas',
    total_records: 0,
    type: 'sync',
    version: '2.4.0',
  };
  const running = { ...row(2, 'sync'), status: 'running', sync_id: 1, sync_job: report };
  expect(await json('SERVER/jobs/2')).toEqual(running);
  expect(await json('SERVER/sync_jobs')).toEqual([report]);
  program?.complete(19_945);
  const end = { completed: true, end_time: 'Fri, 22 May 2020 20:21:35 GMT', total_records: 19_945 };
  expect(await json('SERVER/jobs/2')).toMatchObject({ status: 'completed', sync_job: end });
  program?.exit();

  expect((await curl('-X', 'DELETE', 'SERVER/jobs/1')).status).toBe(401);
  const deleted = await json('-X', 'DELETE', 'SERVER/jobs/1', '-H', 'BEARER');
  expect(deleted).toEqual({ ...row(1, 'delta'), status: 'deleted' });
  expect((await curl('-X', 'DELETE', '-H', 'BEARER', 'SERVER/jobs/123')).status).toBe(404);
  expect(await curl('SERVER/health/live')).toEqual({ status: 200, body: 'OK' });
});
