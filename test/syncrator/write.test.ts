import { describe, expect, it } from 'vitest';
import { refusedUrl } from '../http/loopback.ts';
import { jobRow, params, type Reply, startApi, startRow } from './api.ts';

const lost: Reply = { lost: true };

/** A server whose first `POST /sync/avo/qas` ends as said; the job that it has made, if it has, is in `jobs`. */
async function losing(first: Reply, jobs: () => object[]) {
  let posts = 0;
  return startApi(({ method, path }) => {
    if (path.startsWith('/jobs')) return { json: jobs() };
    if (method === 'GET') return { json: startRow('dryrun') };
    posts += 1;
    return posts === 1 ? first : { json: startRow(34) };
  });
}

const posts = (lines: string[]) => lines.filter((line) => line.startsWith('POST'));

describe('a start whose answer is lost', () => {
  it.each([
    ['the connection breaks', lost],
    ['a 500', { status: 500, text: '' }],
    ['a gateway gives up', { status: 504, text: '' }],
    ['a 408', { status: 408, text: '' }],
  ])(
    'is sent again once its job is seen to run, for the server then starts nothing: %s',
    async (_, first) => {
      const api = await losing(first, () => [
        jobRow(35, { target: 'other' }),
        jobRow(34, { status: 'running' }),
      ]);
      expect(await api.client({ token: 't' }).start('sync', 'avo', 'qas')).toMatchObject({ jobId: 34 });
      expect(api.lines()).toEqual([
        'POST /sync/avo/qas',
        'GET /sync/avo/qas',
        'GET /jobs?page=1',
        'POST /sync/avo/qas',
      ]);
    },
  );

  it('is looked for until it shows', async () => {
    let looks = 0;
    const api = await losing(lost, () => {
      looks += 1;
      return looks < 3 ? [] : [jobRow(34)];
    });
    expect(await api.client({ token: 't' }).start('sync', 'avo', 'qas')).toMatchObject({ jobId: 34 });
    expect(looks).toBe(3);
    expect(posts(api.lines())).toHaveLength(2);
  });

  it.each([
    ['is not there', []],
    ['has ended already', [jobRow(34, { status: 'completed' })]],
    ['is another one’s', [jobRow(34, { env: 'prd' }), jobRow(33, { job_type: 'delta' })]],
    ['ran before an end', [jobRow(34, { status: 'failed' }), jobRow(33, { status: 'running' })]],
  ])('is never sent again where its job %s', async (_, jobs) => {
    const api = await losing(lost, () => jobs);
    const started = api.client({ token: 't' }).start('sync', 'avo', 'qas');
    await expect(started).rejects.toMatchObject({ name: 'ConnectionError' });
    expect(posts(api.lines())).toEqual(['POST /sync/avo/qas']);
  });

  it('is not looked for long where nothing can tell', async () => {
    const api = await startApi(({ method }) =>
      method === 'POST' ? { status: 500, text: '' } : { status: 404, text: '' },
    );
    await expect(api.client({ token: 't' }).start('sync', 'avo', 'qas')).rejects.toMatchObject({
      status: 500,
    });
    expect(api.lines()).toEqual(['POST /sync/avo/qas', 'GET /sync/avo/qas']);
  });

  it('of parameters of one’s own needs no dry run', async () => {
    let sent = 0;
    const api = await startApi(({ method }) => {
      if (method === 'GET') return { json: [jobRow(34, { job_type: 'delta' })] };
      sent += 1;
      return sent === 1 ? lost : { json: startRow(34) };
    });
    expect(await api.client({ token: 't' }).run(params)).toMatchObject({ jobId: 34 });
    expect(api.lines()).toEqual(['POST /run', 'GET /jobs?page=1', 'POST /run']);
  });
});

