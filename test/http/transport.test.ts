import { getEventListeners, once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ConfigError, ConnectionError, TimeoutError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/observe.ts';
import type { HttpRequest } from '../../src/http/message.ts';
import { openTransport, type TransportOptions } from '../../src/http/transport.ts';
import { handClock, refusedUrl, serve, serveRaw } from './loopback.ts';

describe.each(['fetch', 'undici'] as const)('%s transport', (transport) => {
  const open = (options: Partial<TransportOptions> = {}) => {
    const opened = openTransport({ transport, clock: systemClock, logger: silentLogger, ...options });
    onTestFinished(() => opened.close());
    return opened;
  };
  const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url,
    headers: {},
    timeout: 10_000,
    ...more,
  });
  const failure = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => expect.unreachable('nothing was thrown'),
      (error: Error) => error,
    );

  describe('an answer', () => {
    it.each([200, 201, 204, 304, 308, 400, 404, 408, 429, 500, 503])(
      'is one whatever its status: %i',
      async (status) => {
        const url = await serve((_request, response) => response.writeHead(status).end());
        const answer = await open().send(get(url));
        expect(answer.status).toBe(status);
        expect(answer.body).toBe('');
      },
    );

    it('gives its headers by a name of any case, several values joined', async () => {
      const url = await serve((_request, response) =>
        response
          .writeHead(
            200,
            [
              ['Retry-After', '3'],
              ['X-Two', 'a'],
              ['X-Two', 'b'],
            ].flat(),
          )
          .end(),
      );
      const answer = await open().send(get(url));
      expect(answer.header('RETRY-after')).toBe('3');
      expect(answer.header('x-two')).toBe('a, b');
      expect(answer.header('x-none')).toBeUndefined();
    });

    it('is the redirect itself: it is not followed', async () => {
      const seen: (string | undefined)[] = [];
      const url = await serve((request, response) => {
        seen.push(request.url);
        response.writeHead(302, { location: '/elsewhere' }).end('moved');
      });
      const answer = await open().send(get(`${url}/start`));
      expect([answer.status, answer.header('location'), answer.body]).toEqual([302, '/elsewhere', 'moved']);
      expect(seen).toEqual(['/start']);
    });

    it('has its body decoded as UTF-8, also where a character is cut in two', async () => {
      const bytes = Buffer.from('grün 💚');
      const url = await serve((_request, response) => {
        response.write(bytes.subarray(0, 3));
        setImmediate(() => response.write(bytes.subarray(3, 8)));
        setImmediate(() => setImmediate(() => response.end(bytes.subarray(8))));
      });
      expect((await open().send(get(url))).body).toBe('grün 💚');
    });

    it('to HEAD has no body, and the length it names is no matter', async () => {
      const url = await serve((_request, response) =>
        response.writeHead(200, { 'content-length': 5_000_000 }).end(),
      );
      const answer = await open().send(get(url, { method: 'HEAD' }));
      expect([answer.status, answer.body]).toEqual([200, '']);
    });

    it('may be as long as the limit', async () => {
      const url = await serve((_request, response) => response.end('x'.repeat(100)));
      expect((await open({ maxBodyBytes: 100 }).send(get(url))).body).toHaveLength(100);
    });
  });

  describe('on the wire', () => {
    const record = async () => {
      const seen: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[] = [];
      const url = await serve(async (request: IncomingMessage, response) => {
        const body = (await request.toArray()).join('');
        const { method = '', url = '', headers } = request;
        seen.push({ method, url, headers, body });
        response.end();
      });
      return { seen, url };
    };

    it.each([
      ['a text', '{"groupId":"ü"}'],
      ['bytes', new TextEncoder().encode('{"groupId":"ü"}')],
    ])('%s goes out as it is, and no content-type is made up for it', async (_what, body) => {
      const { seen, url } = await record();
      for (const method of ['POST', 'PUT', 'DELETE']) await open().send(get(url, { method, body }));
      expect(seen.map((request) => request.method)).toEqual(['POST', 'PUT', 'DELETE']);
      for (const request of seen) {
        expect(request.body).toBe('{"groupId":"ü"}');
        expect(request.headers['content-length']).toBe('16');
        expect(request.headers).not.toHaveProperty('content-type');
        expect(request.headers.accept ?? '*/*').toBe('*/*');
      }
    });

    it('the headers named are sent', async () => {
      const { seen, url } = await record();
      const headers = { 'Content-Type': 'application/json', node: 'node01', 'x-latin': 'é' };
      await open().send(get(url, { method: 'POST', headers, body: '{}' }));
      expect(seen[0]?.headers).toMatchObject({
        'content-type': 'application/json',
        node: 'node01',
        'x-latin': 'é',
      });
    });

    it('path and query stay as they are encoded', async () => {
      const { seen, url } = await record();
      await open().send(get(`${url}/v1/..%2Fa%20b/?q=%C3%BC&r=a+b#fragment`));
      expect(seen[0]?.url).toBe('/v1/..%2Fa%20b/?q=%C3%BC&r=a+b');
    });
  });

  describe('without a complete answer', () => {
    const cases: Record<string, (socket: Socket) => void> = {
      'a reset': (socket) => socket.resetAndDestroy(),
      'an end without an answer': (socket) => socket.end(),
      'a body shorter than its length': (socket) =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"group'),
      'a chunked body without its end': (socket) =>
        socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'),
      'a reset within the body': (socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"group', () => socket.resetAndDestroy()),
      'bytes that are no HTTP': (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
    };

    it.each(Object.entries(cases))('%s is a ConnectionError', async (_what, onRequest) => {
      const url = await serveRaw(onRequest);
      const error = await failure(
        open().send(get(`${url}/v1?token=hidden`, { method: 'DELETE', body: '{}' })),
      );
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error.message).toContain(`DELETE ${url}/v1?token=<redacted> got no complete answer`);
      expect(error.cause).toBeInstanceOf(Error);
    });

    it('a refused connection is a ConnectionError that says so', async () => {
      const error = await failure(open().send(get(await refusedUrl())));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retryable: true });
      expect(error.message).toMatch(/^GET http:\S+ got no complete answer: ECONNREFUSED$/);
    });

    it('what no parser understood is not shown', async () => {
      const url = await serveRaw((socket) =>
        socket.end('HTTP/1.1 200 OK\r\nset cookie session=hidden\r\n\r\n'),
      );
      const error = await failure(open().send(get(url)));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(inspect(error, { depth: 9 })).not.toMatch(/hidden|data:/);
    });

    it.each([
      ['of a known length', { 'content-length': '101' }],
      ['of unknown length', {}],
    ])(
      'a body %s over the limit is a ConnectionError, and is not read to its end',
      async (_what, headers) => {
        const closed = Promise.withResolvers<void>();
        const url = await serve((_request, response) => {
          response.on('close', closed.resolve);
          response.writeHead(200, headers);
          response.flushHeaders();
          // It never ends.
          response.write('x'.repeat('content-length' in headers ? 1 : 101));
        });
        const error = await failure(open({ maxBodyBytes: 100 }).send(get(url)));
        expect(error).toBeInstanceOf(ConnectionError);
        await closed.promise;
      },
    );
  });

  describe('the time limit', () => {
    it.each([
      ['before the answer', ''],
      ['within the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
      ['within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"gro'],
      ['within a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n'],
    ])('ends an attempt that hangs %s, and its connection', async (_where, bytes) => {
      const clock = handClock();
      const closed = Promise.withResolvers<void>();
      const url = await serveRaw((socket) => {
        socket.on('close', () => closed.resolve());
        socket.write(bytes || '\r\n', () => setImmediate(clock.fire));
      });
      const error = await failure(open({ clock }).send(get(`${url}/x`, { timeout: 5000 })));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error.message).toBe(`GET ${url}/x got no answer within 5000 ms`);
      expect(clock.delays).toEqual([5000]);
      await closed.promise;
    });

    it('leaves no timer behind, however the attempt ends', async () => {
      const clock = handClock();
      const url = await serve((_request, response) => response.end());
      await open({ clock }).send(get(url));
      await failure(open({ clock }).send(get(await refusedUrl())));
      expect(clock.delays).toHaveLength(2);
      expect(clock.pending).toBe(0);
    });

    it('is that of the real clock, too', async () => {
      const url = await serve(() => undefined);
      expect(await failure(open().send(get(url, { timeout: 20 })))).toBeInstanceOf(TimeoutError);
    });
  });

  describe('the signal', () => {
    it.each([
      ['before the answer', ''],
      ['within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"gro'],
    ])('cuts an attempt %s with its own reason', async (_where, bytes) => {
      const caller = new AbortController();
      const reason = { mine: true };
      const url = await serveRaw((socket) => socket.write(bytes || '\r\n', () => caller.abort(reason)));
      const sent = open().send(get(url, { signal: caller.signal }));
      expect(await failure(sent)).toBe(reason);
    });

    it('that has aborted keeps the request from being sent', async () => {
      let requests = 0;
      const url = await serve((_request, response) => response.end(String(++requests)));
      const sent = open().send(get(url, { signal: AbortSignal.abort('stop') }));
      expect(await failure(sent)).toBe('stop');
      expect((await open().send(get(url))).body).toBe('1');
    });

    it('collects no listeners of attempts that have ended', async () => {
      const { signal } = new AbortController();
      const clock = handClock();
      const url = await serve((request, response) => {
        if (request.url === '/hang') clock.fire();
        else response.end();
      });
      await open({ clock }).send(get(url, { signal }));
      await failure(open({ clock }).send(get(await refusedUrl(), { signal })));
      expect(await failure(open({ clock }).send(get(`${url}/hang`, { signal })))).toBeInstanceOf(
        TimeoutError,
      );
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    });
  });

  describe('close', () => {
    it('waits for attempts in flight, refuses later ones, and may be called twice', async () => {
      const arrived = Promise.withResolvers<() => void>();
      const url = await serve((_request, response) => arrived.resolve(() => response.end('late')));
      const opened = open();
      const sent = opened.send(get(url));
      const answer = await arrived.promise;
      const order: string[] = [];
      const closing = Promise.all([opened.close(), opened.close()]).then(() => order.push('closed'));
      expect(await failure(opened.send(get(url)))).toMatchObject({ name: 'ClosedError', code: 'CLOSED' });
      answer();
      expect((await sent.finally(() => order.push('answered'))).body).toBe('late');
      await closing;
      expect(order).toEqual(['answered', 'closed']);
    });

    it('of a transport that has sent nothing resolves', async () => {
      await expect(open().close()).resolves.toBeUndefined();
    });
  });

  describe('a request that no HTTP can carry', () => {
    it.each<[string, Partial<HttpRequest>, string]>([
      ['a relative url', { url: '/v1/group' }, 'url'],
      ['a url of another protocol', { url: 'ftp://host/' }, 'url'],
      ['a url with credentials', { url: 'http://admin:hidden@127.0.0.1:9/' }, 'url'],
      [
        'a header value with a line break',
        { headers: { authorization: 'hidden\r\nx: y' } },
        'headers.authorization',
      ],
      ['a header value out of reach', { headers: { 'x-name': 'hidden ✓' } }, 'headers.x-name'],
      ['a header name with a space', { headers: { 'x name': 'hidden' } }, 'headers'],
      ['a GET with a body', { body: 'hidden' }, 'body'],
    ])('%s is a ConfigError that shows no secret', async (_what, wrong, path) => {
      const error = await failure(open().send(get('http://127.0.0.1:9/', wrong)));
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).issues.map((issue) => issue.path)).toEqual([path]);
      expect(inspect(error)).not.toContain('hidden');
    });
  });

  it('shows nothing of headers, body and secret parameters in an error', async () => {
    const url = await serveRaw((socket) => socket.resetAndDestroy());
    const clock = handClock();
    const hanging = await serve(() => clock.fire());
    const secret: Partial<HttpRequest> = {
      method: 'POST',
      headers: { authorization: 'Bearer hidden1', cookie: 'hidden2', 'x-api-key': 'hidden3' },
      body: '{"password":"hidden4"}',
    };
    for (const base of [url, hanging]) {
      const error = await failure(open({ clock }).send(get(`${base}/?access_token=hidden5`, secret)));
      expect(`${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`).not.toContain(
        'hidden',
      );
    }
  });
});

describe('connections of the undici transport', () => {
  it('are kept for later requests and gone after close', async () => {
    const opened = openTransport({ transport: 'undici', clock: systemClock, logger: silentLogger });
    const closed = new Map<Socket, Promise<unknown>>();
    const url = await serve(({ socket }, response) => {
      if (!closed.has(socket)) closed.set(socket, once(socket, 'close'));
      // Far longer than the test: only close() can be what ends the connection.
      response.setHeader('keep-alive', 'timeout=600').end();
    });
    for (let count = 0; count < 10; count++) {
      await opened.send({ method: 'GET', url, headers: {}, timeout: 10_000 });
    }
    // Two, where a request meets the moment in which the one before has its answer and not yet given back the socket.
    expect(closed.size).toBeLessThanOrEqual(2);
    await opened.close();
    await Promise.all(closed.values());
  });
});

describe('a compressed answer', () => {
  it('over the limit once unpacked is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000));
    const url = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb),
    );
    const opened = openTransport({ clock: systemClock, logger: silentLogger, maxBodyBytes: 100_000 });
    await expect(opened.send({ method: 'GET', url, headers: {}, timeout: 10_000 })).rejects.toThrow(
      'its body is over 100000 bytes',
    );
  });
});
