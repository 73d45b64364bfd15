import { onAbort } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { TimeoutError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { connectionError } from './connection-error.ts';
import type { InFlight } from './in-flight.ts';
import type { Carrier, HttpAnswer, HttpRequest } from './message.ts';

interface AttemptTools {
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** What `openTransport` was given. */
  readonly transport: 'fetch' | 'undici' | undefined;
}

/**
 * Settles when the answer is whole, the time is over or the request's signal aborts, whatever the carrier does with the
 * signal that it gets.
 */
export function attempt(
  request: HttpRequest,
  { carrier, clock, inFlight, transport }: AttemptTools,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    // One controller and one timer: AbortSignal.any and AbortSignal.timeout cost several times as much.
    const cut = new AbortController();
    let over = false;
    const release = () => {
      over = true;
      cancelTimer();
      stopListening();
      inFlight.end();
    };
    const giveUp = (reason: unknown) => {
      if (over) return;
      release();
      reject(reason);
      cut.abort(reason);
    };
    const stopListening = onAbort(request.signal, giveUp);
    const cancelTimer = clock.setTimer(() => giveUp(timeoutError(request)), request.timeout);
    inFlight.begin();
    carrier.carry(request, cut.signal).then(
      (answer) => {
        if (over) return;
        release();
        resolve(answer);
      },
      (error: unknown) => {
        // What a cut attempt throws afterwards is the cut itself.
        if (over) return;
        release();
        reject(connectionError(request, error, transport));
      },
    );
  });
}

const timeoutError = ({ method, url, timeout }: HttpRequest) =>
  new TimeoutError(`${method} ${redactUrl(url)} got no answer within ${timeout} ms`);
