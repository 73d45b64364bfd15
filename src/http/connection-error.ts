import { ConfigError, ConnectionError, type HoldfastError } from '../core/errors.ts';
import { cleanError, errorChain, isSecretName, redactUrl } from '../core/observe.ts';
import type { HttpRequest } from './message.ts';

/** An answer that is whole and of no use. Its message says why and holds nothing of request or answer. */
export class UnusableAnswer extends Error {}

/**
 * The `ConnectionError` for what broke an attempt. The cause is kept, or copied without what must not be seen. A url that
 * fetch will never send to is a `ConfigError`; `transport` is what `openTransport` was given.
 */
export function connectionError(
  request: HttpRequest,
  cause: unknown,
  transport: 'fetch' | 'undici' | undefined,
): HoldfastError {
  if (errorChain(cause).some(({ message }) => message === 'bad port')) return badPort(request, transport);
  const reason = reasonOf(cause);
  const message = `${request.method} ${redactUrl(request.url)} got no complete answer${reason && `: ${reason}`}`;
  if (cause instanceof UnusableAnswer || cause === undefined) return new ConnectionError(message);
  return new ConnectionError(message, { cause: cleanError(cause, secretsOf(request)) });
}

/** The code of the innermost error, as ECONNREFUSED; its message may hold anything. */
function reasonOf(error: unknown): string {
  if (error instanceof UnusableAnswer) return error.message;
  for (const { code } of errorChain(error).reverse()) {
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  }
  return '';
}

/** The fetch standard forbids the ports of other protocols, 6000 and 5060 among them. */
function badPort({ url }: HttpRequest, transport: 'fetch' | 'undici' | undefined): ConfigError {
  // Who names no transport has no option of that name to offer.
  const other = transport === undefined ? '' : ", or transport: 'undici'";
  const message = `${redactUrl(url)} has a port that fetch refuses; use another one${other}`;
  return new ConfigError([{ path: 'url', message }]);
}

/** Texts of the request that no error may show. */
function secretsOf({ headers, body }: HttpRequest): string[] {
  const values = Object.keys(headers)
    .filter(isSecretName)
    .flatMap((name) => [headers[name] ?? '', ...(headers[name] ?? '').split(/[\s;,]+/)]);
  const text = body === undefined || typeof body === 'string' ? body : new TextDecoder().decode(body);
  return [...values, text ?? ''].filter((secret) => secret !== '');
}
