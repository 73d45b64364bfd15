import type { Dispatcher } from 'undici';
import { onAbort } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { type Logger, redactUrl, silentLogger, trace, tracingChannel } from '../core/observe.ts';
import type { Access } from './access.ts';

/** One request to the API server. */
export interface ApiRequest {
  readonly method: Dispatcher.HttpMethod;
  /** From the root, with its query; sent as it is. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Milliseconds until `read` has what it wants. */
  readonly timeout: number;
  /** Only for what may be cut: aborting it leaves open whether a write happened. */
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer<Body> {
  readonly status: number;
  /** Of any case; several values are joined by a comma. */
  header(name: string): string | undefined;
  readonly body: Body;
}

/** Time ran out before the answer was there. */
export class TimedOut extends Error {}

interface Exchange {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Settles when `read` is through with the answer's body, the time is over or the signal aborts. Any status is an answer.
 */
export async function exchange<Body>(
  { clock, logger }: Exchange,
  access: Access,
  request: ApiRequest,
  read: (data: Dispatcher.ResponseData) => Promise<Body>,
): Promise<ApiAnswer<Body>> {
  const { method } = request;
  const url = redactUrl(urlOf(access, request.path));
  return trace(httpChannel, { method, url }, async (context) => {
    const start = clock.monotonic();
    const details = () => ({ method, url, duration: clock.monotonic() - start });
    try {
      const answer = await cutWhenOver(request, clock, (signal) => send(access, request, signal, read));
      Object.assign(context, { status: answer.status });
      if (logger !== silentLogger) {
        logger.debug(`${method} ${url} answered ${answer.status}`, { ...details(), status: answer.status });
      }
      return answer;
    } catch (error) {
      logger.debug(`${method} ${url} failed`, details());
      throw error;
    }
  });
}

const httpChannel = tracingChannel('holdfast:http');

/** A server may stand below a path of its host. */
function urlOf({ server }: Access, path: string): string {
  return `${server.origin}${server.pathname.replace(/\/+$/, '')}${path}`;
}

async function send<Body>(
  access: Access,
  request: ApiRequest,
  signal: AbortSignal,
  read: (data: Dispatcher.ResponseData) => Promise<Body>,
): Promise<ApiAnswer<Body>> {
  const { origin } = access.server;
  const answer = await access.dispatcher.request({
    origin,
    path: urlOf(access, request.path).slice(origin.length),
    method: request.method,
    // Last, so that nobody's headers speak for another user.
    headers: { 'user-agent': 'holdfast', ...request.headers, ...access.headers },
    body: request.body ?? null,
    signal,
  });
  const { statusCode: status, headers } = answer;
  return {
    status,
    header: (name) => {
      const value = headers[name.toLowerCase()];
      return typeof value === 'object' ? value.join(', ') : value;
    },
    body: await read(answer),
  };
}

function cutWhenOver<T>(
  { timeout, signal }: ApiRequest,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = new AbortController();
    const giveUp = (reason: unknown) => {
      release();
      reject(reason);
      cut.abort(reason);
    };
    const stopTimer = clock.setTimer(() => giveUp(new TimedOut(`no answer within ${timeout} ms`)), timeout);
    let stopListening: (() => void) | undefined;
    const release = () => {
      stopTimer();
      stopListening?.();
    };
    stopListening = onAbort(signal, giveUp);
    work(cut.signal).then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        // What a cut attempt throws afterwards is the cut itself, and the promise is settled.
        if (!cut.signal.aborted) reject(error);
      },
    );
  });
}
