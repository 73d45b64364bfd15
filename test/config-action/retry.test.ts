import { expect, it } from 'vitest';
import { HttpError, TimeoutError } from '../../src/core/errors.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { eagerClock } from './eager-clock.ts';
import { actionOn, collect, ok, sourceOf, startPods } from './pods.ts';

it('tries again as often, and as long after, as the request says', async () => {
  const clock = eagerClock(5_000);
  const pods = await startPods(1, (_pod, _request, response) => response.writeHead(503).end('busy'));
  const action = actionOn({ port: pods.port, request: { retries: 3, retry_delay: 0.3 } });
  const [result] = await collect(action.run(sourceOf(pods), { clock }));
  expect(pods.seen).toHaveLength(4);
  expect(clock.waits).toEqual([300, 300, 300]);
  expect(result).toMatchObject({
    status: 'failed',
    attempts: 4,
    durationMs: 900,
    response: { status: 503, text: 'busy' },
  });
  expect(result?.error).toBeInstanceOf(HttpError);
  expect(result?.earlierErrors).toHaveLength(3);
});

it('is content with an attempt that comes out well', async () => {
  let asked = 0;
  const pods = await startPods(1, (pod, request, response) => {
    asked += 1;
    return asked < 3 ? request.socket.destroy() : ok(pod, request, response);
  });
  const action = actionOn({ port: pods.port, request: { retries: 5 } });
  const [result] = await collect(action.run(sourceOf(pods), { clock: eagerClock(0) }));
  expect(result).toMatchObject({ status: 'ok', attempts: 3, response: { status: 200, text: 'OK' } });
  expect(result?.error).toBeUndefined();
  expect(result?.earlierErrors).toHaveLength(2);
});

it.each([400, 404, 301])('does not try again what was refused: %i', async (status) => {
  const pods = await startPods(1, (_pod, _request, response) => response.writeHead(status).end('no'));
  const action = actionOn({ port: pods.port, request: { retries: 5 } });
  const [result] = await collect(action.run(sourceOf(pods)));
  expect(result).toMatchObject({ status: 'failed', attempts: 1, response: { status, text: 'no' } });
});

it('leaves a pod alone for as long as it asks', async () => {
  const clock = eagerClock(9_000);
  let asked = 0;
  const pods = await startPods(1, (_pod, _request, response) => {
    asked += 1;
    response.writeHead(asked === 1 ? 429 : 200, { 'retry-after': '7' }).end();
  });
  const action = actionOn({ port: pods.port, request: { retries: 1, retry_delay: 0.1 } });
  const [result] = await collect(action.run(sourceOf(pods), { clock }));
  expect(result?.status).toBe('ok');
  expect(clock.waits).toEqual([7000]);
});

it('gives up where the wait would be over after the deadline', async () => {
  const pods = await startPods(1, (_pod, _request, response) => {
    response.writeHead(503, { 'retry-after': '100' }).end();
  });
  const action = actionOn({ port: pods.port, request: { retries: 9 } });
  const [result] = await collect(action.run(sourceOf(pods), { clock: eagerClock(0), deadline: 90_000 }));
  expect(result).toMatchObject({ status: 'failed', attempts: 1, response: { status: 503 } });
});

it.each(['GET', 'POST'])('bounds a %s with its retries by the deadline', async (type) => {
  const clock = manualClock();
  const pods = await startPods(1, () => clock.advance(100));
  const action = actionOn({ port: pods.port, endpoint: { type }, request: { retries: 9 } });
  const [result] = await collect(
    action.run(sourceOf(pods), { clock, attemptTimeout: 10_000, deadline: 100 }),
  );
  expect(result).toMatchObject({ status: 'failed', attempts: 1, durationMs: 100 });
  expect(result?.error).toBeInstanceOf(TimeoutError);
});

it('goes on with the page at which an attempt failed', async () => {
  let failed = false;
  const pods = await startPods(1, (_pod, { url = '' }, response) => {
    const cursor = Number(new URL(url, 'http://x').searchParams.get('cursor') ?? 0);
    if (cursor === 1 && !failed) {
      failed = true;
      return response.writeHead(500).end();
    }
    const next = cursor < 2 ? { paginationCursor: String(cursor + 1) } : { paginationCursor: null };
    return response.end(JSON.stringify({ statusCode: 200, messages: [cursor], ...next }));
  });
  const action = actionOn({
    port: pods.port,
    endpoint: { paged: true, params: { size: 1 } },
    request: { retries: 1 },
  });
  const results = await collect(action.run(sourceOf(pods), { clock: eagerClock(0) }));
  const again = await collect(action.run(sourceOf(pods)));
  expect(results).toMatchObject([{ status: 'ok', attempts: 4 }]);
  expect(results[0]?.response).toEqual({
    statusCodes: [200, 200, 200],
    inner_statusCodes: [200, 200, 200],
    messages: [0, 1, 2],
    pages: 3,
    attempt_num: 4,
  });
  expect(pods.seen.slice(0, 4)).toEqual([
    'pod-0 GET /one?size=1',
    'pod-0 GET /one?size=1&cursor=1',
    'pod-0 GET /one?size=1&cursor=1',
    'pod-0 GET /one?size=1&cursor=2',
  ]);
  // A second one begins at the first page.
  expect(again[0]?.response).toMatchObject({ messages: [0, 1, 2], attempt_num: 3 });
});

it('keeps the pages that came before one failed', async () => {
  const pods = await startPods(1, (_pod, { url = '' }, response) => {
    if (url.includes('cursor')) return response.writeHead(404).end();
    return response.end(JSON.stringify({ statusCode: 200, messages: ['first'], paginationCursor: 'c' }));
  });
  const action = actionOn({ port: pods.port, endpoint: { paged: true } });
  const [result] = await collect(action.run(sourceOf(pods)));
  expect(result).toMatchObject({ status: 'failed', response: { messages: ['first'], pages: 1 } });
});
