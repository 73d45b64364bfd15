import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'holdfast';
import { UsageError } from '../support/arguments.ts';
import { type Answer, answerTo } from './answer.ts';

/** A request, as the routes see it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** Aborts where the caller hangs up, and at the end of the grace when the service stops. */
  readonly signal: AbortSignal;
}

export interface HttpServerOptions {
  readonly port: number;
  /** Milliseconds that requests under way have at the end before their signals abort. */
  readonly grace: number;
  readonly logger: Logger;
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

/** Listens on this machine. Its disposal takes no more requests, and ends when all that came are answered. */
export async function openHttpServer(
  answer: (call: Call) => Promise<Answer>,
  { port, grace, logger }: HttpServerOptions,
): Promise<HttpServer> {
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work = answerCall(request, response).finally(() => underWay.delete(work));
    underWay.add(work);
  });

  async function answerCall(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const [path = ''] = url.split('?');
    const startedAt = performance.now();
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableEnded) gone.abort(new Error('the caller hung up'));
    });
    // No route reads a body.
    request.resume();
    const signal = AbortSignal.any([gone.signal, stop.signal]);
    const given = await answer({ method, path, signal }).catch((error: unknown) => {
      if (signal.aborted && error === signal.reason) return STOPPED;
      const told = answerTo(error);
      // The client has logged how its operation ended; this is a fault of the service.
      if (told.status === 500 && !('nodes' in (told.body as object))) logger.error(String(error));
      return told;
    });
    // Nothing else comes over this connection.
    if (!server.listening) response.setHeader('connection', 'close');
    if (!gone.signal.aborted) send(response, given);
    const duration = Math.round(performance.now() - startedAt);
    logger.info('request', {
      method,
      path,
      status: gone.signal.aborted ? 'hung up' : given.status,
      duration,
    });
  }

  async function close(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    const timer = setTimeout(() => stop.abort(new Error('the service stops')), grace);
    while (underWay.size > 0) await Promise.all(underWay);
    clearTimeout(timer);
    // Whoever does not read an answer, or has not sent a whole request, has had time to.
    const last = setTimeout(() => server.closeAllConnections(), LAST_WORDS);
    server.closeIdleConnections();
    await closed;
    clearTimeout(last);
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot listen on --port ${port} (${error.code}); choose another`);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: close,
  };
}

/** Nothing was written before the signal aborted. */
const STOPPED: Answer = { status: 503, headers: { 'retry-after': '1' }, body: { error: 'STOPPED' } };

/** Milliseconds for answers to reach those who read them. */
const LAST_WORDS = 1_000;

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain; version=0.0.4' : 'application/json';
  response.writeHead(status, body === undefined ? headers : { 'content-type': type, ...headers });
  response.end(isText || body === undefined ? body : `${JSON.stringify(body)}\n`);
}
