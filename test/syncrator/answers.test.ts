import { describe, expect, it } from 'vitest';
import { ConfigError, HttpError } from '../../src/core/errors.ts';
import { UnexpectedAnswerError } from '../../src/syncrator/errors.ts';
import { credentials, jobRow, params, startApi, startRow, syncRow } from './api.ts';

describe('an answer that has changed names the field', () => {
  it.each([
    ['answer.created_at: expected a time', jobRow(1, { created_at: '2020-05-20T16:27:27Z' })],
    ['answer.created_at: expected a time', jobRow(1, { created_at: 'Mon, 31 Feb 2020 16:27:27 GMT' })],
    ['answer.status: expected', jobRow(1, { status: 'paused' })],
    ['answer.job_type: expected', jobRow(1, { job_type: 'copy' })],
    ['answer.env: is missing', jobRow(1, { env: undefined })],
    ['answer.id: expected', jobRow(1, { id: '1' })],
    [
      'answer.sync_job.total_records: expected',
      jobRow(1, { sync_id: 7, sync_job: syncRow(7, { total_records: 'many' }) }),
    ],
    ['answer.sync_job.end_time', jobRow(1, { sync_id: 7, sync_job: syncRow(7, { end_time: 5 }) })],
  ])('%s', async (words, json) => {
    const api = await startApi(() => ({ json }));
    const error = await api
      .client()
      .job(1)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error).toMatchObject({ name: 'UnexpectedAnswerError', method: 'GET', url: `${api.url}/jobs/1` });
    expect(String(error)).toContain(words);
    expect(api.received).toHaveLength(1);
  });

  it('in a list, by its row', async () => {
    const api = await startApi(() => ({ json: [jobRow(2), jobRow(1, { target: 7 })] }));
    await expect(api.client().jobs()).rejects.toThrow('answer[1].target');
  });

  it.each([
    ['answer.OPTIONS: is missing', startRow(1, { OPTIONS: undefined })],
    ['answer.job_id', startRow('dryrun')],
    ['answer.job_id: is missing', startRow(1, { job_id: undefined })],
    ['answer.api_job_id', { ...startRow(1), job_id: undefined, api_job_id: 'x' }],
    [
      'answer.action_name: is missing',
      { target: 'avo', env: 'qas', action: 'sync', is_tag: 'x', options: '', job_id: 1, result: '' },
    ],
  ])('of a start, in its own spelling: %s', async (words, json) => {
    const api = await startApi(() => ({ json }));
    await expect(api.client({ token: 't' }).start('sync', 'avo', 'qas')).rejects.toThrow(words);
    expect(api.received).toHaveLength(1);
  });

  it('a dry run that answers a number has started something, and says so', async () => {
    const api = await startApi(() => ({ json: startRow(34) }));
    await expect(api.client().dryRun('sync', 'avo', 'qas')).rejects.toThrow('answer.job_id');
  });

  it.each([
    ['answer.access_token', { access_token: 'se cret', expires_in: 899 }],
    ['answer.expires_in', { access_token: 'secret', expires_in: 'se cret' }],
    ['answer.expires_in', { access_token: 'secret', expires_in: 1e300 }],
  ])('without showing a token, case %#', async (field, json) => {
    const api = await startApi(() => ({ json: { ...json, token_type: 'bearer' } }));
    const error = await api
      .client({ credentials })
      .login()
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(field);
    expect(String(error)).not.toContain('se cret');
    expect(JSON.stringify(error)).not.toContain('se cret');
  });
});

it('passes over fields that it does not know', async () => {
  const api = await startApi(() => ({ json: jobRow(1, { colour: 'red' }) }));
  expect(await api.client().job(1)).not.toHaveProperty('colour');
});

it('a page of a proxy is told from an answer', async () => {
  const api = await startApi(() => ({ text: '<h1>Welcome, secret</h1>' }));
  const error = await api
    .client()
    .job(1)
    .catch((thrown: unknown) => thrown);
  expect(String(error)).toContain('answer: is no JSON');
  expect(String(error)).not.toContain('Welcome');
});

