import { once } from 'node:events';
import { request as send } from 'node:http';
import { connect } from 'node:net';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config-action/load-config.ts';
import { staticPods } from '../../src/config-action/static-pods.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { configActionApp } from '../../src/server/config-action/config-action-app.ts';
import { type ServedApp, type ServeOptions, serve } from '../../src/server/serve.ts';

// Before any test has started a server.
const { Request: OwnRequest, Response: OwnResponse } = globalThis;

const TOKEN = 'a-token-of-32-characters-0123456';

async function start(app: ServedApp, options?: ServeOptions) {
  const server = await serve(app, options);
  onTestFinished(() => server.close());
  return server;
}

const hello = () => {
  const app = new Hono();
  app.all('*', (c) => c.text(`${c.req.method} ${c.req.path}`));
  return app;
};

const emptyApp = (token?: string) =>
  configActionApp({ config: parseConfig({ targets: [] }), pods: staticPods([]), token });

/** fetch sets its own Host. */
async function statusWith(url: string, method: string, headers: Readonly<Record<string, string>>) {
  const request = send(url, { method, headers, setHost: headers['host'] === undefined });
  const answered = once(request, 'response');
  request.end();
  const [response] = await answered;
  response.resume();
  return response.statusCode;
}

test('listens on 127.0.0.1 and takes a free port unless told otherwise', async () => {
  const { url } = await start(hello());
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  expect(await (await fetch(`${url}/there?x=1`)).text()).toBe('GET /there');
});

test('leaves the Request and Response of the process as they are', async () => {
  await start(hello());
  expect(globalThis.Request).toBe(OwnRequest);
  expect(globalThis.Response).toBe(OwnResponse);
});

test.each(['0.0.0.0', '::', 'myhost.internal', '192.0.2.7'])(
  'refuses to listen on %s, which others reach, without a word on who may use it',
  async (hostname) => {
    await expect(serve(emptyApp(), { hostname })).rejects.toThrow(ConfigError);
    await expect(serve(emptyApp(), { hostname })).rejects.toThrow(/set a token .* auth: 'none'/);
  },
);

