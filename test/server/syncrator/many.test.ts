import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { PageOfJobs } from '../../../src/server/syncrator/job-store.ts';
import { sqliteJobStore } from '../../../src/server/syncrator/sqlite-job-store.ts';
import { SyncratorClient } from '../../../src/syncrator/syncrator-client.ts';
import { REQUEST, virtualClock } from '../../syncrator/virtual-clock.ts';
import { avoSync, startApp, temporaryFile } from './app.ts';

/** A store with so many completed jobs. */
async function storeOf(count: number) {
  const path = await temporaryFile('jobs.sqlite');
  const store = sqliteJobStore(path);
  const { job } = await store.start(avoSync);
  await store.move(job.id, 'completed');
  using database = new DatabaseSync(path, { timeout: 5_000 });
  const insert = database.prepare(
    `INSERT INTO api_jobs (target, env, job_type, status, job_params, created_at, updated_at)
     SELECT target || ?, env, job_type, status, job_params, created_at, updated_at FROM api_jobs WHERE id = 1`,
  );
  database.exec('BEGIN');
  for (let row = 2; row <= count; row += 1) insert.run(`-${row}`);
  database.exec('COMMIT');
  return { path, store };
}

test('10,000 jobs are listed page by page, and no page is read ahead of the loop', async () => {
  const { store } = await storeOf(10_000);
  let pages = 0;
  const jobs = (page: PageOfJobs) => {
    pages += 1;
    return store.jobs(page);
  };
  const counting = { ...bound(store), jobs };
  const { url } = await startApp({ store: counting });
  await using client = new SyncratorClient({ baseUrl: url });
  let last = 10_001;
  let count = 0;
  for await (const { id } of client.jobs()) {
    expect(id).toBe(last - 1);
    last = id;
    count += 1;
    expect(pages).toBe(Math.ceil(count / 50));
  }
  expect(count).toBe(10_000);
});

test('200 follows at once ask no more often than the client may, each of them again and again', async () => {
  const { store } = await storeOf(200);
  const clock = virtualClock();
  const asked = new Map<number, number[]>();
  const stop = new AbortController();
  let count = 0;
  const job = (id: number) => {
    asked.set(id, [...(asked.get(id) ?? []), clock.monotonic()]);
    count += 1;
    if (count === 2_000) stop.abort();
    return running(store, id);
  };
  const { url } = await startApp({ store: { ...bound(store), job } });
  await using client = new SyncratorClient({
    baseUrl: url,
    pollsPerSecond: 50,
    clock,
    attemptTimeout: REQUEST,
  });
  const follows = Array.from({ length: 200 }, (_, index) =>
    client.follow(index + 1, { interval: 100, maxInterval: 100, signal: stop.signal }).then(),
  );
  await clock.until(Promise.allSettled(follows));
  expect(asked.size).toBe(200);
  expect(Math.min(...[...asked.values()].map(({ length }) => length))).toBeGreaterThan(5);
  const times = [...asked.values()].flat().sort((one, other) => one - other);
  // 50 may go at once, and 50 more in each second.
  for (const [index, at] of times.entries()) {
    expect(times.slice(index).filter((other) => other < at + 1_000).length).toBeLessThanOrEqual(101);
  }
});

async function running(store: ReturnType<typeof sqliteJobStore>, id: number) {
  const job = await store.job(id);
  return job === undefined ? undefined : { ...job, status: 'running' as const };
}

/** Its methods, to be laid over. */
function bound(store: ReturnType<typeof sqliteJobStore>): ReturnType<typeof sqliteJobStore> {
  return {
    start: (params) => store.start(params),
    job: (id) => store.job(id),
    jobs: (page) => store.jobs(page),
    syncJobs: (page) => store.syncJobs(page),
    move: (id, status) => store.move(id, status),
    startOf: (id) => store.startOf(id),
    unfinished: () => store.unfinished(),
    claim: (id, runBy) => store.claim(id, runBy),
    exclusively: (work, signal) => store.exclusively(work, signal),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
  };
}
