import type { Context, Hono } from 'hono';
import { HoldfastError } from '../core/errors.ts';
import type { Logger } from '../core/observe.ts';
import { DetailError, detailResponse } from './detail.ts';

/** 404 for a path that the app does not have, 405 for one that it has with another method. */
export function notFound(app: Hono, c: Context): Response {
  const methods = app.routes.flatMap(({ method, path }) =>
    method !== 'ALL' && fits(path, c.req.path) ? [method] : [],
  );
  if (methods.length === 0) return detailResponse(404, 'Not Found');
  return detailResponse(405, 'Method Not Allowed', { allow: methods.join(', ') });
}

export interface FailureOptions {
  readonly logger: Logger;
  /** The status for an error of the library. @default 500 for all */
  readonly statusOf?: (error: HoldfastError) => number;
}

/** The answer for an error. Messages of the library's own errors hold no secrets; those of others may. */
export function failure(
  error: unknown,
  signal: AbortSignal,
  { logger, statusOf = () => 500 }: FailureOptions,
): Response {
  // Nobody reads it.
  if (signal.aborted && error === signal.reason) return detailResponse(499, 'the client left');
  if (error instanceof DetailError) return detailResponse(error.status, error.detail, error.headers);
  if (error instanceof HoldfastError) {
    logger.warn('a request failed', { error });
    return detailResponse(statusOf(error), error.message);
  }
  logger.error('a request failed', { error });
  return detailResponse(500, 'Internal Server Error');
}

function fits(pattern: string, path: string): boolean {
  const parts = pattern.split('/');
  const given = path.split('/');
  return parts.length === given.length && parts.every((part, at) => /^:./.test(part) || part === given[at]);
}
