import type { Clock } from '../core/clock.ts';
import { ClosedError, ConfigError } from '../core/errors.ts';
import { type Logger, redactUrl, safeLogger, silentLogger, trace, tracingChannel } from '../core/observe.ts';
import { attempt } from './attempt.ts';
import { openRequestCheck } from './check-request.ts';
import { openFetch } from './fetch-transport.ts';
import { InFlight } from './in-flight.ts';
import type { Carrier, HttpAnswer, HttpRequest } from './message.ts';
import { openUndici } from './undici-transport.ts';

export interface Transport {
  /**
   * One attempt. Any status is an answer, a redirect too: none is followed.
   *
   * @throws {TimeoutError} after `request.timeout`.
   * @throws {ConnectionError} where no complete answer came for another reason, or its body is over the limit.
   * @throws The signal's reason once that has aborted.
   * @throws {ConfigError} for a request that HTTP, or fetch, cannot carry; nothing was sent.
   * @throws {ClosedError} after `close()`.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Resolves when attempts in flight have ended and connections of our own are closed. May be called twice. */
  close(): Promise<void>;
}

export interface TransportOptions {
  /**
   * `fetch` is the platform's, so that interceptors and patches work; `undici` is faster. Left out by who has no option
   * for it, so that no error names that. @default 'fetch'
   */
  readonly transport?: 'fetch' | 'undici';
  /** Used in place of the global `fetch`, which is looked up at each call. Not with `transport: 'undici'`. */
  readonly fetch?: typeof fetch;
  readonly clock: Clock;
  readonly logger: Logger;
  /** An answer's body over this many bytes is refused. @default 1_048_576 */
  readonly maxBodyBytes?: number;
}

export function openTransport(options: TransportOptions): Transport {
  const carrier = openCarrier(options);
  const check = openRequestCheck();
  const { clock, transport } = options;
  const logger = safeLogger(options.logger);
  const observers = logger === silentLogger ? [] : [logged(logger, clock)];
  const inFlight = new InFlight();
  const tools = { carrier, clock, inFlight, transport };
  let closed: Promise<void> | undefined;

  const shut = async () => {
    await inFlight.none();
    await carrier.close?.();
  };

  return {
    send(request) {
      try {
        if (closed !== undefined) throw new ClosedError('this transport');
        request.signal?.throwIfAborted();
        check(request);
      } catch (error) {
        return Promise.reject(error);
      }
      const watching = httpChannel.hasSubscribers ? [...observers, traced] : observers;
      // Nothing stands around the usual request: an async layer more is felt.
      if (watching.length === 0) return attempt(request, tools);
      const work = () => attempt(request, tools);
      inFlight.begin();
      return watching
        .reduce<Work>((inner, observe) => () => observe(request, inner), work)()
        .finally(() => inFlight.end());
    },
    close: () => (closed ??= shut()),
  };
}

const httpChannel = tracingChannel('holdfast:http');

function openCarrier({ transport = 'fetch', fetch, maxBodyBytes = 1024 * 1024 }: TransportOptions): Carrier {
  if (transport === 'fetch') return openFetch(fetch, maxBodyBytes);
  if (fetch === undefined) return openUndici(maxBodyBytes);
  const message = "has no use with transport: 'undici'; leave one of the two out";
  throw new ConfigError([{ path: 'fetch', message }]);
}

type Work = () => Promise<HttpAnswer>;
type Observer = (request: HttpRequest, work: Work) => Promise<HttpAnswer>;

const traced: Observer = ({ method, url }, work) =>
  trace(httpChannel, { method, url }, async (context) => {
    const answer = await work();
    Object.assign(context, { status: answer.status });
    return answer;
  });

const logged =
  (logger: Logger, clock: Clock): Observer =>
  async (request, work) => {
    const { method } = request;
    const url = redactUrl(request.url);
    const start = clock.monotonic();
    const details = () => ({ method, url, duration: clock.monotonic() - start });
    try {
      const answer = await work();
      logger.debug(`${method} ${url} answered ${answer.status}`, { ...details(), status: answer.status });
      return answer;
    } catch (error) {
      logger.debug(`${method} ${url} failed`, { ...details(), error });
      throw error;
    }
  };
