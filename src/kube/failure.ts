import { ConnectionError, HoldfastError, TimeoutError } from '../core/errors.ts';
import { TimedOut } from './exchange.ts';
import { TooLarge } from './read-text.ts';

/** What the lack of an answer tells. */
export type Failure =
  /** Nothing was sent. */
  | 'unsent'
  /** The other side is not who the kubeconfig says: nothing was sent, nor will be. */
  | 'untrusted'
  /** It may have arrived, and may still. */
  | 'unknown';

/** Which of them, from what the platform and undici throw. */
export function classifyFailure(cause: unknown): Failure {
  const errors = chainOf(cause);
  if (errors.some(({ code }) => code !== undefined && certificate.test(code))) return 'untrusted';
  const unsent = errors.some(
    ({ code, syscall }) =>
      syscall === 'connect' || syscall === 'getaddrinfo' || (code !== undefined && notConnected.has(code)),
  );
  return unsent ? 'unsent' : 'unknown';
}

/** The error to throw: it says who could not be reached and holds neither request nor answer. */
export function failureError(
  what: string,
  cause: unknown,
  place: { readonly server: URL; readonly description: string },
  earlier: readonly HoldfastError[],
): HoldfastError {
  const server = place.server.origin;
  const before = causeOf(earlier);
  if (cause instanceof TimedOut) {
    return new TimeoutError(`${what}: ${server} gave ${cause.message}${attemptsOf(earlier)}`, before);
  }
  const code = chainOf(cause).findLast((error) => error.code !== undefined)?.code;
  const why = cause instanceof TooLarge ? ` (${cause.message})` : code === undefined ? '' : ` (${code})`;
  switch (classifyFailure(cause)) {
    case 'untrusted': {
      const said = handshake.test(code ?? '')
        ? `no TLS connection with ${server} came about${why}; does it speak https, and are certificate and key right`
        : `the certificate of ${server} is not trusted${why}; check certificate-authority and tls-server-name`;
      return new HoldfastError(`${what}: ${said} in ${place.description}`, {
        code: 'KUBERNETES_TLS',
        ...before,
      });
    }
    case 'unsent':
      return new ConnectionError(
        `${what}: ${server} cannot be reached${why}${attemptsOf(earlier)}; is it running, and is it the server meant by ${place.description}?`,
        before,
      );
    case 'unknown':
      return new ConnectionError(
        `${what}: ${server} gave no complete answer${why}${attemptsOf(earlier)}`,
        before,
      );
  }
}

/** How often it was tried, where that was more than once. */
export const attemptsOf = (earlier: readonly HoldfastError[]) =>
  earlier.length === 0 ? '' : ` after ${earlier.length + 1} attempts`;

/** The attempts that failed before, for the `cause` of the error that tells of the last. */
export const causeOf = (earlier: readonly HoldfastError[]): { readonly cause?: unknown } =>
  earlier.length === 0
    ? {}
    : { cause: new AggregateError(earlier, 'The attempts before this one, oldest first') };

const notConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
]);

/** As OpenSSL and Node name what is wrong with a certificate or a handshake. */
const certificate =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

const handshake = /^(?:EPROTO|ERR_SSL_)/;

interface Coded {
  readonly code: string | undefined;
  readonly syscall: unknown;
}

/** The error, its causes and, where several addresses were tried, the error of each. */
function chainOf(error: unknown): Coded[] {
  const found: Coded[] = [];
  const seen = new Set<unknown>();
  const visit = (at: unknown) => {
    if (!(at instanceof Error) || seen.has(at)) return;
    seen.add(at);
    const { code, syscall } = at as { code?: unknown; syscall?: unknown };
    found.push({ code: typeof code === 'string' ? code : undefined, syscall });
    visit(at.cause);
    if (at instanceof AggregateError) for (const inner of at.errors) visit(inner);
  };
  visit(error);
  return found;
}
