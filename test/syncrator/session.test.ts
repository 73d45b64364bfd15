import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { AuthenticationError } from '../../src/syncrator/errors.ts';
import { manualClock } from '../testing/manual-clock.ts';
import {
  type Api,
  credentials,
  jobRow,
  type Received,
  type Reply,
  startApi,
  startRow,
  tokenRow,
} from './api.ts';

/** A server that grants token-1, token-2, … and takes only the newest; `login` may answer otherwise. */
async function guarded(login?: (count: number) => Reply | undefined | Promise<Reply | undefined>) {
  const state = { logins: 0, valid: new Set<string>() };
  const api: Api = await startApi(async (request) => {
    if (request.path === '/login') {
      state.logins += 1;
      const count = state.logins;
      const other = await login?.(count);
      if (other !== undefined) return other;
      state.valid = new Set([`token-${count}`]);
      return { json: tokenRow(`token-${count}`) };
    }
    return state.valid.has(tokenOf(request)) ? { json: startRow(34) } : unauthorized;
  });
  return { api, state };
}

const tokenOf = ({ headers }: Received) => headers.authorization?.replace('Bearer ', '') ?? '';
const unauthorized = { status: 401, text: '<h1>401</h1>' };

describe('with credentials', () => {
  it('logs in when a token is first needed, and not for what needs none', async () => {
    const { api } = await guarded();
    const client = api.client({ credentials });
    await client.start('sync', 'avo', 'qas');
    await client.start('sync', 'avo', 'qas');
    expect(api.lines()).toEqual(['POST /login', 'POST /sync/avo/qas', 'POST /sync/avo/qas']);
    expect(api.received.map(tokenOf)).toEqual(['', 'token-1', 'token-1']);

    const reads = await startApi(({ path }) => ({
      json: path === '/jobs/1' ? jobRow(1) : startRow('dryrun'),
    }));
    const reader = reads.client({ credentials });
    await reader.job(1);
    await reader.dryRun('sync', 'avo', 'qas');
    expect(reads.lines()).toEqual(['GET /jobs/1', 'GET /sync/avo/qas']);
  });

  it('a hundred starts at once are one login', async () => {
    const { api, state } = await guarded();
    const client = api.client({ credentials });
    await Promise.all(Array.from({ length: 100 }, () => client.start('sync', 'avo', 'qas')));
    expect(state.logins).toBe(1);
    expect(api.received).toHaveLength(101);
  });

  it('a hundred starts whose token is refused at once are one login, and each is replayed once', async () => {
    const { api, state } = await guarded();
    const client = api.client({ credentials });
    await client.login();
    state.valid = new Set();
    await Promise.all(Array.from({ length: 100 }, () => client.start('sync', 'avo', 'qas')));
    expect(state.logins).toBe(2);
    const tokens = api.received.filter(({ path }) => path !== '/login').map(tokenOf);
    expect(tokens.filter((token) => token === 'token-2')).toHaveLength(100);
    expect(tokens.length).toBeLessThanOrEqual(200);
  });

  it('a 401 that stays is an AuthenticationError after one replay', async () => {
    const api = await startApi(({ path }) => (path === '/login' ? { json: tokenRow('t') } : unauthorized));
    const started = api.client({ credentials }).start('sync', 'avo', 'qas');
    await expect(started).rejects.toBeInstanceOf(AuthenticationError);
    expect(api.lines()).toEqual(['POST /login', 'POST /sync/avo/qas', 'POST /login', 'POST /sync/avo/qas']);
  });

  it.each([
    ['401', unauthorized],
    ['a 200 with the OAuth server’s error', { json: { error: 'invalid_grant' } }],
    ['that error in another order', { json: { error_description: 'no', error: 'invalid_grant' } }],
  ])('%s to a login is an AuthenticationError for all who wait, and nothing is started', async (_, reply) => {
    const { api } = await guarded((count) => (count === 1 ? reply : undefined));
    const client = api.client({ credentials });
    const started = Array.from({ length: 5 }, () => client.start('sync', 'avo', 'qas'));
    for (const one of await Promise.allSettled(started)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { name: 'AuthenticationError' } });
      expect(JSON.stringify(one) + String(Reflect.get(one, 'reason'))).not.toContain(credentials.password);
    }
    expect(api.lines()).toEqual(['POST /login']);
    expect(await client.start('sync', 'avo', 'qas')).toMatchObject({ jobId: 34 });
  });

  it('a login is tried again while the server is away', async () => {
    const { api, state } = await guarded((count) => (count < 3 ? { status: 503, text: '' } : undefined));
    await api.client({ credentials }).start('sync', 'avo', 'qas');
    expect(state.logins).toBe(3);
  });

  it('an abort ends one caller’s wait and not the login of the others', async () => {
    const arrived = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const { api, state } = await guarded(async () => {
      arrived.resolve();
      await gate.promise;
      return undefined;
    });
    const client = api.client({ credentials });
    const controller = new AbortController();
    const [aborted, other] = [
      client.start('sync', 'avo', 'qas', { signal: controller.signal }),
      client.start('sync', 'avo', 'qas'),
    ];
    await arrived.promise;
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    gate.resolve();
    expect(await other).toMatchObject({ jobId: 34 });
    expect(state.logins).toBe(1);
  });
});

