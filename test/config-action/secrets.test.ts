import { tracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { actionOn, bodyOf, collect, ok, sourceOf, startPods } from './pods.ts';

const SECRETS = ['t0ken-in-header', 'c00kie', 'p4ssword', 't0ken-in-url', 'W1EsIDIsIDNd'];

const secretive = (port: number, more: object = {}) =>
  actionOn({
    port,
    endpoint: {
      type: 'POST',
      url: 'http://someone:p4ssword@{node}:{port}/x?token=t0ken-in-url&plain=1',
      headers: { authorization: 'Bearer t0ken-in-header', cookie: 'c00kie', accept: 'text/plain' },
      params: { message: { contentTopic: '/t', payload: 'W1EsIDIsIDNd' } },
    },
    ...more,
  });

const hides = (value: unknown) => {
  const text = inspect(value, { depth: 20, maxArrayLength: null, showHidden: true }) + JSON.stringify(value);
  expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
};

it('plans what is sent without what must not be seen', async () => {
  const pods = await startPods(1, ok);
  const [call] = await secretive(pods.port).plan(sourceOf(pods));
  expect(call).toMatchObject({
    url: `http://<redacted>@127.1.0.0:${pods.port}/x?token=<redacted>&plain=1`,
    headers: { authorization: '<redacted>', cookie: '<redacted>', accept: 'text/plain' },
    params: { message: { contentTopic: '/t', payload: '<redacted>' } },
  });
  hides(call);
});

it('sends secrets and returns, logs and tells none, not even of a pod that echoes them', async () => {
  const told: unknown[] = [];
  const seen: string[] = [];
  const pods = await startPods(2, async (pod, request, response) => {
    const { authorization, cookie } = request.headers;
    seen.push(`${authorization} ${cookie} ${request.url} ${await bodyOf(request)}`);
    response.writeHead(pod === 0 ? 200 : 500).end(seen.at(-1));
  });
  const channel = tracingChannel('holdfast:action.call');
  const note = (context: object) => told.push({ ...context });
  const subscribers = { start: note, end: note, asyncStart: note, asyncEnd: note, error: note };
  channel.subscribe(subscribers);
  onTestFinished(() => channel.unsubscribe(subscribers));
  const log = (...written: readonly unknown[]) => void told.push(written);
  const action = secretive(pods.port);
  const run = action.run(sourceOf(pods), { logger: { debug: log, info: log, warn: log, error: log } });
  const results = await collect(run);
  const body = JSON.stringify({ message: { contentTopic: '/t', payload: 'W1EsIDIsIDNd' } });
  // The header of the config goes before the credentials of the url.
  const sent = `Bearer t0ken-in-header c00kie /x?token=t0ken-in-url&plain=1 ${body}`;
  expect(seen).toEqual([sent, sent]);
  expect(results.map(({ status }) => status)).toEqual(['ok', 'failed']);
  expect(told.length).toBeGreaterThan(4);
  const summary = await run;
  for (const value of [results, told, summary, summary.rerun('failed')]) hides(value);
});

it('tells each call on its channel, and its error', async () => {
  const told: [string, object][] = [];
  const pods = await startPods(2, (pod, _request, response) =>
    response.writeHead(pod === 0 ? 200 : 404).end(),
  );
  const channel = tracingChannel('holdfast:action.call');
  const note = (event: string) => (context: object) => told.push([event, { ...context }]);
  const subscribers = {
    start: note('start'),
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  };
  channel.subscribe(subscribers);
  onTestFinished(() => channel.unsubscribe(subscribers));
  await actionOn({ port: pods.port }).run(sourceOf(pods));
  const context = { action: 'an-action', request: 'one', target: 'all', method: 'GET' };
  expect(told).toMatchObject([
    ['start', { ...context, pod: 'pod-0' }],
    ['asyncEnd', { ...context, pod: 'pod-0', status: 200, attempts: 1 }],
    ['start', { ...context, pod: 'pod-1' }],
    ['error', { ...context, pod: 'pod-1', status: 404, error: { code: 'HTTP_STATUS' } }],
    ['asyncEnd', { ...context, pod: 'pod-1' }],
  ]);
});
