import { ConnectionError, HoldfastError, TimeoutError } from '../core/errors.ts';
import { TimedOut } from './exchange.ts';
import { attemptsOf, type Before, outcomeOf } from './outcome.ts';
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

interface FailurePlace {
  readonly what: string;
  readonly server: URL;
  readonly description: string;
}

/** The error for a failure that may pass: it says who could not be reached and holds neither request nor answer. */
export function failureError(cause: unknown, place: FailurePlace, before: Before): HoldfastError {
  const { what, server, description } = place;
  const outcome = outcomeOf(before);
  const attempts = attemptsOf(before);
  if (cause instanceof TimedOut) {
    return new TimeoutError(`${what}: ${server.origin} gave ${cause.message}${attempts}`, outcome);
  }
  const code = codeOf(cause);
  const why = cause instanceof TooLarge ? ` (${cause.message})` : code && ` (${code})`;
  if (classifyFailure(cause) === 'unknown') {
    return new ConnectionError(`${what}: ${server.origin} gave no complete answer${why}${attempts}`, outcome);
  }
  const doubt = before.uncertain ? ' An earlier attempt may have been carried out.' : '';
  return new ConnectionError(
    `${what}: ${server.origin} cannot be reached${why}${attempts}; is it running, and is it the server meant by ${description}?${doubt}`,
    outcome,
  );
}

/** The error for a server that is not who the kubeconfig says. */
export function untrustedError(cause: unknown, { what, server, description }: FailurePlace): HoldfastError {
  const code = codeOf(cause);
  const said = handshake.test(code)
    ? `no TLS connection with ${server.origin} came about (${code}); does it speak https, and are certificate and key right`
    : `the certificate of ${server.origin} is not trusted (${code}); check certificate-authority and tls-server-name`;
  return new HoldfastError(`${what}: ${said} in ${description}`, { code: 'KUBERNETES_TLS' });
}

/** Of the innermost error that has one; empty else. */
const codeOf = (cause: unknown) => chainOf(cause).findLast(({ code }) => code !== undefined)?.code ?? '';

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
