import type { Random } from './clock.ts';

/** How often, and how far apart, something is tried. */
export interface RetryPolicy {
  /** How many attempts in all; the first one counts. At least 1. */
  readonly attempts: number;
  /** Milliseconds; the ceiling of the first delay, doubled for each one after. @default 50 */
  readonly baseDelay?: number;
  /** Milliseconds; no delay's ceiling is above it. A server's `Retry-After` may be. @default 1_000 */
  readonly maxDelay?: number;
  /**
   * `full` draws each delay between 0 and its ceiling, so that many callers do not come back at once (the "full
   * jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter"). `none` waits the ceiling. @default 'full'
   */
  readonly jitter?: 'full' | 'none';
}

/** The delay in milliseconds after the `failures`-th failed attempt, counted from 1. */
export function backoff(policy: Required<RetryPolicy>, failures: number, random: Random): number {
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
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
