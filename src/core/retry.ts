import { onAbort, sleep } from './abort.ts';
import type { Clock, Random } from './clock.ts';
import { type HoldfastError, TimeoutError } from './errors.ts';

/** How often, and how far apart, something is tried. */
export interface RetryPolicy {
  /** How many attempts in all; the first one counts. At least 1. */
  readonly attempts: number;
  /** Milliseconds; the ceiling of the first delay, doubled for each one after. @default 50 */
  readonly baseDelay?: number | undefined;
  /** Milliseconds; no delay's ceiling is above it. A server's `Retry-After` may be. @default 1_000 */
  readonly maxDelay?: number | undefined;
  /**
   * `full` draws each delay between 0 and its ceiling, so that many callers do not come back at once (the "full
   * jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter"). `none` waits the ceiling. @default 'full'
   */
  readonly jitter?: 'full' | 'none' | undefined;
}

/** A `RetryPolicy` with every default filled in. */
export type FullRetryPolicy = { readonly [Key in keyof RetryPolicy]-?: Exclude<RetryPolicy[Key], undefined> };

/** The delay in milliseconds after the `failures`-th failed attempt, counted from 1. */
export function backoff(policy: FullRetryPolicy, failures: number, random: Random): number {
  const ceiling = Math.min(policy.maxDelay, policy.baseDelay * 2 ** (failures - 1));
  return policy.jitter === 'full' ? random() * ceiling : ceiling;
}

/**
 * Milliseconds to wait as a `Retry-After` header says (RFC 9110, 10.2.3): seconds, or a date compared with `now`
 * (milliseconds since the epoch). `undefined` where there is none or it is neither.
 */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  if (header === null || header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Date.parse takes almost anything ("-5" is a year); a date of HTTP begins with the name of a day.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  // The asctime form names no zone and is GMT too, where Date.parse takes it for the machine's own.
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** How one attempt came out. */
export type Attempted<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly error: HoldfastError;
      /** That another attempt would end the same. */
      readonly final: boolean;
      /** Milliseconds that the server asks to be left alone. */
      readonly wait?: number | undefined;
    };

/** An attempt that no other would better. */
export const failedForGood = (error: HoldfastError): Attempted<never> => ({ ok: false, error, final: true });

export interface RetryRules {
  readonly retry: FullRetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds for all attempts and the delays between them. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

/** The value of the last attempt; or why that failed, and the ones before it. */
export type Retried<T> =
  | { readonly ok: true; readonly value: T; readonly attempts: number }
  | { readonly ok: false; readonly error: HoldfastError; readonly earlier: readonly HoldfastError[] };

/**
 * Tries until it worked, will never work, the attempts are used up or the deadline has passed. The signal that `work`
 * gets aborts at the deadline and with the caller's.
 *
 * @throws the reason of the caller's signal
 */
export async function withRetries<T>(
  { retry, clock, random, deadline, signal }: RetryRules,
  work: (signal: AbortSignal) => Promise<Attempted<T>>,
): Promise<Retried<T>> {
  signal?.throwIfAborted();
  const end = clock.monotonic() + deadline;
  const cut = new AbortController();
  let late: TimeoutError | undefined;
  const giveUp = () => {
    late = new TimeoutError(`it took longer than ${deadline} ms`);
    cut.abort(late);
  };
  const stops = [onAbort(signal, (reason) => cut.abort(reason)), clock.setTimer(giveUp, deadline)];
  const earlier: HoldfastError[] = [];
  try {
    for (;;) {
      const attempted = await work(cut.signal);
      if (attempted.ok) return { ok: true, value: attempted.value, attempts: earlier.length + 1 };
      cut.signal.throwIfAborted();
      const { error, final } = attempted;
      const failures = earlier.length + 1;
      const wait = Math.max(backoff(retry, failures, random), attempted.wait ?? 0);
      const isLast = final || failures >= retry.attempts || clock.monotonic() + wait >= end;
      if (isLast) return { ok: false, error, earlier };
      earlier.push(error);
      await sleep(wait, clock, cut.signal);
    }
  } catch (error) {
    if (late === undefined || error !== late) throw error;
    return { ok: false, error: late, earlier };
  } finally {
    for (const stop of stops) stop();
  }
}