describe('before a token ends', () => {
  const later = async (login?: (count: number) => Reply | undefined) => {
    const { api, state } = await guarded(login);
    const clock = manualClock();
    const client = api.client({ credentials, clock });
    await client.start('sync', 'avo', 'qas');
    return { api, state, clock, client };
  };

  it('it is kept while there is time', async () => {
    const { clock, client, state } = await later();
    clock.advance(838_000);
    await client.start('sync', 'avo', 'qas');
    expect(state.logins).toBe(1);
  });

  it('it is renewed, once for all', async () => {
    const { clock, client, state, api } = await later();
    clock.advance(840_000);
    await Promise.all(Array.from({ length: 20 }, () => client.start('sync', 'avo', 'qas')));
    expect(state.logins).toBe(2);
    expect(new Set(api.received.slice(3).map(tokenOf))).toEqual(new Set(['token-2']));
  });

  it('the old one is used when the renewal fails, and the renewal is not tried with every call', async () => {
    const { clock, client, state, api } = await later((count) =>
      count > 1 ? { status: 503, text: '' } : undefined,
    );
    clock.advance(840_000);
    await client.start('sync', 'avo', 'qas');
    await client.start('sync', 'avo', 'qas');
    expect(state.logins).toBe(2);
    clock.advance(11_000);
    await client.start('sync', 'avo', 'qas');
    expect(state.logins).toBe(3);
    expect(api.received.filter(({ path }) => path !== '/login').map(tokenOf)).toEqual(
      Array(4).fill('token-1'),
    );
  });

  it('once it has ended there is no call without a new one', async () => {
    const { clock, client, api } = await later((count) => (count > 1 ? unauthorized : undefined));
    clock.advance(899_000);
    await expect(client.start('sync', 'avo', 'qas')).rejects.toBeInstanceOf(AuthenticationError);
    expect(api.lines().at(-1)).toBe('POST /login');
  });
});

describe('with a token', () => {
  it('it is sent, and where it is refused and nothing else is there the error says so', async () => {
    const api = await startApi(() => unauthorized);
    const started = api.client({ token: 'secret-token' }).start('sync', 'avo', 'qas');
    await expect(started).rejects.toMatchObject({ name: 'AuthenticationError', cause: { status: 401 } });
    await expect(started).rejects.not.toThrow('secret-token');
    expect(api.received.map(tokenOf)).toEqual(['secret-token']);
  });

  it('none at all: the error says what to give', async () => {
    const api = await startApi(() => unauthorized);
    await expect(api.client().deleteJob(1)).rejects.toThrow('give the client credentials or a token');
    expect(api.received).toHaveLength(1);
  });

  it('refused, with credentials: logs in and goes on', async () => {
    const { api } = await guarded();
    await api.client({ token: 'old', credentials }).start('sync', 'avo', 'qas');
    expect(api.received.map(tokenOf)).toEqual(['old', '', 'token-1']);
  });

  it('from a function: asked for each time, and once more when refused', async () => {
    const api = await startApi((request) =>
      tokenOf(request) === 'b' ? { json: startRow(1) } : unauthorized,
    );
    const tokens = ['a', 'b', 'b'];
    const client = api.client({ token: async () => tokens.shift() ?? 'c' });
    await client.start('sync', 'avo', 'qas');
    await client.start('sync', 'avo', 'qas');
    expect(api.received.map(tokenOf)).toEqual(['a', 'b', 'b']);
    await expect(client.start('sync', 'avo', 'qas')).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('is not replayed after an abort', async () => {
    const controller = new AbortController();
    const api = await startApi(() => {
      controller.abort(new Error('enough'));
      return unauthorized;
    });
    const tokens = ['a', 'b'];
    const client = api.client({ token: () => tokens.shift() ?? 'c' });
    await expect(client.start('sync', 'avo', 'qas', { signal: controller.signal })).rejects.toThrow('enough');
    expect(api.received).toHaveLength(1);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('vault is shut'))],
    ['gives none', () => ''],
    ['gives one that no header can carry', () => 'a\r\nb'],
  ])('a function that %s sends nothing', async (_, token) => {
    const api = await startApi(() => ({ json: startRow(1) }));
    await expect(api.client({ token }).start('sync', 'avo', 'qas')).rejects.toBeInstanceOf(
      AuthenticationError,
    );
    expect(api.received).toEqual([]);
  });
});

it('login by other credentials serves from then on', async () => {
  const seen: string[] = [];
  const api = await startApi(({ path, body }) => {
    if (path !== '/login') return { json: startRow(1) };
    seen.push(/name="username"\r\n\r\n(\S+)/.exec(body)?.[1] ?? '');
    return { json: tokenRow(`token-${seen.length}`) };
  });
  const clock: Clock & { advance(by: number): void } = manualClock();
  const client = api.client({ credentials, clock });
  await client.login({ username: 'other', password: 'pw' });
  await client.start('sync', 'avo', 'qas');
  clock.advance(900_000);
  await client.start('sync', 'avo', 'qas');
  expect(seen).toEqual(['other', 'other']);
});

it('a login under way is joined, one by other credentials is another', async () => {
  const { api, state } = await guarded();
  const client = api.client({ credentials });
  await Promise.all([
    client.login(),
    client.login(credentials),
    client.login({ username: 'x', password: 'y' }),
  ]);
  expect(state.logins).toBe(2);
});