it.each([
  ['postgres://dbmaster:p@ss@host:5432/avo', 'postgres://<FILTERED>@host:5432/avo'],
  ['postgres://<FILTERED>@ss@host:5432/avo', 'postgres://<FILTERED>@host:5432/avo'],
  ['postgres://host:5432/avo', 'postgres://host:5432/avo'],
])('the datastore %s is shown as %s', async (given, shown) => {
  const api = await startApi(() => ({ json: [syncRow(7, { target_datastore_url: given })] }));
  expect((await api.client().syncJobs()).items[0]?.targetDatastoreUrl).toBe(shown);
});

it('keeps the optional query of either spelling', async () => {
  const api = await startApi(({ path }) => ({
    json: path === '/run' ? startRow(1, { MAM_MAIN_QUERY: '+(a:b)' }) : startRow('dryrun'),
  }));
  const client = api.client({ token: 't' });
  expect(await client.run({ ...params, mamMainQuery: '+(a:b)' })).toHaveProperty('mamMainQuery', '+(a:b)');
  expect(JSON.parse(api.received[0]?.body ?? '')).toHaveProperty('mam_main_query', '+(a:b)');
  expect(await client.dryRunCustom(params)).not.toHaveProperty('mamMainQuery');
});

describe('reads', () => {
  it.each([500, 503, 408, 429])('are asked again after %d', async (status) => {
    let asked = 0;
    const api = await startApi(() => {
      asked += 1;
      return asked < 3 ? { status, text: 'no' } : { json: jobRow(1) };
    });
    expect(await api.client().job(1)).toMatchObject({ id: 1 });
    expect(asked).toBe(3);
  });

  it('are asked again while the server has no database', async () => {
    let asked = 0;
    const api = await startApi(() => {
      asked += 1;
      return asked === 1 ? { status: 400, text: 'Database connection error' } : { json: jobRow(1) };
    });
    expect(await api.client().job(1)).toMatchObject({ id: 1 });
  });

  it('end at once with a 404', async () => {
    const api = await startApi(() => ({ status: 404, text: 'not found' }));
    const asked = api.client().job(9);
    await expect(asked).rejects.toBeInstanceOf(HttpError);
    await expect(asked).rejects.toMatchObject({ status: 404, body: 'not found', retryable: false });
    expect(api.received).toHaveLength(1);
  });

  it('say of a 400 what it may mean', async () => {
    const api = await startApi(() => ({ status: 400, text: 'no such file nope-sync.public_params' }));
    await expect(api.client().dryRun('sync', 'nope', 'qas')).rejects.toMatchObject({
      status: 400,
      body: expect.stringContaining('nope-sync.public_params'),
      message: expect.stringContaining('parameter file'),
    });
  });
});

