import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ConfigError, ConnectionError, TimeoutError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/observe.ts';
import type { HttpRequest } from '../../src/http/message.ts';
import { openTransport, type TransportOptions } from '../../src/http/transport.ts';
import { handClock, serve } from './loopback.ts';

const open = (options: Partial<TransportOptions>) =>
  openTransport({ clock: systemClock, logger: silentLogger, ...options });

const request: HttpRequest = { method: 'GET', url: 'http://node01.test/v1', headers: {}, timeout: 10_000 };

describe('an injected fetch', () => {
  it('is used in place of the global one, with what was asked for and nothing else', async () => {
    const given = vi.fn<typeof fetch>(async () => new Response('from it', { status: 201 }));
    const headers = { node: 'node01' };
    const answer = await open({ fetch: given }).send({ ...request, method: 'POST', headers, body: '{}' });
    expect([answer.status, answer.body]).toEqual([201, 'from it']);
    const [url, init = {}] = given.mock.calls[0] ?? [];
    expect(url).toBe('http://node01.test/v1');
    expect(Object.keys(init).sort()).toEqual(['body', 'headers', 'method', 'redirect', 'signal']);
    expect([...new Headers(init.headers)]).toEqual([['node', 'node01']]);
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual', body: new TextEncoder().encode('{}') });
  });

  it('that ignores its signal is still bounded in time, and its late answer is let go', async () => {
    const clock = handClock();
    const late = Promise.withResolvers<Response>();
    const cancelled = Promise.withResolvers<unknown>();
    const body = new ReadableStream({ cancel: cancelled.resolve });
    const sent = open({ fetch: () => late.promise, clock }).send(request);
    clock.fire();
    await expect(sent).rejects.toBeInstanceOf(TimeoutError);
    late.resolve(new Response(body));
    await cancelled.promise;
  });

  it('that ignores its signal does not delay an abort', async () => {
    const caller = new AbortController();
    const sent = open({ fetch: () => new Promise(() => undefined) }).send({
      ...request,
      signal: caller.signal,
    });
    caller.abort('stop');
    await expect(sent).rejects.toBe('stop');
  });

  it('is not called for a signal that has aborted', async () => {
    const given = vi.fn<typeof fetch>(async () => new Response());
    const sent = open({ fetch: given }).send({ ...request, signal: AbortSignal.abort('stop') });
    await expect(sent).rejects.toBe('stop');
    expect(given).not.toHaveBeenCalled();
  });

  it.each([
    ['an opaque redirect', { status: 0, type: 'opaqueredirect' }],
    ['an error', { status: 0, type: 'error' }],
  ])('that gives %s without a status gave no answer', async (_what, fields) => {
    const opaque = Object.defineProperties(new Response(), {
      status: { value: fields.status },
      type: { value: fields.type },
    });
    const sent = open({ fetch: async () => opaque }).send(request);
    await expect(sent).rejects.toThrow(
      'GET http://node01.test/v1 got no complete answer: the fetch in use hides',
    );
    await expect(sent).rejects.toBeInstanceOf(ConnectionError);
  });

  it.each(['HEAD', 'GET'])(
    'that gives a body where there must be none is not believed: %s',
    async (method) => {
      const response = Object.defineProperty(new Response('x'), 'status', {
        value: method === 'GET' ? 304 : 200,
      });
      expect((await open({ fetch: async () => response }).send({ ...request, method })).body).toBe('');
    },
  );

  it('has its error kept as the cause', async () => {
    const mine = Object.assign(new Error('the cable is out'), { code: 'ENETDOWN' });
    const error = await open({ fetch: () => Promise.reject(mine) })
      .send(request)
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe('GET http://node01.test/v1 got no complete answer: ENETDOWN');
    expect(error.cause).toBe(mine);
  });

  it.each([undefined, 'cable'])('may throw what is no error: %s', async (thrown) => {
    const error = await open({ fetch: () => Promise.reject(thrown) })
      .send(request)
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe('GET http://node01.test/v1 got no complete answer');
  });

  it('may throw at once', async () => {
    const given = () => {
      throw new Error('not today');
    };
    await expect(open({ fetch: given }).send(request)).rejects.toBeInstanceOf(ConnectionError);
  });

  it.each<[string, (request: unknown, init: RequestInit) => Error]>([
    [
      'in a message',
      (_url, { headers }) => new Error(`cannot send ${new Headers(headers).get('authorization')}`),
    ],
    [
      'in an attached request',
      (_url, init) => Object.assign(new Error('no'), { config: { deep: { init } } }),
    ],
    [
      'in the cause of a cause',
      (url) => new Error('no', { cause: new Error('no', { cause: new Error(`at ${url}`) }) }),
    ],
    ['in the token alone', () => new Error('the token hidden1 is refused', { cause: 'hidden1' })],
    ['in the body', (_url, { body }) => new Error(`sent ${new TextDecoder().decode(body as Uint8Array)}`)],
  ])('that shows a secret %s gets a copy without it as the cause', async (_where, make) => {
    const given = (url: unknown, init: RequestInit = {}) =>
      Promise.reject(Object.assign(make(url, init), { code: 'EMINE' }));
    const error = await open({ fetch: given as typeof fetch })
      .send({
        ...request,
        method: 'POST',
        url: 'http://node01.test/v1?token=hidden5',
        headers: { authorization: 'Bearer hidden1' },
        body: '{"payload":"hidden4"}',
      })
      .catch((caught) => caught);
    expect(error.cause).toMatchObject({ name: 'Error', code: 'EMINE' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hidden');
  });

  it('together with the undici transport is a ConfigError', () => {
    expect(() => open({ transport: 'undici', fetch })).toThrow(ConfigError);
  });
});

describe('the global fetch', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('patched after the transport was opened is the one that is used', async () => {
    const opened = open({});
    vi.stubGlobal('fetch', async () => new Response('patched'));
    expect((await opened.send(request)).body).toBe('patched');
    vi.unstubAllGlobals();
    const url = await serve((_request, response) => response.end('real'));
    expect((await opened.send({ ...request, url })).body).toBe('real');
  });
});
