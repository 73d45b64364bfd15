import * as v from 'valibot';
import { type Clock, systemClock } from '../../core/clock.ts';
import { ConfigError } from '../../core/errors.ts';
import { type Logger, redactUrl, safeLogger, silentLogger } from '../../core/observe.ts';
import { callable, count, having, milliseconds, validate } from '../../core/validate.ts';
import type { JobStore } from './job-store.ts';
import type { LoginFunction, OAuthServer } from './login.ts';
import { type ParamsFolder, paramsFolder } from './params-folder.ts';
import type { Runner } from './runner.ts';
import { type JwtTokens, jwtSecret, type TokenVerifier } from './token-check.ts';

/** Options of `syncratorApp`. What is wrong with any of them is a `ConfigError` at once. */
export interface SyncratorAppOptions {
  /** Where the jobs stand: `sqliteJobStore(path)` is one. The app does not close it. */
  readonly store: JobStore;
  /** What makes them run: `kubernetesRunner(…)` is one, with the same store. The app does not close it. */
  readonly runner: Runner;
  /** The folder of predefined parameters, `<env>/<project>-<action>.public_params`: its path, or a reader of your own. */
  readonly params: string | ParamsFolder;
  /** The env of `/{action}/{project}`, the form without one. @default none: that form is answered with 400 */
  readonly env?: string | undefined;
  /**
   * Who may start and delete, which takes `Authorization: Bearer`: whoever brings a JWT signed with this secret, or a token
   * of which the function says `true`. `'none'`: everybody who reaches the server. What only reads needs no token.
   */
  readonly auth: JwtTokens | TokenVerifier | 'none';
  /** Who gives tokens at `POST /login`: an OAuth server, or a function. @default none: there is no such route */
  readonly login?: OAuthServer | LoginFunction | undefined;
  /** A request's body over this many bytes is answered with 413. @default 1_048_576 */
  readonly maxRequestBytes?: number | undefined;
  /** In place of the platform's `fetch`, for the OAuth server. @default the platform's */
  readonly fetch?: typeof fetch | undefined;
  /** Tells whether a JWT has expired. @default the system's */
  readonly clock?: Clock | undefined;
  /** @default silent */
  readonly logger?: Logger | undefined;
}

/** `SyncratorAppOptions` with the defaults filled in. */
export interface SyncratorAppSettings {
  readonly store: JobStore;
  readonly runner: Runner;
  readonly params: ParamsFolder;
  readonly env: string | undefined;
  readonly auth: SyncratorAppOptions['auth'];
  readonly login: SyncratorAppOptions['login'];
  readonly maxRequestBytes: number;
  readonly fetch: typeof fetch | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseSyncratorAppOptions(options: SyncratorAppOptions): SyncratorAppSettings {
  const given = validate(appOptions, options, 'options');
  const { params, login } = given;
  if (typeof login === 'object') checkOAuthUrl(login.oauth);
  return {
    store: given.store,
    runner: given.runner,
    params: typeof params === 'string' ? paramsFolder(params) : params,
    env: given.env,
    auth: given.auth,
    login,
    maxRequestBytes: given.maxRequestBytes ?? 1024 * 1024,
    fetch: given.fetch,
    clock: given.clock ?? systemClock,
    logger: safeLogger(given.logger ?? silentLogger),
  };
}

function checkOAuthUrl(text: string): void {
  const url = URL.parse(text);
  const plain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (plain && /^https?:$/.test(url.protocol)) return;
  const message = `expected an http or https url without credentials and query, received "${redactUrl(text)}"`;
  throw new ConfigError([{ path: 'options.login.oauth', message }]);
}

// No message shows what was received: what stands here by mistake may be the secret.
const authSchema = v.lazy((value) =>
  typeof value === 'object' && value !== null
    ? v.strictObject({ secret: jwtSecret })
    : v.custom<TokenVerifier | 'none'>(
        (given) => given === 'none' || typeof given === 'function',
        "expected { secret }, a function or 'none'",
      ),
);

const appOptions = v.strictObject({
  store: having<JobStore>('start', 'job', 'jobs', 'syncJobs', 'move'),
  runner: having<Runner>('plan', 'resume', 'start', 'remove'),
  params: v.union([v.string(), having<ParamsFolder>('read')]),
  env: v.optional(v.pipe(v.string(), v.nonEmpty("expected a name such as 'qas', received an empty text"))),
  auth: authSchema,
  login: v.optional(
    v.union([
      callable<LoginFunction>(),
      v.strictObject({ oauth: v.string(), timeout: v.optional(milliseconds(1)) }),
    ]),
  ),
  maxRequestBytes: v.optional(count(1)),
  fetch: v.optional(callable<typeof fetch>()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});
