import type { RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { User } from '@kubernetes/client-node';
import { HoldfastError } from '../core/errors.ts';

/**
 * The headers that say who asks, from what the client made of the kubeconfig.
 *
 * @throws {HoldfastError} code KUBERNETES_CREDENTIALS for what could only be refused later, or would make a request of
 *   nobody out of a user's
 */
export function readCredentials(
  options: RequestOptions,
  user: User | null,
  description: string,
): Record<string, string> {
  const headers = headersOf(options);
  const unsendable = Object.keys(headers).find((name) => !sendable.test(headers[name] ?? ''));
  if (unsendable !== undefined) {
    const why = `its ${unsendable} header would hold a line break or another character that no header can; write the token or name anew`;
    throw unusable(description, why);
  }
  const code = tlsMistake(options);
  if (code !== undefined) {
    const why = `its certificates or key cannot be used (${code}); check client-certificate, client-key and certificate-authority`;
    throw unusable(description, why);
  }
  const given = /^\S+ ./.test(headers['authorization'] ?? '') || Boolean(options.cert ?? options.pfx);
  if (user !== null && hasCredentials(user) && !given) {
    const why = 'its credential plugin or token file gave none; does it work by hand?';
    throw unusable(description, why, { retryable: true });
  }
  return headers;
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const entries = Object.entries(headers ?? {})
    .filter(([, value]) => value !== undefined)
    // A token file often ends with a line break, which no header can hold.
    .map(([name, value]) => [name.toLowerCase(), String(value).trim()] as const);
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...Object.fromEntries(entries) };
}

/** RFC 9110, 5.5. */
const sendable = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

function tlsMistake({ ca, cert, key, pfx, passphrase }: RequestOptions): string | undefined {
  try {
    createSecureContext({
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(pfx && { pfx }),
      ...(passphrase && { passphrase }),
    });
    return undefined;
  } catch (error) {
    const { code } = error as { code?: unknown };
    return typeof code === 'string' ? code : 'no PEM';
  }
}

const hasCredentials = (user: User) =>
  [user.exec, user.authProvider, user.certData, user.certFile, user.username].some(Boolean) ||
  // An empty one is what a token file held.
  typeof user.token === 'string';

const unusable = (description: string, why: string, { retryable = false } = {}) =>
  new HoldfastError(`${description}: ${why}`, { code: 'KUBERNETES_CREDENTIALS', retryable });
