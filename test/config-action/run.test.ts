import { expect, it } from 'vitest';
import type { CallResult } from '../../src/config-action/call.ts';
import { actionOn, bodyOf, collect, ok, sourceOf, startPods } from './pods.ts';

const names = (results: readonly CallResult[]) => results.map(({ call }) => `${call.pod} ${call.request}`);

it('makes every request to a pod before the next pod', async () => {
  const pods = await startPods(3, ok);
  const action = actionOn({ port: pods.port, requests: ['one', 'two'] });
  const run = action.run(sourceOf(pods));
  const results = await collect(run);
  const inOrder = ['pod-0 one', 'pod-0 two', 'pod-1 one', 'pod-1 two', 'pod-2 one', 'pod-2 two'];
  expect(names(results)).toEqual(inOrder);
  expect(pods.seen).toEqual(inOrder.map((call) => call.replace(' ', ' GET /')));
  const summary = await run;
  expect(summary).toMatchObject({ done: 6, succeeded: 6, failed: 0, skipped: 0, ok: true, leftOut: [] });
  expect(summary.answers).toEqual([{ text: 'OK', status: 200, count: 6, pods: ['pod-0', 'pod-1', 'pod-2'] }]);
});

it('makes a request to every pod before the next request', async () => {
  const pods = await startPods(2, ok);
  const action = actionOn({
    port: pods.port,
    requests: ['one', 'two'],
    action: { loop_order: 'foreach_request_target_each_pod' },
  });
  const inOrder = ['pod-0 one', 'pod-1 one', 'pod-0 two', 'pod-1 two'];
  expect(names(await collect(action.run(sourceOf(pods))))).toEqual(inOrder);
  expect(pods.seen).toEqual(inOrder.map((call) => call.replace(' ', ' GET /')));
});

it('sends the params of a POST as JSON and those of a GET in the query', async () => {
  const bodies: unknown[] = [];
  const pods = await startPods(1, async (_pod, request, response) => {
    bodies.push([request.method, request.url, request.headers['content-type'], await bodyOf(request)]);
    response.end();
  });
  const params = { a: 'x y', b: [1, true], c: null };
  const url = 'http://{node}:{port}/p?q=1#z';
  await actionOn({ port: pods.port, endpoint: { type: 'POST', params, url } }).run(sourceOf(pods));
  await actionOn({ port: pods.port, endpoint: { type: 'GET', params, url } }).run(sourceOf(pods));
  expect(bodies).toEqual([
    ['POST', '/p?q=1', 'application/json', JSON.stringify(params)],
    ['GET', '/p?q=1&a=x+y&b=1&b=true', undefined, ''],
  ]);
});
