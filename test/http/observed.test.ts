import { tracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ConnectionError } from '../../src/core/errors.ts';
import { type Logger, silentLogger } from '../../src/core/observe.ts';
import type { HttpRequest } from '../../src/http/message.ts';
import { openTransport } from '../../src/http/transport.ts';
import { refusedUrl, serve } from './loopback.ts';

const secrets: Partial<HttpRequest> = {
  method: 'POST',
  headers: { authorization: 'Bearer hidden', 'x-api-key': 'hidden' },
  body: '{"password":"hidden"}',
};

const request = (base: string): HttpRequest => ({
  method: 'POST',
  url: `${base}/v1?api_key=hidden&page=2`,
  headers: {},
  timeout: 10_000,
  ...secrets,
});

describe.each(['fetch', 'undici'] as const)('%s transport', (transport) => {
  const open = (logger: Logger = silentLogger) => openTransport({ transport, clock: systemClock, logger });

  it('traces each attempt on holdfast:http, without secrets', async () => {
    const events: [string, unknown][] = [];
    const record = (name: string) => (context: object) => void events.push([name, { ...context }]);
    const subscriber = {
      start: record('start'),
      end: record('end'),
      asyncStart: record('asyncStart'),
      asyncEnd: record('asyncEnd'),
      error: record('error'),
    };
    const channel = tracingChannel('holdfast:http');
    channel.subscribe(subscriber);
    onTestFinished(() => channel.unsubscribe(subscriber));

    const url = await serve((_request, response) => response.writeHead(503).end('hidden'));
    await open().send(request(url));
    expect(events.map(([name]) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(events[0]?.[1]).toEqual({ method: 'POST', url: `${url}/v1?api_key=<redacted>&page=2` });
    expect(events.at(-1)?.[1]).toMatchObject({ status: 503 });

    events.length = 0;
    await open()
      .send(request(await refusedUrl()))
      .catch(() => undefined);
    expect(events.map(([name]) => name)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(events.at(-1)?.[1]).toMatchObject({ method: 'POST', error: expect.any(ConnectionError) });
    expect(inspect(events, { depth: 9 })).not.toContain('hidden');
  });

  it('logs each attempt at debug, without secrets', async () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const url = await serve((_request, response) => response.end('hidden'));
    const refused = await refusedUrl();
    await open(logger).send(request(url));
    await open(logger)
      .send(request(refused))
      .catch(() => undefined);
    expect(logger.debug.mock.calls).toEqual([
      [
        `POST ${url}/v1?api_key=<redacted>&page=2 answered 200`,
        { method: 'POST', url: expect.any(String), status: 200, duration: expect.any(Number) },
      ],
      [
        `POST ${refused}/v1?api_key=<redacted>&page=2 failed`,
        {
          method: 'POST',
          url: expect.any(String),
          error: expect.any(ConnectionError),
          duration: expect.any(Number),
        },
      ],
    ]);
    expect(inspect(logger.debug.mock.calls, { depth: 9 })).not.toContain('hidden');
    for (const level of ['info', 'warn', 'error'] as const) expect(logger[level]).not.toHaveBeenCalled();
  });

  it('does its work with a logger that throws', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    const fail = () => {
      throw new Error('disk full');
    };
    const url = await serve((_request, response) => response.end('fine'));
    const opened = open({ debug: fail, info: fail, warn: fail, error: fail });
    expect((await opened.send(request(url))).body).toBe('fine');
    expect(warned).toHaveBeenCalledOnce();
  });
});
