import { tracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
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

const ECHO = {
  type: 'POST',
  url: 'http://{node}:{port}/x',
} as const;

it.each<[what: string, endpoint: object, secrets: readonly string[]]>([
  [
    'of a url, decoded and as Basic authentication has it',
    { ...ECHO, url: 'http://user:p%40ssw0rd@{node}:{port}/' },
    ['p@ssw0rd', 'p%40ssw0rd', 'dXNlcjpwQHNzdzByZA=='],
  ],
  [
    'in the place of a user',
    { ...ECHO, url: 'http://apikey123456@{node}:{port}/' },
    ['apikey123456', 'YXBpa2V5MTIzNDU2Og=='],
  ],
  [
    'in the query',
    { type: 'GET', url: ECHO.url, params: { token: 'ab+cd/ef== x' } },
    ['ab+cd/ef== x', 'ab%2Bcd%2Fef%3D%3D+x', 'ab%2bcd%2fef%3d%3d%20x'],
  ],
  [
    'in the query of the url itself',
    { ...ECHO, url: 'http://{node}:{port}/?token=ab%2Bcd%2fef%3D%3D' },
    ['ab+cd/ef==', 'ab%2Bcd%2fef%3D%3D', 'ab%2Bcd%2Fef%3D%3D'],
  ],
  ['that is a number', { ...ECHO, params: { password: 12_345_678 } }, ['12345678']],
  [
    'with quotes and accents',
    { ...ECHO, params: { password: 'sec"ret\u00e9x' } },
    ['sec"ret\u00e9x', 'sec\\"ret\u00e9x', 'sec\\"ret\\u00e9x'],
  ],
  [
    'of a header of Basic authentication',
    { ...ECHO, headers: { authorization: 'Basic dXNlcjpwQHNzdzByZA==' } },
    ['dXNlcjpwQHNzdzByZA==', 'p@ssw0rd', 'p%40ssw0rd'],
  ],
])('hides a secret %s from a pod that writes it in another way', async (_, endpoint, secrets) => {
  const pods = await startPods(1, (_pod, _request, response) => response.end(secrets.join(' and ')));
  const results = await collect(actionOn({ port: pods.port, endpoint }).run(sourceOf(pods)));
  expect(results).toMatchObject([{ response: { text: secrets.map(() => '<redacted>').join(' and ') } }]);
});

it('leaves a page readable in which a secret number is hidden', async () => {
  const pods = await startPods(1, (_pod, _request, response) =>
    response.end('{"statusCode": 200, "messages": [{"token": 12345678}, 12345678, 9123456780]}'),
  );
  const action = actionOn({ port: pods.port, endpoint: { paged: true, params: { token: 12_345_678 } } });
  expect(await collect(action.run(sourceOf(pods)))).toMatchObject([
    { response: { messages: [{ token: '<redacted>' }, '<redacted>', 9_123_456_780] } },
  ]);
});

it.each<[string, object]>([
  ['a list of headers', { headers: ['authorization: Bearer s3cret'] }],
  ['a text of headers', { headers: 'authorization: Bearer s3cret' }],
  ['a header that is none', { headers: { 'x-key': ['s3cret'] } }],
  ['a password that has braces', { url: 'http://user:{s3cret}@{node}/' }],
  ['a token that has braces', { url: 'http://{node}/?token={s3cret}' }],
])('refuses %s without showing it', (_, endpoint) => {
  const refused = expect(() => actionOn({ port: 80, endpoint }));
  refused.toThrow(ConfigError);
  refused.not.toThrow('s3cret');
});
