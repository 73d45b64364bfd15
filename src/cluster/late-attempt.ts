import { HoldfastError } from '../core/errors.ts';
import type { AttemptOutcome } from './attempt.ts';

interface Sender {
  /** Milliseconds. */
  readonly attemptTimeout: number;
  /** Monotonic milliseconds from which on the lock may be somebody else's. */
  aloneUntil(): number;
}

/**
 * The outcome of an attempt that is not sent, for it might outlast the lock; `undefined` where it may be. To be asked before
 * every request: a process that was stopped wakes up with its timers late, and hears of a lost lock only after it has sent
 * something.
 */
export function refuseLate(
  { attemptTimeout, aloneUntil }: Sender,
  now: number,
): (AttemptOutcome & { readonly failure: HoldfastError }) | undefined {
  const left = aloneUntil() - now;
  if (left >= attemptTimeout) return undefined;
  const why =
    left > 0
      ? `the lock is sure for ${Math.floor(left)} ms more, and one attempt may take ${attemptTimeout} ms`
      : "the lock may be somebody else's by now";
  return {
    verdict: 'refused',
    inDoubt: false,
    failure: new HoldfastError(why, { code: 'LOCK_LOST', retryable: true }),
  };
}
