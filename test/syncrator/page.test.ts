import { expect, it } from 'vitest';
import type { Job } from '../../src/syncrator/job.ts';
import { jobRow, startApi, syncRow } from './api.ts';

/** A server of these rows, newest first, fifty a page. */
const listing = (rows: () => object[]) =>
  startApi(({ path }) => {
    const page = Number(new URL(path, 'http://x').searchParams.get('page'));
    return { json: rows().slice((page - 1) * 50, page * 50) };
  });

const newestFirst = (count: number) => Array.from({ length: count }, (_, index) => jobRow(count - index));
const pagesOf = (pages: object[][]) =>
  startApi(({ path }) => ({ json: pages[Number(path.split('=')[1]) - 1] ?? [] }));

async function idsOf(list: AsyncIterable<{ readonly id: number }>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of list) ids.push(id);
  return ids;
}

it('await gives one page, and asks once however often it is awaited', async () => {
  const api = await listing(() => newestFirst(60));
  const page = api.client().jobs({ page: 2 });
  expect(api.received).toEqual([]);
  expect(await page).toMatchObject({ page: 2, items: expect.any(Array) });
  expect((await page).items.map(({ id }) => id)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(api.lines()).toEqual(['GET /jobs?page=2']);
});

it('for await gives all, and sync jobs too', async () => {
  const api = await startApi(({ path }) => ({
    json: path === '/sync_jobs?page=1' ? [syncRow(2), syncRow(1)] : [],
  }));
  expect(await idsOf(api.client().syncJobs())).toEqual([2, 1]);
});

it('10,000 jobs come one page at a time, none ahead of the loop', async () => {
  const api = await listing(() => newestFirst(10_000));
  let count = 0;
  for await (const { id } of api.client().jobs()) {
    expect(id).toBe(10_000 - count);
    count += 1;
    expect(api.received.length).toBe(Math.ceil(count / 50));
  }
  expect(count).toBe(10_000);
});

it('what is remembered of a list is bounded: a row of ten thousand before is no longer known', async () => {
  const rows = [...newestFirst(10_100), jobRow(10_100), jobRow(1)];
  const api = await listing(() => rows);
  const times = new Map<number, number>();
  for await (const { id } of api.client().jobs()) times.set(id, (times.get(id) ?? 0) + 1);
  expect([times.size, times.get(10_100), times.get(1)]).toEqual([10_100, 2, 1]);
});

it('leaving the loop asks for no more', async () => {
  const api = await listing(() => newestFirst(500));
  for await (const { id } of api.client().jobs()) if (id === 480) break;
  expect(api.lines()).toEqual(['GET /jobs?page=1']);
});

it('each loop asks anew', async () => {
  const api = await pagesOf([[jobRow(1)]]);
  const list = api.client().jobs();
  expect([await idsOf(list), await idsOf(list)]).toEqual([[1], [1]]);
});

it('goes on over empty pages in between', async () => {
  const api = await pagesOf([[jobRow(9)], [], [jobRow(8)], [], [], [jobRow(7)]]);
  expect(await idsOf(api.client().jobs())).toEqual([9, 8, 7]);
});

it('jobs that come while it goes on repeat none and lose none', async () => {
  let rows: object[] = newestFirst(300);
  let next = 301;
  const api = await startApi(({ path }) => {
    const page = Number(path.split('=')[1]);
    const json = rows.slice((page - 1) * 50, page * 50);
    rows = [...[0, 1, 2, 3, 4, 5, 6].map(() => jobRow(next++)).reverse(), ...rows];
    return { json };
  });
  const ids = await idsOf(api.client().jobs());
  expect(ids).toEqual(Array.from({ length: 300 }, (_, index) => 300 - index));
});

it('parallel calls of next give each job once and ask each page once', async () => {
  const api = await listing(() => newestFirst(120));
  const iterator: AsyncIterator<Job> = api.client().jobs()[Symbol.asyncIterator]();
  const results = await Promise.all(Array.from({ length: 130 }, () => iterator.next()));
  const ids = results.flatMap(({ done, value }) => (done === true ? [] : [value.id]));
  expect(ids).toEqual(Array.from({ length: 120 }, (_, index) => 120 - index));
  expect(new Set(api.lines()).size).toBe(api.received.length);
});

it('a server that gives one page for all is found out', async () => {
  const api = await startApi(() => ({ json: [jobRow(1)] }));
  await expect(idsOf(api.client().jobs())).rejects.toMatchObject({ code: 'LIST_REPEATS' });
});

it('a page that fails is asked again, and an abort ends the loop', async () => {
  let fails = 2;
  const api = await startApi(({ path }) => {
    if (path === '/jobs?page=2' && fails-- > 0) return { status: 503, text: '' };
    return {
      json: newestFirst(200)
        .slice((Number(path.split('=')[1]) - 1) * 50)
        .slice(0, 50),
    };
  });
  const controller = new AbortController();
  const ids: number[] = [];
  const loop = async () => {
    for await (const { id } of api.client().jobs({ signal: controller.signal })) {
      ids.push(id);
      if (id === 101) controller.abort(new Error('enough'));
    }
  };
  await expect(loop()).rejects.toThrow('enough');
  expect(ids).toHaveLength(100);
});
