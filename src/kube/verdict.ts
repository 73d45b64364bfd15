import type { HoldfastError } from '../core/errors.ts';
import { retryAfter } from '../core/retry.ts';
import { KubernetesError } from './errors.ts';
import type { ApiAnswer } from './exchange.ts';
import { attemptsOf, type Before, outcomeOf } from './outcome.ts';
import { parseStatus, type Status } from './status.ts';

/** What an answer means for its call. */
export type Verdict<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The API said no, or will never say anything else. */
  | { readonly kind: 'refused'; readonly error: MakeError }
  /** The credentials were not accepted; nothing happened, unless it is `final`: then it must not be sent again. */
  | { readonly kind: 'unauthorized'; readonly error: MakeError; readonly final: boolean }
  /** Nothing happened; try again, after `wait` milliseconds where the server says so. */
  | { readonly kind: 'later'; readonly error: MakeError; readonly wait: number | undefined }
  /** It may have happened. */
  | { readonly kind: 'unknown'; readonly error: MakeError; readonly wait: number | undefined };

/** The error that ends the call, knowing what went before. */
export type MakeError = (before: Before) => HoldfastError;

export interface Place {
  readonly what: string;
  readonly server: URL;
  readonly description: string;
  /** Milliseconds since the epoch, for dates in Retry-After. */
  readonly now: number;
}

/** The verdict on an answer of the API server. `read` gives `undefined` for a success that is not the API's own. */
export function judge<T>(
  answer: ApiAnswer<string>,
  place: Place,
  read: (answer: ApiAnswer<string>) => T | undefined,
): Verdict<T> {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const value = read(answer);
    if (value !== undefined) return { kind: 'done', value };
    return { kind: 'unknown', error: foreignError(answer, place), wait: undefined };
  }
  const own = parseStatus(answer.body);
  const wait = waitOf(answer, own, place.now);
  const error = own === undefined ? foreignError(answer, place) : statusError(status, own, place);
  if (status === 401) return { kind: 'unauthorized', error, final: false };
  // A proxy's refusal for now is one, too.
  if (status === 429 || status === 425) return { kind: 'later', error, wait };
  if (status >= 500 || status === 408) return { kind: 'unknown', error, wait };
  const final = own !== undefined || isUnknownPath(answer) || (status >= 300 && status < 400);
  return final ? { kind: 'refused', error } : { kind: 'unknown', error, wait };
}

/**
 * An answer that came through the API server's proxy: all but the API server's own refusals is the backend's. A backend can
 * write a Status as well, and after such a 401 or 429 may have done what it was asked; so only what is `safe` to send twice
 * is sent again then. The API server's text for too many requests is taken for its own.
 */
export function judgeProxied(
  answer: ApiAnswer<string>,
  place: Place,
  safe: boolean,
): Verdict<ApiAnswer<string>> {
  const own = parseStatus(answer.body);
  const { status } = answer;
  if (own?.code === status && hasKind(answer.body)) {
    const error = statusError(status, own, place);
    if (status === 401) return { kind: 'unauthorized', error, final: !safe };
    // A pod that was not reached is the caller's to try again: it knows how often.
    return status === 429 && safe
      ? { kind: 'later', error, wait: waitOf(answer, own, place.now) }
      : { kind: 'refused', error };
  }
  if (status === 429 && answer.body.trim() === tooMany) {
    return { kind: 'later', error: foreignError(answer, place), wait: waitOf(answer, own, place.now) };
  }
  return { kind: 'done', value: answer };
}

/** Priority and fairness, and the limit of requests in flight, answer with this text. */
const tooMany = 'Too many requests, please try again later.';

const hasKind = (body: string) => /"kind"\s*:\s*"Status"/.test(body);

/** Go's own answer for a path that is not served. */
const isUnknownPath = ({ status, body }: ApiAnswer<string>) =>
  status === 404 && body.trim() === '404 page not found';

function waitOf(answer: ApiAnswer<string>, own: Status | undefined, now: number): number | undefined {
  const seconds = own?.details?.retryAfterSeconds;
  return (
    retryAfter(answer.header('retry-after'), now) ?? (seconds === undefined ? undefined : seconds * 1000)
  );
}

/** The error for a Status, from an answer or from a line of a watch. */
function statusError(status: number, own: Status, place: Omit<Place, 'now'>): MakeError {
  const { reason, message, details } = own;
  return (before) => {
    const said = `${place.what}: ${message || 'no message'} (${[status, reason].join(' ').trim()})`;
    return new KubernetesError(`${said}${attemptsOf(before)}${hint(status, place, message)}`, {
      status,
      reason,
      details,
      ...outcomeOf(before),
    });
  };
}

function foreignError(answer: ApiAnswer<string>, place: Place): MakeError {
  const { status } = answer;
  return (before) => {
    const type = answer.header('content-type')?.split(';')[0] ?? 'no content type';
    const said = isUnknownPath(answer)
      ? 'serves no such path (404); is it the url of an API server?'
      : `answered ${status} with something that is not the Kubernetes API's (${type}); does a proxy stand between?`;
    const message = `${place.what}: ${place.server.origin} ${said}${attemptsOf(before)}`;
    const reason = status === 429 ? 'TooManyRequests' : '';
    return new KubernetesError(`${message}${status === 401 ? hint(status, place) : ''}`, {
      status,
      reason,
      ...outcomeOf(before),
    });
  };
}

function hint(status: number, { description }: Omit<Place, 'now'>, said = ''): string {
  if (status === 401) {
    return `; the credentials of ${description} are not accepted, and reading them again gave no better ones: log in anew or renew the token`;
  }
  // A quota and a namespace that is going are 403 as well.
  if (status === 403 && / cannot \w+ /.test(said)) {
    return `; ${description} may not do that: name another namespace or have it allowed`;
  }
  return '';
}
