import { expect, it } from 'vitest';
import type { SyncratorClient } from '../../src/syncrator/syncrator-client.ts';
import { credentials, jobRow, params, type Reply, startApi, startRow, tokenRow } from './api.ts';

const TOKEN = 'YOUR_PERSONAL_TOKEN';
const upperStart = startRow(34);
const dryRun = startRow('dryrun', { result: 'oc login' });
const body = {
  target: 'avo',
  env: 'qas',
  action_name: 'delta',
  action: 'delta',
  is_tag: 'latest',
  options: '-n 1000 -c 1',
};

/** Every curl line of the seed: what the client is asked, what the server must get, and what it answers. */
const lines: readonly [string, (client: SyncratorClient) => PromiseLike<unknown>, object, Reply][] = [
  [
    "curl -X DELETE -H 'Authorization: Bearer YOUR_PERSONAL_TOKEN' http://localhost:8080/jobs/123",
    (client) => client.deleteJob(123),
    { method: 'DELETE', path: '/jobs/123', authorization: `Bearer ${TOKEN}` },
    { json: jobRow(123, { status: 'deleted' }) },
  ],
  [
    'curl http://127.0.0.1:8080/sync/avo/qas',
    (client) => client.dryRun('sync', 'avo', 'qas'),
    { method: 'GET', path: '/sync/avo/qas' },
    { json: dryRun },
  ],
  [
    "curl -X POST http://syncrator-api/sync/avo/qas -H 'Authorization: Bearer YOUR_PERSONAL_TOKEN'",
    (client) => client.start('sync', 'avo', 'qas'),
    { method: 'POST', path: '/sync/avo/qas', authorization: `Bearer ${TOKEN}` },
    { json: upperStart },
  ],
  [
    "curl -X POST http://localhost:8080/dryrun -H 'Content-Type:application/json' -H 'Authorization: Bearer YOUR_PERSONAL_TOKEN' -d …",
    (client) => client.dryRunCustom(params),
    { method: 'POST', path: '/dryrun', authorization: `Bearer ${TOKEN}`, type: 'application/json', body },
    { json: dryRun },
  ],
  [
    'curl http://127.0.0.1:8080/delta/avo/qas',
    (client) => client.dryRun('delta', 'avo', 'qas'),
    { method: 'GET', path: '/delta/avo/qas' },
    { json: dryRun },
  ],
  [
    "curl -X POST http://syncrator-api/run -H 'Content-Type:application/json' -H 'Authorization: Bearer YOUR_PERSONAL_TOKEN' -d …",
    (client) => client.run(params),
    { method: 'POST', path: '/run', authorization: `Bearer ${TOKEN}`, type: 'application/json', body },
    { json: upperStart },
  ],
  [
    'curl http://syncrator-api/jobs/20',
    (client) => client.job(20),
    { method: 'GET', path: '/jobs/20' },
    { json: jobRow(20) },
  ],
];

it.each(lines)('sends %s in that very form', async (_, ask, expected, answer) => {
  const api = await startApi(() => answer);
  await ask(api.client({ token: TOKEN }));
  const [{ method, path, headers, body: sent } = { method: '', path: '', headers: {}, body: '' }] =
    api.received;
  expect(api.received).toHaveLength(1);
  expect({
    method,
    path,
    ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
    ...(headers['content-type'] === undefined ? {} : { type: headers['content-type'] }),
    ...(sent === '' ? {} : { body: JSON.parse(sent) }),
  }).toEqual(expected);
});

it('sends curl -X POST http://127.0.0.1:8080/sync/avo/qas, without a token, in that very form', async () => {
  const api = await startApi(() => ({ json: upperStart }));
  await api.client().start('sync', 'avo', 'qas');
  expect(api.lines()).toEqual(['POST /sync/avo/qas']);
  expect(api.received[0]).toMatchObject({ body: '' });
  expect(api.received[0]?.headers).not.toHaveProperty('authorization');
  expect(api.received[0]?.headers).not.toHaveProperty('content-type');
});

