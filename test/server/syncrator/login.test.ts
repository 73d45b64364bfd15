import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { refusedUrl, serve as serveRequests } from '../../http/loopback.ts';
import { keptLog, startApp } from './app.ts';

const credentials = { username: 'somelogin@meemoo.be', password: 'PW HERE & ünïcode: "+%' };

const multipart = (fields: Readonly<Record<string, string>>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
};
const token = { access_token: 'abc.def.ghi', expires_in: 899, token_type: 'bearer' };

interface Reply {
  readonly status?: number;
  readonly body: string;
}

/** An OAuth server that answers so; what it was asked. */
async function oauthServer(reply: Reply) {
  const asked: { method: string | undefined; url: string | undefined; user: string }[] = [];
  const oauth = await serveRequests(({ method, url, headers }, response) => {
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    asked.push({ method, url, user: Buffer.from(basic, 'base64').toString() });
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' }).end(reply.body);
  });
  return { oauth, asked };
}

test.each<[string, BodyInit]>([
  ['url-encoded', new URLSearchParams(credentials)],
  ['multipart', multipart(credentials)],
])('a %s login is forwarded to the OAuth server with basic authentication', async (_, body) => {
  const { oauth, asked } = await oauthServer({ body: JSON.stringify({ ...token, scope: 'x' }) });
  const { lines, logger } = keptLog();
  const { url } = await startApp({ login: { oauth: `${oauth}/` }, logger });
  const answer = await fetch(`${url}/login`, { method: 'POST', body });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(await answer.json()).toEqual(token);
  const user = `${credentials.username}:${credentials.password}`;
  expect(asked).toEqual([{ method: 'GET', url: '/token?grant_type=client_credentials', user }]);
  const log = lines.join('\n');
  expect(log).not.toContain(token.access_token);
  expect(log).not.toContain(credentials.password);
  expect(log).not.toContain(Buffer.from(user).toString('base64'));
});

test('the login of the seed works by curl', async () => {
  const { oauth } = await oauthServer({ body: JSON.stringify(token) });
  const { url } = await startApp({ login: { oauth } });
  const { stdout } = await promisify(execFile)('curl', [
    ...['-s', '-X', 'POST', '-F', 'username=somelogin@meemoo.be', '-F', 'password=PW_HERE', `${url}/login`],
  ]);
  expect(JSON.parse(stdout)).toEqual(token);
});

test.each<[string, Reply, number]>([
  ['401', { status: 401, body: '<h1>Unauthorized</h1>' }, 401],
  ['403', { status: 403, body: '' }, 401],
  ['200 with the error of a wrong password', { body: '{"error": "wrong username or password"}' }, 401],
  ['400 with invalid_grant', { status: 400, body: '{"error": "invalid_grant"}' }, 401],
  ['200 with invalid_client', { body: '{"error": "invalid_client", "error_description": "x"}' }, 401],
  ['200 with an error of its own', { body: '{"error": "server_error"}' }, 502],
  ['200 with an error that is no text', { body: '{"error": {"code": 1}}' }, 502],
  ['500', { status: 500, body: JSON.stringify(token) }, 502],
  ['a redirect', { status: 302, body: '' }, 502],
  ['a page', { body: '<html>hello' }, 502],
  ['no expiry', { body: '{"access_token": "x", "token_type": "bearer"}' }, 502],
  ['a token that no header can carry', { body: JSON.stringify({ ...token, access_token: 'a\nb' }) }, 502],
  ['null', { body: 'null' }, 502],
])('an OAuth server that answers %s', async (_, reply, status) => {
  const { oauth } = await oauthServer(reply);
  const { url } = await startApp({ login: { oauth } });
  const answer = await fetch(`${url}/login`, { method: 'POST', body: new URLSearchParams(credentials) });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toEqual({ detail: expect.any(String) });
});

test('an OAuth server that is away is 502, one that hangs 504', async () => {
  const login = async (oauth: string, timeout = 5_000) => {
    const { url } = await startApp({ login: { oauth, timeout } });
    return (await fetch(`${url}/login`, { method: 'POST', body: new URLSearchParams(credentials) })).status;
  };
  expect(await login(await refusedUrl())).toBe(502);
  expect(await login(await serveRequests(() => undefined), 50)).toBe(504);
});

test('a name with a colon, which basic authentication cannot carry, is wrong', async () => {
  const { oauth, asked } = await oauthServer({ body: JSON.stringify(token) });
  const { url } = await startApp({ login: { oauth } });
  const body = new URLSearchParams({ username: 'admin:x', password: 'y' });
  expect((await fetch(`${url}/login`, { method: 'POST', body })).status).toBe(401);
  expect(asked).toEqual([]);
});

test('a function may give the token instead', async () => {
  const { url } = await startApp({
    login: ({ password }) => (password === 'right' ? { accessToken: 'own', expiresIn: 60 } : undefined),
  });
  const login = (password: string) =>
    fetch(`${url}/login`, { method: 'POST', body: multipart({ username: 'me', password }) });
  expect(await (await login('right')).json()).toEqual({
    access_token: 'own',
    expires_in: 60,
    token_type: 'bearer',
  });
  expect((await login('wrong')).status).toBe(401);
});

test.each<[string, RequestInit, number, object]>([
  [
    'fields that are missing',
    { body: new URLSearchParams({ username: '' }) },
    422,
    [
      { loc: ['body', 'username'], msg: 'is missing', type: 'missing' },
      { loc: ['body', 'password'], msg: 'is missing', type: 'missing' },
    ],
  ],
  [
    'a file in place of the password',
    { body: fileForm() },
    422,
    [{ loc: ['body', 'password'], msg: 'is missing', type: 'missing' }],
  ],
  [
    'a broken multipart',
    { body: '--x\r\nnonsense', headers: { 'content-type': 'multipart/form-data; boundary=x' } },
    422,
    [{ loc: ['body'], msg: expect.any(String), type: 'form_invalid' }],
  ],
])('a login with %s says so', async (_, init, status, detail) => {
  const { url } = await startApp({ login: () => undefined });
  const answer = await fetch(`${url}/login`, { method: 'POST', ...init });
  expect([answer.status, await answer.json()]).toEqual([status, { detail }]);
});

test('a login is a form and a small one', async () => {
  const { url } = await startApp({ login: () => undefined });
  const status = async (init: RequestInit) =>
    (await fetch(`${url}/login`, { method: 'POST', ...init })).status;
  expect(await status({ body: '{}', headers: { 'content-type': 'application/json' } })).toBe(415);
  expect(await status({ body: new URLSearchParams({ username: 'a', password: 'x'.repeat(70_000) }) })).toBe(
    413,
  );
});

test('a server without a login has no such route', async () => {
  const { url } = await startApp();
  expect(
    (await fetch(`${url}/login`, { method: 'POST', body: new URLSearchParams(credentials) })).status,
  ).toBe(404);
});

function fileForm(): FormData {
  const form = multipart({ username: 'me' });
  form.set('password', new Blob(['x']), 'password.txt');
  return form;
}
