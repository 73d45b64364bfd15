import type { Clock } from '../core/clock.ts';
import type { HoldfastError } from '../core/errors.ts';
import { HttpError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { type Attempted, retryAfter } from '../core/retry.ts';
import type { Call } from './call.ts';

/** What came back for one request. */
export interface Answer {
  readonly status: number;
  /** Without the secrets that the call sent. */
  readonly text: string;
  /** The value of `Retry-After`. */
  retryAfter(): string | undefined;
}

/** A success is a 2xx; what another attempt may change is 408, 425, 429 and 5xx. Redirects are not followed. */
export function judgeAnswer(answer: Answer, call: Call, clock: Clock): Attempted<Answer> {
  const { status, text } = answer;
  if (status >= 200 && status < 300) return { ok: true, value: answer };
  const retryable = isRetryable(status);
  const { type: method } = call.request.endpoint;
  const error: HoldfastError = new HttpError({
    status,
    url: redactUrl(call.url),
    method,
    body: text,
    retryable,
  });
  return { ok: false, error, final: !retryable, wait: retryAfter(answer.retryAfter(), clock.now()) };
}

export const isRetryable = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500;
