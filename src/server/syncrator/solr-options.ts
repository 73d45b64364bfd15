import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../../core/clock.ts';
import { type Logger, safeLogger, silentLogger } from '../../core/observe.ts';
import type { FullRetryPolicy, RetryPolicy } from '../../core/retry.ts';
import { callable, having, milliseconds, retryPolicy, validate } from '../../core/validate.ts';
import { splitCredentials } from '../../http/credentials.ts';

/** Options of `solrStandby`. */
export interface SolrStandbyOptions {
  /** Of Solr, such as `http://solr.example/solr`; or what gives that of an env. */
  readonly url: string | ((env: string) => string);
  /** Whose `sync` needs it. @default ['cataloguspro', 'metadatacatalogus'] */
  readonly targets?: readonly string[] | undefined;
  /** Milliseconds for one request; deleting takes its time. @default 60_000 */
  readonly attemptTimeout?: number | undefined;
  /** Milliseconds for one preparation with its retries; the runner then begins another. @default 300_000 */
  readonly deadline?: number | undefined;
  /** @default { attempts: 5, baseDelay: 500, maxDelay: 10_000, jitter: 'full' } */
  readonly retry?: RetryPolicy | undefined;
  /** @default the platform's */
  readonly fetch?: typeof fetch | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default Math.random */
  readonly random?: Random | undefined;
  /** @default silent */
  readonly logger?: Logger | undefined;
}

/** `SolrStandbyOptions` with every default filled in. */
export interface SolrSettings {
  readonly url: (env: string) => string;
  readonly targets: readonly string[];
  readonly attemptTimeout: number;
  readonly deadline: number;
  readonly retry: FullRetryPolicy;
  readonly fetch: typeof fetch | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseSolrOptions(options: unknown): SolrSettings {
  const given = validate(solrOptions, options, 'options');
  const { url, retry } = given;
  // At once, and not at the first job.
  if (typeof url === 'string') splitCredentials(url);
  return {
    url: typeof url === 'string' ? () => url : url,
    targets: given.targets ?? ['cataloguspro', 'metadatacatalogus'],
    attemptTimeout: given.attemptTimeout ?? 60_000,
    deadline: given.deadline ?? 300_000,
    retry: {
      attempts: retry?.attempts ?? 5,
      baseDelay: retry?.baseDelay ?? 500,
      maxDelay: retry?.maxDelay ?? 10_000,
      jitter: retry?.jitter ?? 'full',
    },
    fetch: given.fetch,
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    logger: safeLogger(given.logger ?? silentLogger),
  };
}

const solrOptions = v.strictObject({
  url: v.union([v.string(), callable<(env: string) => string>()]),
  targets: v.optional(v.array(v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'expected the name of a target')))),
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  retry: v.optional(retryPolicy),
  fetch: v.optional(callable<typeof fetch>()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  random: v.optional(callable<Random>()),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});
