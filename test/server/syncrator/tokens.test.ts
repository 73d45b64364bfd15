import { generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { serve } from '../../../src/server/serve.ts';
import type { SyncratorAppOptions } from '../../../src/server/syncrator/options.ts';
import { syncratorApp } from '../../../src/server/syncrator/syncrator-app.ts';
import { auth, keptLog, oneFolder, recordingRunner, SECRET, signToken, startApp } from './app.ts';

const unsigned = (claims: object) =>
  [{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

async function publicKeyToken(): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256' })
    .setAudience('syncrator')
    .setExpirationTime('1h')
    .sign(privateKey);
}

async function changedToken(): Promise<string> {
  const [head = '', , signature = ''] = (await signToken()).split('.');
  const claims = { sub: 'root', aud: 'syncrator', exp: inAnHour() };
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

test.each<[string, () => Promise<string> | string]>([
  ['that is forged', () => signToken({ secret: Buffer.from('another secret, which is not the one') })],
  ['whose claims were changed', changedToken],
  ['that has expired', () => signToken({ expiresIn: '-1s' })],
  ['that never expires', () => signToken({ expiresIn: undefined })],
  ['for another audience', () => signToken({ audience: 'mediahaven' })],
  ['without a signature', () => `${unsigned({ aud: 'syncrator', exp: inAnHour() })}.`],
  ['without a signature and its dot', () => unsigned({ aud: 'syncrator', exp: inAnHour() })],
  ['of another algorithm', () => signToken({ algorithm: 'HS512' })],
  ['signed with a key pair', publicKeyToken],
  ['that is no JWT', () => 'abc'],
])('a token %s is 401, and nothing is started or deleted', async (_, make) => {
  const { lines, logger } = keptLog();
  const { url, store, calls } = await startApp({ logger });
  const { job } = await store.start({
    TARGET: 'a',
    ENV: 'e',
    ACTION_NAME: 'x',
    ACTION: 'sync',
    IS_TAG: 't',
    OPTIONS: '',
  });
  const token = await make();
  const ask = async (method: string, path: string) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(path === '/run' ? { body: '{}' } : {}),
    });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.text()).not.toContain(token);
    return answer.status;
  };
  expect(await ask('POST', '/sync/avo/qas')).toBe(401);
  expect(await ask('POST', '/sync/avo')).toBe(401);
  expect(await ask('POST', '/run')).toBe(401);
  expect(await ask('DELETE', `/jobs/${job.id}`)).toBe(401);
  expect(await store.jobs({ page: 1, size: 10 })).toEqual([job]);
  expect(calls).toEqual(['resume']);
  expect(lines.join('\n')).not.toContain(token);
});

test.each([
  ['no header', undefined],
  ['basic authentication', `Basic ${Buffer.from('a:b').toString('base64')}`],
  ['a word too many', 'Bearer a b'],
  ['an empty token', 'Bearer '],
])('a start with %s is 401 that says what to send', async (_, authorization) => {
  const { url, calls } = await startApp();
  const headers: HeadersInit = authorization === undefined ? {} : { authorization };
  const answer = await fetch(`${url}/sync/avo/qas`, { method: 'POST', headers });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toEqual({ detail: 'send the token as Authorization: Bearer <token>' });
  expect(calls).toEqual(['resume']);
});

test('a good token starts, also by a secret whose base64 came with bytes 0x1A in it', async () => {
  const secret = Buffer.concat([
    SECRET.subarray(0, 5),
    Buffer.from([0x1a]),
    SECRET.subarray(5),
    Buffer.from([0x1a, 0x1a]),
  ]);
  const { url, calls } = await startApp({ auth: { secret: secret.toString('base64') } });
  const headers = { authorization: `bearer ${await signToken()}` };
  expect((await fetch(`${url}/sync/avo/qas`, { method: 'POST', headers })).status).toBe(200);
  expect(calls).toEqual(['resume', 'start 1']);
});

test('whether a token has expired is told by the clock that was given', async () => {
  const token = await signToken({ expiresIn: '1h' });
  const later = Date.now() + 3_700_000;
  const clock = { now: () => later, monotonic: () => performance.now(), setTimer: () => () => undefined };
  const { url } = await startApp({ clock });
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${url}/sync/avo/qas`, { method: 'POST', headers })).status).toBe(401);
});

test('a function says whose token is good; anything but true is a no', async () => {
  const seen: string[] = [];
  const verify = async (token: string) => {
    seen.push(token);
    return token === 'good' ? true : (token as unknown as boolean);
  };
  const { url, calls } = await startApp({ auth: verify });
  const start = async (token: string) =>
    (await fetch(`${url}/sync/avo/qas`, { method: 'POST', headers: { authorization: `Bearer ${token}` } }))
      .status;
  expect(await start('bad')).toBe(401);
  expect(calls).toEqual(['resume']);
  expect(await start('good')).toBe(200);
  expect(seen).toEqual(['bad', 'good']);
});

test('where the function throws nothing is started, and its words stay inside', async () => {
  const { url, calls } = await startApp({
    auth: () => {
      throw new Error('database password hunter2 refused');
    },
  });
  const answer = await fetch(`${url}/sync/avo/qas`, {
    method: 'POST',
    headers: { authorization: 'Bearer x' },
  });
  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({ detail: 'Internal Server Error' });
  expect(calls).toEqual(['resume']);
});

test("with auth: 'none' everybody may start, and another address than loopback must be allowed once more", async () => {
  const { url, calls, store } = await startApp({ auth: 'none' });
  expect((await fetch(`${url}/sync/avo/qas`, { method: 'POST' })).status).toBe(200);
  expect(calls).toEqual(['resume', 'start 1']);
  const { runner } = recordingRunner();
  const open = syncratorApp({ runner, store, params: oneFolder(), auth: 'none' });
  await expect(serve(open, { hostname: '0.0.0.0' })).rejects.toThrow('can be reached from other machines');
});

test.each<[Partial<SyncratorAppOptions>, string]>([
  [{ auth: { secret: '' } }, 'options.auth'],
  [{ auth: { secret: 'not base64!' } }, 'expected the secret in base64, of at least 16 bytes'],
  [{ auth: { secret: Buffer.alloc(40, 0x1a).toString('base64') } }, 'of at least 16 bytes'],
  [{ auth: 'hunter2' as 'none' }, "options.auth: expected { secret }, a function or 'none'"],
  [{ login: { oauth: 'ftp://oauth.test' } }, 'options.login.oauth'],
  [{ login: { oauth: 'https://me:hunter2@oauth.test' } }, 'without credentials'],
  [{ env: '' }, 'options.env'],
  [{ params: '' }, 'expected the path of a folder'],
  [{ colour: 'red' } as Partial<SyncratorAppOptions>, 'options.colour'],
])('options that are wrong are refused, without showing a secret: %o', async (options, message) => {
  const { runner } = recordingRunner();
  const { store } = await startApp();
  const make = () => syncratorApp({ store, runner, params: oneFolder(), auth, ...options });
  expect(make).toThrow(message);
  expect(make).not.toThrow(/hunter2|not base64/);
});