describe("the API's own words stand in the error's message", () => {
  const missing = 'qas/x-sync.public_params: TARGET is missing; add a line TARGET=value';
  const faults = [
    { loc: ['body', 'options'], msg: 'holds "$"; leave it out', type: 'value_error', input: 'not shown' },
    { loc: ['body'], msg: 'is no object', type: 'value_error' },
  ];
  it.each<[string, number, unknown, string]>([
    ['the detail of a 400', 400, { detail: missing }, `answered 400, and says: ${missing}`],
    [
      'the faults of a 422',
      422,
      { detail: faults },
      'answered 422, and says: options: holds "$"; leave it out; is no object',
    ],
    ['a message', 409, { message: 'busy' }, 'answered 409, and says: busy'],
    ['an error', 503, { error: 'down' }, 'answered 503, and says: down'],
    [
      'many lines as one',
      403,
      { detail: ' no\r\n\u001b[31mway\u202e ' },
      'answered 403, and says: no [31mway',
    ],
    ['what is long cut', 400, { detail: 'né '.repeat(2_000) }, `says: ${'né '.repeat(100)}…`],
    ['no text', 400, { detail: ' ' }, 'which may mean that it has no such parameter file'],
    ['no JSON object', 400, 'detail', 'which may mean that it has no such parameter file'],
    [
      'a database that is away',
      400,
      { detail: 'Database connection error' },
      'answered 400, for it has no database now; it says: Database connection error',
    ],
  ])('%s', async (_what, status, json, words) => {
    const api = await startApi(() => ({ status, json }));
    const error = await api
      .client({ retry: { attempts: 1 } })
      .dryRun('sync', 'x', 'qas')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status, message: expect.stringContaining(words) });
    expect(String(error)).not.toContain('not shown');
  });

  it('of a job that is not there, which is named', async () => {
    const api = await startApi(() => ({ status: 404, json: { detail: 'not found' } }));
    const message = `answered 404, for there is no job 999; it says: not found`;
    await expect(api.client().job(999)).rejects.toThrow(`GET ${api.url}/jobs/999 ${message}`);
    await expect(api.client({ token: 't' }).deleteJob(999)).rejects.toThrow(`/jobs/999 ${message}`);
    await expect(api.client().follow(999)).rejects.toThrow(message);
  });

  it('of a page that is none of the API, which may mean another address', async () => {
    const api = await startApi(() => ({ status: 404, text: '<html>' }));
    const client = api.client({ token: 't' });
    await expect(client.job(999)).rejects.toThrow('for there is no job 999; or is the base url wrong?');
    const words = 'answered 404, which may mean that the base url is wrong';
    await expect(client.start('sync', 'avo', 'qas')).rejects.toThrow(`POST ${api.url}/sync/avo/qas ${words}`);
    await expect(client.dryRun('sync', 'avo', 'qas')).rejects.toThrow(words);
    await expect(client.run(params)).rejects.toThrow(words);
    await expect(client.dryRunCustom(params)).rejects.toThrow(words);
    await expect(client.jobs()).rejects.toThrow(words);
    await expect(client.login(credentials)).rejects.toThrow(words);
  });

  it('of a 404 in the words of the API, which is at that address', async () => {
    const api = await startApi(() => ({ status: 404, json: { detail: 'not found' } }));
    const started = api.client({ token: 't' }).start('sync', 'avo', 'qas');
    await expect(started).rejects.toThrow(/answered 404, and says: not found$/);
  });

  it.each([
    ['a token', 'the token SECRET-t0ken is refused'],
    ['a bearer', 'Authorization: Bearer hunter2'],
    ['a password', 'login with password=hunter2 failed'],
    ['a quoted password', '{"password": "hunter2"}'],
    ['a url', 'no answer of postgres://ann:hunter2@host/db'],
    ['a url that is cut', `no ${' '.repeat(1_970)}postgres://ann:hunter2${'2'.repeat(100)}@host/db`],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.hunter2.hunter2 has expired'],
  ])('without %s', async (_what, detail) => {
    const api = await startApi(() => ({ status: 400, json: { detail } }));
    const error = await api
      .client({ token: 'SECRET-t0ken' })
      .start('sync', 'avo', 'qas')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 400 });
    expect(String(error)).not.toMatch(/hunter2|t0ken/);
  });

  it.each(['pass word', 'a long p\ud800', '.*(', 'p\ud800'])(
    'without the password %j that a login repeats',
    async (password) => {
      const repeated = encodeURIComponent(password.toWellFormed());
      const api = await startApi(() => ({
        status: 400,
        json: { detail: `no: ${password.length < 8 ? password : repeated}` },
      }));
      const asked = api.client({ credentials: { ...credentials, password } }).login();
      await expect(asked).rejects.toThrow(/answered 400, which may mean/);
    },
  );
});

