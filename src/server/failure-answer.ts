import { HoldfastError } from '../core/errors.ts';
import type { Logger } from '../core/observe.ts';
import { DetailError, detailResponse } from './detail.ts';

/**
 * The answer for what a route threw. `statuses` are those of the library's own errors, by their codes; 500 for the rest.
 * Messages of the library's own errors hold no secrets; those of others may.
 */
export function failureAnswer(
  error: unknown,
  signal: AbortSignal,
  logger: Logger,
  statuses: ReadonlyMap<string, number>,
): Response {
  // Nobody reads it.
  if (signal.aborted && error === signal.reason) return detailResponse(499, 'the client left');
  if (error instanceof DetailError) return detailResponse(error.status, error.detail, error.headers);
  if (error instanceof HoldfastError) {
    logger.warn('a request failed', { error });
    return detailResponse(statuses.get(error.code) ?? 500, error.message);
  }
  logger.error('a request failed', { error });
  return detailResponse(500, 'Internal Server Error');
}