describe('a start that surely has not happened is sent again', () => {
  it.each([425, 429])('after a %d', async (status) => {
    const api = await losing({ status, text: '', headers: { 'retry-after': '0' } }, () => []);
    await api.client({ token: 't' }).start('sync', 'avo', 'qas');
    expect(api.lines()).toEqual(['POST /sync/avo/qas', 'POST /sync/avo/qas']);
  });

  it('when there was no connection', async () => {
    const api = await losing({ json: startRow(34) }, () => []);
    const away = await refusedUrl();
    let tries = 0;
    const flaky: typeof fetch = (input, init) => {
      tries += 1;
      return fetch(tries < 3 ? away : input, init);
    };
    expect(await api.client({ token: 't', fetch: flaky }).start('sync', 'avo', 'qas')).toMatchObject({
      jobId: 34,
    });
    expect([tries, api.lines()]).toEqual([3, ['POST /sync/avo/qas']]);
  });
});

it('a start that is refused is not sent again', async () => {
  const api = await startApi(() => ({ status: 400, text: 'no such file' }));
  await expect(api.client({ token: 't' }).start('sync', 'x', 'qas')).rejects.toMatchObject({ status: 400 });
  expect(api.received).toHaveLength(1);
});

it('an abort does not cut a start that is under way, and its answer counts', async () => {
  const controller = new AbortController();
  const api = await startApi(() => {
    controller.abort(new Error('enough'));
    return { json: startRow(34) };
  });
  const started = api.client({ token: 't' }).start('sync', 'avo', 'qas', { signal: controller.signal });
  expect(await started).toMatchObject({ jobId: 34 });
});

it('after an abort nothing more is sent, and the error says what may have happened', async () => {
  const controller = new AbortController();
  const api = await startApi(() => {
    controller.abort(new Error('enough'));
    return lost;
  });
  const started = api.client({ token: 't' }).start('sync', 'avo', 'qas', { signal: controller.signal });
  await expect(started).rejects.toMatchObject({ name: 'ConnectionError' });
  expect(api.received).toHaveLength(1);
});

it('a signal that has aborted sends nothing', async () => {
  const api = await startApi(() => ({ json: startRow(34) }));
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(api.client({ token: 't' }).start('sync', 'avo', 'qas', { signal })).rejects.toThrow('enough');
  expect(api.received).toEqual([]);
});

describe('a delete whose answer is lost', () => {
  const deleting = (status: string) => {
    let deletes = 0;
    return startApi(({ method }) => {
      if (method === 'GET') return { json: jobRow(9, { status }) };
      deletes += 1;
      return deletes === 1 ? lost : { json: jobRow(9, { status: 'deleted' }) };
    });
  };

  it('is not sent again where the job is deleted: its name may be another job’s by now', async () => {
    const api = await deleting('deleted');
    expect(await api.client({ token: 't' }).deleteJob(9)).toMatchObject({ id: 9, status: 'deleted' });
    expect(api.lines()).toEqual(['DELETE /jobs/9', 'GET /jobs/9']);
  });

  it('is sent again where the job is not', async () => {
    const api = await deleting('running');
    expect(await api.client({ token: 't' }).deleteJob(9)).toMatchObject({ status: 'deleted' });
    expect(api.lines()).toEqual(['DELETE /jobs/9', 'GET /jobs/9', 'DELETE /jobs/9']);
  });
});

it('close waits for a start under way and refuses the next', async () => {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Reply>();
  const api = await startApi(() => {
    arrived.resolve();
    return answer.promise;
  });
  const client = api.client({ token: 't' });
  const started = client.start('sync', 'avo', 'qas');
  await arrived.promise;
  const order: string[] = [];
  const closed = client.close().then(() => order.push('closed'));
  await expect(client.job(1)).rejects.toMatchObject({ name: 'ClosedError' });
  expect(() => client.follow(1)).toThrow('is closed');
  answer.resolve({ json: startRow(34) });
  await Promise.all([started.then(() => order.push('started')), closed]);
  expect(order).toEqual(['started', 'closed']);
});