describe('wrong input is refused before anything is sent', () => {
  it.each([
    ['an id', () => ({ run: (client: Client) => client.job(1.5), words: 'id: expected a whole number' })],
    [
      'an action',
      () => ({ run: (client: Client) => client.start('copy' as 'sync', 'avo', 'qas'), words: 'job.action' }),
    ],
    [
      'no env',
      () => ({
        run: (client: Client) => client.start('sync', 'avo'),
        words: "job.env: is missing; name one as 'qas'",
      }),
    ],
    [
      'an empty project',
      () => ({ run: (client: Client) => client.dryRun('sync', '', 'qas'), words: 'job.project' }),
    ],
    [
      'a project that climbs',
      () => ({ run: (client: Client) => client.dryRun('sync', '..', 'qas'), words: 'segment' }),
    ],
    [
      'params',
      () => ({ run: (client: Client) => client.run({ ...params, isTag: '' }), words: 'params.isTag' }),
    ],
    ['a page', () => ({ run: async (client: Client) => client.jobs({ page: 0 }), words: 'options.page' })],
    [
      'credentials',
      () => ({
        run: (client: Client) => client.login({ username: 'x', password: '' }),
        words: 'credentials.password',
      }),
    ],
    [
      'no credentials',
      () => ({ run: (client: Client) => client.login(), words: 'credentials: there are none' }),
    ],
  ])('%s', async (_, make) => {
    const api = await startApi(() => ({ json: [] }));
    const { run, words } = make();
    const error = await Promise.resolve(run(api.client())).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(words);
    expect(api.received).toEqual([]);
  });
});

type Client = ReturnType<Awaited<ReturnType<typeof startApi>>['client']>;

it.each([
  ['options.baseUrl', { baseUrl: 'localhost:8080' }],
  ['options.baseUrl', { baseUrl: 'http://me:pw@localhost:8080' }],
  ['options.baseUrl', { baseUrl: 'http://localhost:8080/?a=b' }],
  ['options.token', { baseUrl: 'http://localhost', token: 'Bearer x' }],
  ['options.paths', { baseUrl: 'http://localhost', paths: 'env' }],
  ['options.colour', { baseUrl: 'http://localhost', colour: 'red' }],
])('a mistake in %s is a ConfigError without the secret', async (path, options) => {
  const { SyncratorClient } = await import('../../src/syncrator/syncrator-client.ts');
  const make = () => new SyncratorClient(options as never);
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(path);
  expect(make).not.toThrow(/pw@|Bearer x/);
});

it('a port that fetch refuses is one to change, for the client has no other transport', async () => {
  const { SyncratorClient } = await import('../../src/syncrator/syncrator-client.ts');
  await using client = new SyncratorClient({ baseUrl: 'http://127.0.0.1:1', token: 't' });
  const error = await client.start('sync', 'avo', 'qas').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toMatch(/has a port that fetch refuses; use another one$/);
});

it('encodes a project, and keeps the path of the base url', async () => {
  const api = await startApi(() => ({ json: startRow('dryrun') }));
  await api.client({ baseUrl: `${api.url}/api/` }).dryRun('sync', 'a/b c?', 'qas');
  expect(api.lines()).toEqual(['GET /api/sync/a%2Fb%20c%3F/qas']);
});

describe("with paths: 'project'", () => {
  const own = (env: string) =>
    startApi(({ method }) => ({
      json: method === 'GET' ? startRow('dryrun', { ENV: env }) : startRow(34, { ENV: env }),
    }));

  it('the env is not sent', async () => {
    const api = await own('qas');
    const client = api.client({ paths: 'project', token: 't' });
    expect(await client.start('sync', 'avo')).toMatchObject({ jobId: 34, env: 'qas' });
    expect(await client.dryRun('delta', 'avo')).toMatchObject({ env: 'qas' });
    expect(api.lines()).toEqual(['POST /sync/avo', 'GET /delta/avo']);
  });

  it('an env that is not the server’s own starts nothing', async () => {
    const api = await own('qas');
    const client = api.client({ paths: 'project', token: 't' });
    await expect(client.start('sync', 'avo', 'prd')).rejects.toThrow('own env is "qas", received "prd"');
    await expect(client.dryRun('sync', 'avo', 'prd')).rejects.toBeInstanceOf(ConfigError);
    expect(await client.start('sync', 'avo', 'qas')).toMatchObject({ jobId: 34 });
    expect(api.lines().filter((line) => line.startsWith('POST'))).toEqual(['POST /sync/avo']);
  });
});