test.each<[string, ServedApp, ServeOptions]>([
  ['a token of the app', emptyApp(TOKEN), {}],
  ['a token of the server', emptyApp(), { token: TOKEN }],
  ["auth: 'none'", emptyApp(), { auth: 'none' }],
])('listens for others with %s, and asks for what was set', async (_, app, options) => {
  const { url } = await start(app, { hostname: '0.0.0.0', ...options });
  const without = await fetch(`${url}/actions`);
  const right = await fetch(`${url}/actions`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(without.status).toBe(options.auth === 'none' ? 200 : 401);
  expect(right.status).toBe(200);
});

test.each([
  ['none', undefined],
  ['another', 'Bearer another'],
  ['a part of it', `Bearer ${TOKEN.slice(0, -1)}`],
  ['more than it', `Bearer ${TOKEN}x`],
  ['another scheme', `Basic ${TOKEN}`],
  ['it twice', `Bearer ${TOKEN} ${TOKEN}`],
])('with %s in place of the token every route but /health is 401', async (_, authorization) => {
  const { url } = await start(emptyApp(TOKEN));
  const headers = authorization === undefined ? {} : { authorization };
  for (const path of ['/actions', '/openapi.json', '/nowhere']) {
    const answer = await fetch(url + path, { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.json()).toEqual({ detail: expect.not.stringContaining(TOKEN) });
  }
  expect((await fetch(`${url}/cache/clear`, { method: 'POST', headers })).status).toBe(401);
  expect(await (await fetch(`${url}/health`, { headers })).json()).toEqual({ status: 'ok' });
});

test('a token that cannot stand in a header is refused without being shown', () => {
  for (const token of ['', 'with space', 'line\nbreak']) {
    expect(() => emptyApp(token)).toThrow(/expected a token: letters, digits/);
    if (token !== '') expect(() => emptyApp(token)).not.toThrow(token);
  }
});

test.each([
  ['127.0.0.1', 200],
  ['localhost:9999', 200],
  ['LOCALHOST', 200],
  ['[::1]:80', 200],
  ['127.4.5.6:80', 200],
  ['rebound.evil.test', 403],
  ['127.0.0.1.evil.test', 403],
  ['localhost.evil.test', 403],
  ['evil.test:8645', 403],
])('on loopback a request whose Host is %s is answered with %i', async (host, status) => {
  const { url } = await start(emptyApp());
  expect(await statusWith(`${url}/health`, 'GET', { host })).toBe(status);
});

test.each<[string, Readonly<Record<string, string>>, number]>([
  ['another site', { origin: 'https://evil.test' }, 403],
  ['a sandboxed page', { origin: 'null' }, 403],
  ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
  ['another site, by a browser that sends no origin', { 'sec-fetch-site': 'cross-site' }, 403],
  ['no page', {}, 200],
])('on loopback a post without a body from %s is answered as such', async (_, headers, status) => {
  const { url } = await start(emptyApp());
  expect(await statusWith(`${url}/cache/clear`, 'POST', headers)).toBe(status);
  expect(await statusWith(`${url}/health`, 'GET', headers)).toBe(200);
});

test('a post from a page of the server itself is let through', async () => {
  const { url } = await start(emptyApp());
  expect(await statusWith(`${url}/cache/clear`, 'POST', { origin: url })).toBe(200);
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonp',
])('a body of %s, which a form of another site can send, is 415', async (type) => {
  const { url } = await start(emptyApp());
  const answer = await fetch(`${url}/process`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: '{}',
  });
  expect(answer.status).toBe(415);
  expect(await answer.json()).toEqual({ detail: expect.stringContaining('application/json') });
});

test('a port that is taken is the error of Node', async () => {
  const { url } = await start(hello());
  await expect(serve(hello(), { port: Number(new URL(url).port) })).rejects.toThrow('EADDRINUSE');
});

test.each<[ServeOptions, string]>([
  [{ port: 70_000 }, 'options.port: expected a port from 0 to 65535, received 70000'],
  [{ hostname: '' }, "options.hostname: expected an address such as '127.0.0.1', received an empty text"],
  [{ token: 'a b' }, 'options.token: expected a token'],
  [{ grace: -1 }, 'options.grace: expected a finite number of milliseconds of at least 0'],
  [{ hostnam: 'x' } as ServeOptions, 'options.hostnam'],
])('wrong options are refused: %o', async (options, message) => {
  await expect(serve(hello(), options)).rejects.toThrow(message);
});

/** An app whose one answer comes when it is released. */
function slowApp() {
  const arrived = Promise.withResolvers<Request>();
  const release = Promise.withResolvers<void>();
  const app = new Hono();
  app.get('/quick', (c) => c.text('quick'));
  app.get('/slow', async (c) => {
    arrived.resolve(c.req.raw);
    await release.promise;
    return c.text('done');
  });
  return { app, arrived: arrived.promise, release: release.resolve };
}

test('close lets a request under way end, takes no new one, and needs not be called once only', async () => {
  const { app, arrived, release } = slowApp();
  const server = await start(app, { grace: 60_000 });
  const slow = fetch(`${server.url}/slow`);
  await arrived;
  const closed = Promise.all([server.close(), server.close()]);
  await expect(fetch(`${server.url}/quick`)).rejects.toThrow();
  release();
  expect(await (await slow).text()).toBe('done');
  await closed;
});

test('close cuts what hangs when its grace is over, and tells the app', async () => {
  const { app, arrived } = slowApp();
  const server = await start(app, { grace: 0 });
  const hung = fetch(`${server.url}/slow`).then(
    () => 'answered',
    () => 'cut',
  );
  const { signal } = await arrived;
  const told = signal.aborted ? undefined : once(signal, 'abort');
  await server.close();
  expect(await hung).toBe('cut');
  await told;
  expect(signal.aborted).toBe(true);
});

test('close does not wait for connections that are kept alive or that never send a request', async () => {
  const { app } = slowApp();
  const server = await start(app, { grace: 60_000 });
  expect(await (await fetch(`${server.url}/quick`)).text()).toBe('quick');
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(silent, 'connect');
  const cut = once(silent, 'close');
  await server.close();
  await cut;
});

test('a server is closed at the end of its block', async () => {
  let url = '';
  {
    await using server = await serve(hello());
    url = server.url;
  }
  await expect(fetch(url)).rejects.toThrow();
});
