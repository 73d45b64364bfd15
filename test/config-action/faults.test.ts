import { expect, it } from 'vitest';
import { staticPods } from '../../src/config-action/static-pods.ts';
import { steadyClock } from '../fault/steady-clock.ts';
import { refusedUrl } from '../http/loopback.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { type Answer, actionOn, collect, sourceOf, startPods } from './pods.ts';

const page = (messages: readonly unknown[], paginationCursor?: string) =>
  JSON.stringify({ statusCode: 200, messages, paginationCursor });

/** What each pod does, by its number; the others answer one page. */
const faults: readonly (readonly [what: string, answer: Answer, says: RegExp])[] = [
  ['hangs', () => undefined, /no answer within 1000 ms/],
  ['hangs in its answer', (_pod, _request, response) => response.write('{'), /no answer within 1000 ms/],
  ['resets', (_pod, request) => request.socket.destroy(), /no complete answer/],
  ['answers 500', (_pod, _request, response) => response.writeHead(500).end('oh'), /answered 500/],
  [
    'redirects',
    (_pod, _request, response) => response.writeHead(302, { location: '/' }).end(),
    /answered 302/,
  ],
  ['answers garbage', (_pod, _request, response) => response.end('<html>'), /no JSON object/],
  ['answers a list', (_pod, _request, response) => response.end('[]'), /no JSON object/],
  ['answers no status', (_pod, _request, response) => response.end('{}'), /no "statusCode"/],
  ['fails inside', (_pod, _request, response) => response.end('{"statusCode":503}'), /the statusCode 503/],
  [
    'answers no list',
    (_pod, _request, response) => response.end('{"statusCode":200,"messages":1}'),
    /no list/,
  ],
  ['repeats a cursor', (_pod, _request, response) => response.end(page([1], 'same')), /came before/],
  [
    'never ends',
    (_pod, { url = '' }, response) => response.end(page([1], `x${url.split('cursor=')[1] ?? ''}`)),
    /last allowed/,
  ],
  [
    'answers too much',
    (_pod, _request, response) => response.end(page(['x'.repeat(5000)])),
    /over 4000 bytes/,
  ],
];

it.each([1, 4, 40])(
  'gives each pod one result, in order, whatever the others do, %i at once',
  async (concurrency) => {
    using clock = steadyClock();
    const count = faults.length * 2;
    const faultOf = (pod: number) => (pod % 2 === 0 ? faults[pod / 2] : undefined);
    const pods = await startPods(count, (pod, request, response) => {
      const fault = faultOf(pod);
      if (fault === undefined) response.end(page([pod]));
      else fault[1](pod, request, response);
    });
    const action = actionOn({ port: pods.port, endpoint: { paged: true } });
    const options = { concurrency, clock, attemptTimeout: 1_000, pageLimit: 30, maxBodyBytes: 4_000 };
    const run = action.run(sourceOf(pods), options);
    const results = await collect(run);
    expect(results.map(({ call }) => call.pod)).toEqual(pods.pods.map(({ name }) => name));
    for (const [index, { status, error, response }] of results.entries()) {
      const [what, , says] = faultOf(index) ?? [];
      if (what === undefined) {
        expect({ status, response }).toMatchObject({ status: 'ok', response: { messages: [index] } });
      } else
        expect([what, status, error?.message]).toEqual([what, 'failed', expect.stringMatching(says ?? '')]);
    }
    expect(await run).toMatchObject({ done: faults.length, failed: faults.length, skipped: 0, ok: false });
  },
);

it('gives a pod that is gone a result', async () => {
  const url = new URL(await refusedUrl());
  const action = actionOn({ port: Number(url.port), endpoint: { type: 'POST' } });
  const run = action.run(staticPods([{ name: 'gone', ip: '127.0.0.1' }]));
  expect(await collect(run)).toMatchObject([
    { status: 'failed', attempts: 1, error: { code: 'CONNECTION_FAILED' } },
  ]);
  const summary = await run;
  // Nothing can have happened where nobody listens.
  expect([summary.rerun('failed').length, summary.rerun('unknown').length]).toEqual([1, 0]);
});

it('holds up the telling only, and that for the time limit of the one that hangs', async () => {
  const clock = manualClock();
  const pods = await startPods(60, (pod, _request, response) => pod === 0 || response.end('OK'));
  const run = actionOn({ port: pods.port }).run(sourceOf(pods), {
    concurrency: 2,
    clock,
    // Till then nothing was told, for the first was not; were the others held up, this would never come.
    onProgress: ({ done }) => done === 59 && clock.advance(10_000),
  });
  const results = await collect(run);
  expect(results.map(({ call }) => call.pod)).toEqual(pods.pods.map(({ name }) => name));
  expect(results.map(({ status }) => status)).toEqual(['failed', ...Array<string>(59).fill('ok')]);
});

it('takes no page that is nested too deeply to be written again', async () => {
  const deep = `{"statusCode":200,"messages":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`;
  const pods = await startPods(3, (pod, _request, response) => response.end(pod === 1 ? deep : page([pod])));
  const run = actionOn({ port: pods.port, endpoint: { paged: true } }).run(sourceOf(pods));
  const results = await collect(run);
  expect(results.map(({ error }) => error?.code)).toEqual([undefined, 'PAGE_INVALID', undefined]);
  expect(results[1]?.error?.message).toContain('nested more than 100 deep');
  expect(await run).toMatchObject({ succeeded: 2, failed: 1 });
});

it('keeps back less of paged answers that are large', async () => {
  const large = 'x'.repeat(6_000_000);
  const clock = manualClock();
  const pods = await startPods(40, (pod, _request, response) => pod === 0 || response.end(page([large])));
  const run = actionOn({ port: pods.port, endpoint: { paged: true } }).run(sourceOf(pods), {
    concurrency: 2,
    clock,
    maxBodyBytes: 8_000_000,
  });
  const results = collect(run);
  await expect.poll(() => pods.seen.length).toBeGreaterThanOrEqual(5);
  for (let turn = 0; turn < 3_000; turn += 1) await new Promise(setImmediate);
  expect(pods.seen.length).toBeLessThan(12);
  clock.advance(10_000);
  expect(await results).toHaveLength(40);
});
