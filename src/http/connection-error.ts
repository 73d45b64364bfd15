import { inspect } from 'node:util';
import { ConfigError, ConnectionError, type HoldfastError } from '../core/errors.ts';
import { isSecretName, redacted, redactText, redactUrl } from '../core/observe.ts';
import type { HttpRequest } from './message.ts';

/** An answer that is whole and of no use. Its message says why and holds nothing of request or answer. */
export class UnusableAnswer extends Error {}

/**
 * The `ConnectionError` for what broke an attempt. The cause is kept, or copied without what must not be seen. A url that
 * fetch will never send to is a `ConfigError`.
 */
export function connectionError(request: HttpRequest, cause: unknown): HoldfastError {
  if (chainOf(cause).some(({ message }) => message === 'bad port')) return badPort(request);
  const reason = reasonOf(cause);
  const message = `${request.method} ${redactUrl(request.url)} got no complete answer${reason && `: ${reason}`}`;
  if (cause instanceof UnusableAnswer || cause === undefined) return new ConnectionError(message);
  const secrets = secretsOf(request);
  return new ConnectionError(message, { cause: isClean(cause, secrets) ? cause : cleanCopy(cause, secrets) });
}

/** The code of the innermost error, as ECONNREFUSED; its message may hold anything. */
function reasonOf(error: unknown): string {
  if (error instanceof UnusableAnswer) return error.message;
  for (const { code } of chainOf(error).reverse()) {
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  }
  return '';
}

/** The fetch standard forbids the ports of other protocols, 6000 and 5060 among them. */
function badPort({ url }: HttpRequest): ConfigError {
  const message = `${redactUrl(url)} has a port that fetch refuses; use another one, or transport: 'undici'`;
  return new ConfigError([{ path: 'url', message }]);
}

type Coded = Error & { readonly code?: unknown };

/** The error and its causes, outermost first. */
function chainOf(error: unknown): Coded[] {
  const chain: Coded[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}

/** Texts of the request that no error may show. */
function secretsOf({ headers, body }: HttpRequest): string[] {
  const values = Object.keys(headers)
    .filter(isSecretName)
    .flatMap((name) => [headers[name] ?? '', ...(headers[name] ?? '').split(/[\s;,]+/)]);
  const text = body === undefined || typeof body === 'string' ? body : new TextDecoder().decode(body);
  return [...values, text ?? ''].filter((secret) => secret !== '');
}

/** Injected fetches attach requests, undici's parser the bytes that came: those are found in whatever field. */
function isClean(cause: unknown, secrets: readonly string[]): boolean {
  if (chainOf(cause).some((error) => 'data' in error)) return false;
  const text = inspect(cause, {
    depth: 8,
    maxStringLength: null,
    maxArrayLength: null,
    breakLength: Infinity,
  });
  return redactText(text) === text && !secrets.some((secret) => text.includes(secret));
}

function cleanCopy(cause: unknown, secrets: readonly string[]): Error {
  const [outermost, ...inner] = chainOf(cause).map((error): Coded => {
    const hides = secrets.some((secret) => error.message.includes(secret));
    const copy: Coded = new Error(hides ? redacted : redactText(error.message));
    return Object.assign(copy, { name: error.name, ...(error.code !== undefined && { code: error.code }) });
  });
  const copy = outermost ?? new Error(redacted);
  inner.reduce((outer, error) => Object.assign(outer, { cause: error }), copy);
  return copy;
}
