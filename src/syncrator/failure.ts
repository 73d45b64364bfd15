import type { Clock } from '../core/clock.ts';
import { HttpError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { retryAfter } from '../core/retry.ts';
import type { HttpAnswer } from '../http/message.ts';
import { wordsOf } from './answer-words.ts';

export interface AnswerFailure {
  readonly error: HttpError;
  /** Milliseconds that the server asks to be left alone. */
  readonly wait: number | undefined;
}

/**
 * What an answer that is no success says; undefined for a success. Its error is `retryable` where the next answer may
 * differ. `secrets`: what the request carried that must not be shown.
 */
export function failureOf(
  answer: HttpAnswer,
  request: { readonly method: string; readonly url: string },
  clock: Clock,
  secrets: readonly string[],
): AnswerFailure | undefined {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return undefined;
  const { method } = request;
  const url = redactUrl(request.url);
  const retryable = status >= 500 || later.has(status) || isDatabaseAway(status, body);
  const note = noteOf(answer, url, wordsOf(body, secrets));
  return {
    error: new HttpError({ status, body, method, url, retryable, ...(note === undefined ? {} : { note }) }),
    wait: retryAfter(answer.header('retry-after'), clock.now()),
  };
}

const later = new Set([408, 425, 429]);

/** The original answers so for as long as it has no database. */
const isDatabaseAway = (status: number, body: string) => status === 400 && /database .*error/i.test(body);

function noteOf(answer: HttpAnswer, url: string, said: string | undefined): string | undefined {
  const meant = meaningOf(answer, url, said !== undefined);
  if (said === undefined) return meant;
  return meant === undefined ? `and says: ${said}` : `${meant}; it says: ${said}`;
}

function meaningOf({ status, body }: HttpAnswer, url: string, says: boolean): string | undefined {
  if (isDatabaseAway(status, body)) return 'for it has no database now';
  if (status === 400 && !says) return 'which may mean that it has no such parameter file; body says more';
  const job = status === 404 ? /\/jobs\/(\d+)$/.exec(url)?.[1] : undefined;
  if (job !== undefined) return `for there is no job ${job}${says ? '' : '; or is the base url wrong?'}`;
  if (status === 404 && !says) return 'which may mean that the base url is wrong';
  if (status >= 300 && status < 400) return 'a redirect, which is not followed; is the base url right?';
  return undefined;
}
