import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { type Logger, redactUrl, safeLogger, silentLogger } from '../core/observe.ts';
import type { FullRetryPolicy, RetryPolicy } from '../core/retry.ts';
import { callable, count, having, milliseconds, oneOf, retryPolicy, validate } from '../core/validate.ts';
import type { Credentials } from './job.ts';

/** Options of a `SyncratorClient`. What is wrong with any of them is a `ConfigError` of its constructor. */
export interface SyncratorOptions {
  /** Of the API: `http://127.0.0.1:8080`. Paths are appended to it. */
  readonly baseUrl: string;
  /** To log in with, when a token is first needed, when it nears its end and when it is refused. @default none */
  readonly credentials?: Credentials | undefined;
  /**
   * A token, or a function that gives one: it is called for every request that needs one, and once more when its token
   * is refused. @default none
   */
  readonly token?: string | (() => string | PromiseLike<string>) | undefined;
  /**
   * How a predefined job is named: `/sync/avo/qas`, or `/sync/avo` where each server has an env of its own.
   * @default 'project-env'
   */
  readonly paths?: 'project-env' | 'project' | undefined;
  /**
   * Attempts of one call, and of a login. The questions of a `follow` have a `retry` of their own, in its options.
   * @default { attempts: 5, baseDelay: 200, maxDelay: 5_000, jitter: 'full' }
   */
  readonly retry?: RetryPolicy | undefined;
  /** Milliseconds for one request, its body included. @default 30_000 */
  readonly attemptTimeout?: number | undefined;
  /** Milliseconds for one call with its retries; a `follow` has its own. @default 60_000 */
  readonly deadline?: number | undefined;
  /** How often all `follow`s together may ask, per second; as many may ask at once. @default 50 */
  readonly pollsPerSecond?: number | undefined;
  /** In place of the platform's `fetch`, which is looked up at every call. @default the platform's */
  readonly fetch?: typeof fetch | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default Math.random */
  readonly random?: Random | undefined;
  /** Hears of every request at `debug`, and of a renewal that failed at `warn`. @default silent */
  readonly logger?: Logger | undefined;
}

/** `SyncratorOptions` with every default filled in. */
export interface SyncratorSettings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly credentials: Credentials | undefined;
  readonly token: SyncratorOptions['token'];
  readonly paths: 'project-env' | 'project';
  readonly retry: FullRetryPolicy;
  readonly attemptTimeout: number;
  readonly deadline: number;
  readonly pollsPerSecond: number;
  readonly fetch?: typeof fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseSyncratorOptions(options: unknown): SyncratorSettings {
  const given = validate(syncratorOptions, options, 'options');
  const { retry, fetch } = given;
  return {
    baseUrl: parseBaseUrl(given.baseUrl),
    credentials: given.credentials,
    token: given.token,
    paths: given.paths ?? 'project-env',
    retry: fullRetry(retry, { attempts: 5, baseDelay: 200, maxDelay: 5_000, jitter: 'full' }),
    attemptTimeout: given.attemptTimeout ?? 30_000,
    deadline: given.deadline ?? 60_000,
    pollsPerSecond: given.pollsPerSecond ?? 50,
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    logger: safeLogger(given.logger ?? silentLogger),
    ...(fetch === undefined ? {} : { fetch }),
  };
}

/** @throws {ConfigError} */
export function parseCredentials(credentials: unknown): Credentials {
  return validate(credentialsSchema, credentials, 'credentials');
}

export function fullRetry(given: RetryPolicy | undefined, defaults: FullRetryPolicy): FullRetryPolicy {
  return {
    attempts: given?.attempts ?? defaults.attempts,
    baseDelay: given?.baseDelay ?? defaults.baseDelay,
    maxDelay: given?.maxDelay ?? defaults.maxDelay,
    jitter: given?.jitter ?? defaults.jitter,
  };
}

/** What may stand in an `Authorization` header. */
export const isToken = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);

// No message of these ever shows what it received: it may be a secret with a slip in it.
const secret = (what: string) =>
  v.custom<string>((value) => typeof value === 'string' && value !== '', `expected ${what}, a text`);

const credentialsSchema = v.strictObject({
  username: secret('the name to log in with'),
  password: secret('the password to log in with'),
});

const syncratorOptions = v.strictObject({
  baseUrl: v.string(),
  credentials: v.optional(credentialsSchema),
  token: v.optional(
    v.custom<NonNullable<SyncratorOptions['token']>>(
      (value) => typeof value === 'function' || isToken(value),
      'expected a token (printable, no spaces, without "Bearer") or a function that gives one',
    ),
  ),
  paths: v.optional(oneOf('project-env', 'project')),
  retry: v.optional(retryPolicy),
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  pollsPerSecond: v.optional(count(1)),
  fetch: v.optional(callable<typeof fetch>()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  random: v.optional(callable<Random>()),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});

function parseBaseUrl(given: string): string {
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw refusal(`expected an http or https url, received "${redactUrl(given)}"`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal('holds a name or a password; pass them as credentials, the API takes a token only');
  }
  if (url.search !== '' || url.hash !== '') {
    throw refusal('a base url has no query and no fragment; leave out what follows the path');
  }
  return url.href.replace(/\/+$/, '');
}

const refusal = (message: string) => new ConfigError([{ path: 'options.baseUrl', message }]);
