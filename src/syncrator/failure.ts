import type { Clock } from '../core/clock.ts';
import { HttpError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { retryAfter } from '../core/retry.ts';
import type { HttpAnswer } from '../http/message.ts';

export interface AnswerFailure {
  readonly error: HttpError;
  /** Milliseconds that the server asks to be left alone. */
  readonly wait: number | undefined;
}

/** What an answer that is no success says; undefined for a success. Its error is `retryable` where the next answer may differ. */
export function failureOf(
  answer: HttpAnswer,
  { method, url }: { readonly method: string; readonly url: string },
  clock: Clock,
): AnswerFailure | undefined {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return undefined;
  const retryable = status >= 500 || later.has(status) || isDatabaseAway(status, body);
  return {
    error: new HttpError({ status, body, method, url: redactUrl(url), retryable, ...noteOf(status, body) }),
    wait: retryAfter(answer.header('retry-after'), clock.now()),
  };
}

const later = new Set([408, 425, 429]);

/** The original answers so for as long as it has no database. */
const isDatabaseAway = (status: number, body: string) => status === 400 && /database .*error/i.test(body);

function noteOf(status: number, body: string): { note: string } | undefined {
  if (isDatabaseAway(status, body)) return { note: 'for it has no database now' };
  if (status === 400) return { note: 'which may mean that it has no such parameter file; body says more' };
  if (status >= 300 && status < 400)
    return { note: 'a redirect, which is not followed; is the base url right?' };
  return undefined;
}
