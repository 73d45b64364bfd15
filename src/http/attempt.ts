import { onAbort } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { TimeoutError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { connectionError } from './connection-error.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';

/**
 * Settles when the answer is whole, the time is over or the request's signal aborts, whatever `carry` does with the
 * signal that it gets.
 */
export function attempt(
  request: HttpRequest,
  clock: Clock,
  carry: (signal: AbortSignal) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    // One controller and one timer: AbortSignal.any and AbortSignal.timeout cost several times as much.
    const cut = new AbortController();
    let stopListening = (): void => undefined;
    const release = () => {
      cancelTimer();
      stopListening();
    };
    const giveUp = (reason: unknown) => {
      release();
      reject(reason);
      cut.abort(reason);
    };
    const cancelTimer = clock.setTimer(() => giveUp(timeoutError(request)), request.timeout);
    stopListening = onAbort(request.signal, giveUp);
    carry(cut.signal).then(
      (answer) => {
        release();
        resolve(answer);
      },
      (error: unknown) => {
        release();
        // What a cut attempt throws afterwards is the cut itself, and the promise is settled.
        if (!cut.signal.aborted) reject(connectionError(request, error));
      },
    );
  });
}

const timeoutError = ({ method, url, timeout }: HttpRequest) =>
  new TimeoutError(`${method} ${redactUrl(url)} got no answer within ${timeout} ms`);