it('sends curl -X POST -F "username=…" -F "password=…" http://localhost:8080/login in that very form', async () => {
  const api = await startApi(() => ({ json: tokenRow(TOKEN) }));
  expect(await api.client().login(credentials)).toMatchObject({
    accessToken: TOKEN,
    expiresIn: 899,
    tokenType: 'bearer',
    expiresAt: expect.any(Date),
  });
  const [{ headers, body: sent } = { headers: {}, body: '' }] = api.received;
  expect(api.lines()).toEqual(['POST /login']);
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1];
  expect(sent).toBe(
    `--${boundary}\r\nContent-Disposition: form-data; name="username"\r\n\r\n${credentials.username}\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="password"\r\n\r\n${credentials.password}\r\n` +
      `--${boundary}--\r\n`,
  );
  const parsed = await new Response(sent, {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData();
  expect([...parsed]).toEqual([
    ['username', credentials.username],
    ['password', credentials.password],
  ]);
});

const utc = (...parts: [number, number, number, number, number, number]) => new Date(Date.UTC(...parts));

/** The seed's answers, byte for byte. */
const answers: readonly [string, string, (client: SyncratorClient) => PromiseLike<unknown>, object][] = [
  [
    'the dry run of a custom job',
    ' {\n  "ACTION": "delta",\n  "ACTION_NAME": "delta",\n  "ENV": "qas",\n  "IS_TAG": "latest",\n  "OPTIONS": "-n 1000 -c 1 --api_job_id dryrun",\n  "TARGET": "avo",\n  "job_id": "dryrun",\n  "result": "oc login https://do-prd-okp-m0.do.viaa.be:8443 -p \\"admin\\" -u \\"admin\\" --insecure-skip-tls-verify > /dev/null ; oc project shared-components ; oc delete jobs syncrator-qas-avo-delta ; oc process -f syncrator-openshift/job_template.yaml -p TARGET=\\"avo\\" -p ENV=\\"qas\\" -p ACTION_NAME=\\"delta\\" -p ACTION=\\"delta\\" -p IS_TAG=\\"latest\\" -p OPTIONS=\\"-n 1000 -c 1 --api_job_id dryrun\\" | oc create -f -"\n}\n\n',
    (client) => client.dryRunCustom(params),
    {
      ...params,
      options: '-n 1000 -c 1 --api_job_id dryrun',
      result:
        'oc login https://do-prd-okp-m0.do.viaa.be:8443 -p "admin" -u "admin" --insecure-skip-tls-verify > /dev/null ; oc project shared-components ; oc delete jobs syncrator-qas-avo-delta ; oc process -f syncrator-openshift/job_template.yaml -p TARGET="avo" -p ENV="qas" -p ACTION_NAME="delta" -p ACTION="delta" -p IS_TAG="latest" -p OPTIONS="-n 1000 -c 1 --api_job_id dryrun" | oc create -f -',
    },
  ],
  [
    'a start in lower case with api_job_id',
    '{\n  "action": "delta",\n  "action_name": "delta",\n  "api_job_id": 20,\n  "env": "qas",\n  "is_tag": "latest",\n  "options": "-n 1000 -c 1",\n  "result": "starting",\n  "target": "avo"\n}\n',
    (client) => client.run(params),
    { ...params, jobId: 20, result: 'starting' },
  ],
  [
    'a start in upper case with job_id',
    '{\n  "ACTION": "sync",\n  "ACTION_NAME": "sync",\n  "ENV": "qas",\n  "IS_TAG": "latest",\n  "OPTIONS": "-n 1000 -c 1 --api_job_id 34",\n  "TARGET": "avo",\n  "job_id": 34,\n  "result": "starting"\n}',
    (client) => client.start('sync', 'avo', 'qas'),
    {
      target: 'avo',
      env: 'qas',
      actionName: 'sync',
      action: 'sync',
      isTag: 'latest',
      options: '-n 1000 -c 1 --api_job_id 34',
      jobId: 34,
      result: 'starting',
    },
  ],
  [
    'a job that is starting',
    '{\n  "created_at": "Tue, 19 May 2020 11:53:49 GMT",\n  "env": "qas",\n  "id": 20,\n  "job_type": "delta",\n  "status": "starting",\n  "sync_id": null,\n  "target": "avo",\n  "updated_at": "Tue, 19 May 2020 11:53:49 GMT"\n}\n',
    (client) => client.job(20),
    {
      id: 20,
      syncId: null,
      target: 'avo',
      env: 'qas',
      jobType: 'delta',
      status: 'starting',
      createdAt: utc(2020, 4, 19, 11, 53, 49),
      updatedAt: utc(2020, 4, 19, 11, 53, 49),
    },
  ],
  [
    'a job whose program has reported',
    '{\n  "created_at": "Wed, 20 May 2020 16:27:27 GMT",\n  "env": "qas",\n  "id": 20,\n  "job_type": "delta",\n  "status": "starting",\n  "sync_id": 1989,\n  "sync_job": {\n    "completed": true,\n    "data_source": "mam harvester-AvO",\n    "end_time": "Wed, 20 May 2020 18:28:13 GMT",\n    "id": 1989,\n    "options": "[\\"2020-05-19T00:00:00Z\\", \\"2020-05-21\\"]",\n    "start_time": "Wed, 20 May 2020 18:28:10 GMT",\n    "target_datastore_url": "postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas",\n    "total_records": 20,\n    "type": "delta",\n    "version": "2.4.0"\n  },\n  "target": "avo",\n  "updated_at": "Wed, 20 May 2020 16:27:27 GMT"\n}\n',
    (client) => client.job(20),
    {
      id: 20,
      syncId: 1989,
      target: 'avo',
      env: 'qas',
      jobType: 'delta',
      status: 'starting',
      createdAt: utc(2020, 4, 20, 16, 27, 27),
      updatedAt: utc(2020, 4, 20, 16, 27, 27),
      syncJob: {
        id: 1989,
        startTime: utc(2020, 4, 20, 18, 28, 10),
        endTime: utc(2020, 4, 20, 18, 28, 13),
        dataSource: 'mam harvester-AvO',
        type: 'delta',
        totalRecords: 20,
        completed: true,
        options: '["2020-05-19T00:00:00Z", "2020-05-21"]',
        version: '2.4.0',
        targetDatastoreUrl: 'postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas',
      },
    },
  ],
  [
    'a job that was deleted',
    '{\n  "created_at": "Tue, 19 May 2020 16:26:26 GMT",\n  "env": "qas",\n  "id": 9,\n  "job_type": "diff",\n  "status": "deleted",\n  "sync_id": null,\n  "target": "avo",\n  "updated_at": "Tue, 19 May 2020 16:26:26 GMT"\n}\n',
    (client) => client.deleteJob(9),
    {
      id: 9,
      syncId: null,
      target: 'avo',
      env: 'qas',
      jobType: 'diff',
      status: 'deleted',
      createdAt: utc(2020, 4, 19, 16, 26, 26),
      updatedAt: utc(2020, 4, 19, 16, 26, 26),
    },
  ],
  [
    'a job that is running',
    '{\n  "created_at": "Fri, 22 May 2020 18:11:44 GMT",\n  "env": "qas",\n  "id": 34,\n  "job_type": "sync",\n  "status": "running",\n  "sync_id": 2017,\n  "sync_job": {\n    "completed": null,\n    "data_source": "mam harvester-AvO",\n    "end_time": null,\n    "id": 2017,\n    "options": "[nil, nil]",\n    "start_time": "Fri, 22 May 2020 20:12:12 GMT",\n    "target_datastore_url": "postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas",\n    "total_records": 0,\n    "type": "sync",\n    "version": "2.4.0"\n  },\n  "target": "avo",\n  "updated_at": "Fri, 22 May 2020 18:11:44 GMT"\n}\n',
    (client) => client.job(34),
    {
      id: 34,
      syncId: 2017,
      target: 'avo',
      env: 'qas',
      jobType: 'sync',
      status: 'running',
      createdAt: utc(2020, 4, 22, 18, 11, 44),
      updatedAt: utc(2020, 4, 22, 18, 11, 44),
      syncJob: {
        id: 2017,
        startTime: utc(2020, 4, 22, 20, 12, 12),
        endTime: null,
        dataSource: 'mam harvester-AvO',
        type: 'sync',
        totalRecords: 0,
        completed: null,
        options: '[nil, nil]',
        version: '2.4.0',
        targetDatastoreUrl: 'postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas',
      },
    },
  ],
  [
    'a job that is completed',
    '{\n  "created_at": "Fri, 22 May 2020 18:11:44 GMT", \n  "env": "qas", \n  "id": 34, \n  "job_type": "sync", \n  "status": "completed", \n  "sync_id": 2017, \n  "sync_job": {\n    "completed": true, \n    "data_source": "mam harvester-AvO", \n    "end_time": "Fri, 22 May 2020 20:21:35 GMT", \n    "id": 2017, \n    "options": "[nil, nil]", \n    "start_time": "Fri, 22 May 2020 20:12:12 GMT", \n    "target_datastore_url": "postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas", \n    "total_records": 19945, \n    "type": "sync", \n    "version": "2.4.0"\n  }, \n  "target": "avo", \n  "updated_at": "Fri, 22 May 2020 18:11:44 GMT"\n}\n',
    (client) => client.follow(34).then(({ job }) => job),
    {
      id: 34,
      syncId: 2017,
      target: 'avo',
      env: 'qas',
      jobType: 'sync',
      status: 'completed',
      createdAt: utc(2020, 4, 22, 18, 11, 44),
      updatedAt: utc(2020, 4, 22, 18, 11, 44),
      syncJob: {
        id: 2017,
        startTime: utc(2020, 4, 22, 20, 12, 12),
        endTime: utc(2020, 4, 22, 20, 21, 35),
        dataSource: 'mam harvester-AvO',
        type: 'sync',
        totalRecords: 19945,
        completed: true,
        options: '[nil, nil]',
        version: '2.4.0',
        targetDatastoreUrl: 'postgres://<FILTERED>@postgresql-qas.sc-avo2.svc:5432/avo_qas',
      },
    },
  ],
];

it.each(answers)('reads %s', async (_, text, ask, expected) => {
  const api = await startApi(() => ({ text }));
  expect(await ask(api.client({ token: TOKEN }))).toEqual(expected);
});

it('reads its token with a line break and a space at its commas', async () => {
  const text =
    '{\n  "access_token": "YOUR_PERSONAL_TOKEN", \n  "expires_in": 899, \n  "token_type": "bearer"\n}\n';
  const api = await startApi(() => ({ text }));
  const now = Date.UTC(2020, 4, 20);
  const clock = { now: () => now, monotonic: () => 0, setTimer: () => () => undefined };
  expect(await api.client({ credentials, clock }).login()).toEqual({
    accessToken: TOKEN,
    expiresIn: 899,
    tokenType: 'bearer',
    expiresAt: new Date(now + 899_000),
  });
});
