import { tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TimeoutError } from '../../src/core/errors.ts';
import { JobDeletedError, JobFailedError } from '../../src/syncrator/errors.ts';
import type { FollowOptions, FollowProgress } from '../../src/syncrator/follow-options.ts';
import type { JobDetail } from '../../src/syncrator/job.ts';
import type { SyncratorOptions } from '../../src/syncrator/options.ts';
import { jobRow, type Reply, startApi, syncRow } from './api.ts';
import { REQUEST, virtualClock } from './virtual-clock.ts';

const row = (status: string, records?: number): Reply => ({
  json:
    records === undefined
      ? jobRow(34, { status })
      : jobRow(34, { status, sync_id: 2017, sync_job: syncRow(2017, { total_records: records }) }),
});
const gone: Reply = { status: 503, text: '' };

/** A follow on virtual time, of a job that gives these answers and then the last of them for ever. */
async function following(
  answers: Reply[],
  options: FollowOptions = {},
  more: Partial<SyncratorOptions> = {},
) {
  const clock = virtualClock();
  const times: number[] = [];
  const api = await startApi(() => {
    times.push(clock.monotonic());
    return answers[Math.min(times.length, answers.length) - 1] ?? gone;
  });
  const client = api.client({ clock, attemptTimeout: REQUEST, random: () => 0.5, ...more });
  return { api, clock, times, client, run: client.follow(34, options) };
}

async function collect(run: AsyncIterable<JobDetail>): Promise<JobDetail[]> {
  const items: JobDetail[] = [];
  for await (const item of run) items.push(item);
  return items;
}

it('asks at once, then at growing intervals, until the job is completed', async () => {
  const life = [
    row('starting'),
    row('starting'),
    row('running', 0),
    row('running', 500),
    row('completed', 900),
  ];
  const { times, clock, run } = await following(life);
  const summary = await clock.until(run);
  expect(times).toEqual([0, 1_000, 2_500, 4_750, 8_125]);
  expect(summary).toMatchObject({ ok: true, done: 1, failed: 0, skipped: 0, durationMs: 8_125 });
  expect(summary.job).toMatchObject({ status: 'completed', syncJob: { totalRecords: 900 } });
  expect(summary.rerun('skipped')).toEqual([]);
});

it('gives each state that differs from the one before, with its records', async () => {
  const life = [
    row('starting'),
    row('starting'),
    row('running', 0),
    row('running', 500),
    row('completed', 900),
  ];
  const { clock, run } = await following(life);
  const items = await clock.until(collect(run));
  expect(items.map(({ status, syncJob }) => [status, syncJob?.totalRecords])).toEqual([
    ['starting', undefined],
    ['running', 0],
    ['running', 500],
    ['completed', 900],
  ]);
  expect(await run).toMatchObject({ ok: true });
});

it('tells every answer as progress', async () => {
  const told: FollowProgress[] = [];
  const onProgress = (progress: FollowProgress) => told.push(progress);
  const { clock, run } = await following([row('running', 5), row('running', 5), row('completed', 9)], {
    onProgress,
  });
  await clock.until(run);
  expect(
    told.map(({ done, inFlight, total, totalRecords }) => [done, inFlight, total, totalRecords]),
  ).toEqual([
    [0, 1, 1, 5],
    [0, 1, 1, 5],
    [1, 0, 1, 9],
  ]);
});

it('intervals are never above the longest, and jitter parts them', async () => {
  const life = [...Array(30).fill(row('running', 1)), row('completed', 1)];
  let draw = 0;
  const random = () => (draw++ % 10) / 10;
  const { times, clock, run } = await following(life, { maxInterval: 10_000 }, { random });
  await clock.until(run);
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  expect(Math.min(...waits.slice(10))).toBeGreaterThanOrEqual(7_500);
  expect(new Set(waits.slice(10)).size).toBeGreaterThan(3);
});

describe('an end that is not good', () => {
  it.each([
    ['failed', JobFailedError, 'JOB_FAILED'],
    ['deleted', JobDeletedError, 'JOB_DELETED'],
  ])('%s: the last state is an item, and the run rejects', async (status, type, code) => {
    const { clock, run } = await following([row('running', 3), row(status, 3)]);
    const seen: string[] = [];
    const loop = async () => {
      for await (const job of run) seen.push(job.status);
    };
    const error = await clock.until(loop().catch((thrown: unknown) => thrown));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code, jobId: 34, job: { status, syncJob: { totalRecords: 3 } } });
    expect(seen).toEqual(['running', status]);
    await expect(run).rejects.toBe(error);
  });

  it('failed: says where to look, also for a program that never ran or did not report', async () => {
    const { clock, run } = await following([row('failed')]);
    const error = await clock.until(run.catch((thrown: unknown) => thrown));
    expect(String(error)).toMatch(
      /job 34 \(sync of avo in qas\) failed; its program's log may say why, or the program never ran or ended without reporting \(see the server's log, and `statusFrom` of kubernetesRunner\); the job may be started again$/,
    );
  });

  it('an unknown status is an error that names it', async () => {
    const { clock, run } = await following([row('running', 1), row('paused', 1)]);
    await expect(clock.until(run)).rejects.toThrow(/answer\.status: expected .* received "paused"/);
  });

  it('a job that is not there', async () => {
    const { clock, run, times } = await following([{ status: 404, text: 'not found' }]);
    await expect(clock.until(run)).rejects.toMatchObject({ status: 404 });
    expect(times).toHaveLength(1);
  });

  it('the deadline, which leaves the job to be followed again by its id', async () => {
    const { clock, run, client, times } = await following([row('starting')], { deadline: 60_000 });
    const error = await clock.until(run.catch((thrown: unknown) => thrown));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toContain('job 34 was still starting after 60000 ms');
    expect(clock.monotonic()).toBe(60_000);
    const before = times.length;
    await clock.until(client.follow(34, { deadline: 1 }).catch(() => undefined));
    expect(times.length).toBe(before + 1);
  });
});

