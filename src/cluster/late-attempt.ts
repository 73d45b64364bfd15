import { HoldfastError } from '../core/errors.ts';
import type { AttemptOutcome } from './attempt.ts';

interface Sender {
  /** Milliseconds. */
  readonly attemptTimeout: number;
  /** Abort when a lock was lost. */
  readonly lost: readonly AbortSignal[];
  /** Monotonic milliseconds from which on the lock may be somebody else's. */
  aloneUntil(): number;
}

/**
 * The outcome of an attempt that is not sent, for the lock is lost or it might outlast that; `undefined` where it may be. To be asked before
 * every request: a process that was stopped wakes up with its timers late, and hears of a lost lock only after it has sent
 * something.
 */
export function refuseLate(
  { attemptTimeout, lost, aloneUntil }: Sender,
  now: number,
): (AttemptOutcome & { readonly failure: HoldfastError }) | undefined {
  const gone = lost.find(({ aborted }) => aborted);
  const left = gone === undefined ? aloneUntil() - now : 0;
  if (left >= attemptTimeout) return undefined;
  const why =
    left > 0
      ? `the lock is sure for ${Math.floor(left)} ms more, and one attempt may take ${attemptTimeout} ms`
      : "the lock may be somebody else's by now";
  return {
    verdict: 'refused',
    inDoubt: false,
    failure: new HoldfastError(why, {
      code: 'LOCK_LOST',
      retryable: true,
      ...(gone === undefined ? {} : { cause: gone.reason }),
    }),
  };
}