describe('a server that is away for a while', () => {
  it('is waited for', async () => {
    const { clock, run } = await following([row('running', 1), ...Array(8).fill(gone), row('completed', 2)]);
    expect(await clock.until(run)).toMatchObject({ ok: true });
  });

  it('is given up after the attempts', async () => {
    const { clock, run, times } = await following([gone], { retry: { attempts: 3 } });
    await expect(clock.until(run)).rejects.toMatchObject({ name: 'HttpError', status: 503 });
    expect(times).toHaveLength(3);
  });

  it('is not given up for the attempts of the client, which are not those of a follow', async () => {
    const { clock, run, times } = await following([gone], {}, { retry: { attempts: 2 } });
    await expect(clock.until(run)).rejects.toMatchObject({ status: 503 });
    expect(times).toHaveLength(10);
  });

  it('past the deadline is a TimeoutError', async () => {
    const { clock, run } = await following([row('running', 1), gone], {
      deadline: 20_000,
      retry: { attempts: 1_000, maxDelay: 1_000 },
    });
    await expect(clock.until(run)).rejects.toThrow('job 34 was still running after 20000 ms');
  });
});

describe('is stopped', () => {
  it('by its signal: resolves with the last state as skipped', async () => {
    const controller = new AbortController();
    const onProgress = () => queueMicrotask(() => controller.abort(new Error('enough')));
    const { clock, run, times } = await following([row('running', 5)], {
      signal: controller.signal,
      onProgress,
    });
    const summary = await clock.until(run);
    expect(summary).toMatchObject({ ok: false, done: 0, failed: 0, skipped: 1, job: { status: 'running' } });
    expect(summary.rerun('skipped')).toEqual([34]);
    expect(times).toHaveLength(1);
  });

  it('by its signal before there was any state: rejects with the reason', async () => {
    const { run, times } = await following([row('running')], {
      signal: AbortSignal.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
    expect(times).toEqual([]);
  });

  it('by leaving its loop', async () => {
    const { run, times } = await following([row('running', 5)]);
    for await (const job of run) {
      expect(job.status).toBe('running');
      break;
    }
    expect(await run).toMatchObject({ skipped: 1 });
    expect(times).toHaveLength(1);
  });

  it('by close', async () => {
    const { run, client } = await following([row('running', 5)]);
    const iterator = run[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    await client.close();
    await expect(next).rejects.toMatchObject({ name: 'ClosedError' });
  });
});

it('asks no more while the loop is at work', async () => {
  const { run, times, clock } = await following([row('starting'), row('running', 1), row('completed', 2)]);
  const iterator = run[Symbol.asyncIterator]();
  await iterator.next();
  await clock.until(iterator.next());
  for (let turn = 0; turn < 20; turn += 1) await clock.until(Promise.resolve());
  expect(times.length).toBeLessThanOrEqual(3);
  await iterator.return?.();
});

it('nothing is asked before it is awaited', async () => {
  const { run, times, clock } = await following([row('completed', 1)]);
  await clock.until(new Promise((resolve) => setImmediate(resolve)));
  expect(times).toEqual([]);
  await clock.until(run);
  expect(times).toEqual([0]);
});

it('is traced as holdfast:job', async () => {
  const seen: object[] = [];
  const subscriber = { asyncEnd: (context: object) => void seen.push(context) };
  const channel = tracingChannel('holdfast:job');
  channel.subscribe(subscriber as never);
  onTestFinished(() => void channel.unsubscribe(subscriber as never));
  const { run, clock } = await following([row('completed', 1)]);
  await clock.until(run);
  expect(seen).toMatchObject([{ jobId: 34, status: 'completed' }]);
});

it('200 jobs at once are asked for at a bounded rate, and each soon enough', async () => {
  const clock = virtualClock();
  const times: number[] = [];
  const asked = new Map<string, number>();
  const api = await startApi(({ path }) => {
    const now = clock.monotonic();
    times.push(now);
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const id = Number(path.split('/')[2]);
    return { json: jobRow(id, { status: now < 120_000 + id * 100 ? 'running' : 'completed' }) };
  });
  const client = api.client({ clock, attemptTimeout: REQUEST });
  const runs = Array.from({ length: 200 }, (_, index) => client.follow(index + 1));
  const summaries = await clock.until(Promise.all(runs));
  expect(summaries.every(({ ok }) => ok)).toBe(true);
  // A burst of 50, and then 50 a second.
  const busiest = Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length),
  );
  expect(busiest).toBeLessThanOrEqual(101);
  expect(times.filter((at) => at < 60_000).length).toBeLessThanOrEqual(50 + 50 * 60);
  // Growing intervals: about a dozen in the first minute and a half, then one in ten to fifteen seconds.
  expect(Math.max(...asked.values())).toBeLessThanOrEqual(25);
  expect(clock.monotonic()).toBeLessThan(120_000 + 20_000 + 20_000);
});
