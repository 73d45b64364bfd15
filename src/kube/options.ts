import type { KubeConfig } from '@kubernetes/client-node';
import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../core/clock.ts';
import { type Logger, safeLogger, silentLogger } from '../core/observe.ts';
import type { RateLimit } from '../core/rate-limit.ts';
import type { FullRetryPolicy, RetryPolicy } from '../core/retry.ts';
import { callable, count, having, milliseconds, retryPolicy, validate } from '../core/validate.ts';
import { isPath } from './kubeconfig-files.ts';
import { namespaceName } from './names.ts';

/** Options of `connectKubernetes`. */
export interface KubernetesOptions {
  /**
   * The path of a kubeconfig file, or a `KubeConfig` of `@kubernetes/client-node`, which is read and not changed; a
   * `tokenFile` is lost in that already. A credential plugin that nobody waits for any more is ended, but one that an
   * authenticator of your own has started.
   * Of several files in $KUBECONFIG those that are not there are passed over, and the first to name something counts.
   * @default $KUBECONFIG, else ~/.kube/config, else the service account of the pod this runs in
   */
  readonly kubeconfig?: string | KubeConfig | undefined;
  /** @default the kubeconfig's current context */
  readonly context?: string | undefined;
  /** The namespace of calls that name none. @default the context's, else `default` */
  readonly namespace?: string | undefined;
  /**
   * How many connections may be open, and so how many requests under way; each watch keeps one, and at least one is left
   * for other calls. At least 2. @default 20
   */
  readonly connections?: number | undefined;
  /**
   * How many requests may be started, retries included: `burst` at once, `perSecond` on average. `false`: no limit of our
   * own. @default { perSecond: 50, burst: 100 }
   */
  readonly rateLimit?: RateLimit | false | undefined;
  /** Milliseconds for one request, its body included. @default 10_000 */
  readonly attemptTimeout?: number | undefined;
  /**
   * Milliseconds for one call with its retries, counted from when its first request could start. No wait goes past it.
   * @default 60_000
   */
  readonly deadline?: number | undefined;
  /** Attempts of one request. @default { attempts: 5, baseDelay: 200, maxDelay: 5_000, jitter: 'full' } */
  readonly retry?: RetryPolicy | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default Math.random */
  readonly random?: Random | undefined;
  /** @default silent */
  readonly logger?: Logger | undefined;
}

/** `KubernetesOptions` with every default filled in. */
export interface KubernetesSettings {
  readonly kubeconfig: string | KubeConfig | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly connections: number;
  readonly rateLimit: RateLimit | false;
  readonly attemptTimeout: number;
  readonly deadline: number;
  readonly retry: FullRetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseKubernetesOptions(options: unknown): KubernetesSettings {
  const given = validate(kubernetesOptions, options === undefined ? {} : options, 'options');
  const { retry } = given;
  return {
    kubeconfig: given.kubeconfig,
    context: given.context,
    namespace: given.namespace,
    connections: given.connections ?? 20,
    rateLimit: given.rateLimit ?? { perSecond: 50, burst: 100 },
    attemptTimeout: given.attemptTimeout ?? 10_000,
    deadline: given.deadline ?? 60_000,
    retry: {
      attempts: retry?.attempts ?? 5,
      baseDelay: retry?.baseDelay ?? 200,
      maxDelay: retry?.maxDelay ?? 5_000,
      jitter: retry?.jitter ?? 'full',
    },
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    logger: safeLogger(given.logger ?? silentLogger),
  };
}

const requestRate = v.strictObject({ perSecond: positive(), burst: count(1) });

const noRateLimit = v.custom<false>(
  (value) => value === false,
  ({ received }) => `expected false or { perSecond, burst }, received ${received}`,
);

const kubernetesOptions = v.strictObject({
  kubeconfig: v.optional(
    v.custom<string | KubeConfig>(
      (value) =>
        typeof value === 'string'
          ? isPath(value)
          : v.is(having<KubeConfig>('getCurrentCluster', 'applyToHTTPSOptions'), value),
      // Never the value: a kubeconfig's text passed in place of its path holds credentials.
      ({ input }) => {
        const received = typeof input === 'string' ? 'a text that is none' : typeof input;
        return `expected the path of a file or a KubeConfig of @kubernetes/client-node, received ${received}`;
      },
    ),
  ),
  context: v.optional(
    v.pipe(v.string(), v.nonEmpty('expected the name of a context, received an empty text')),
  ),
  namespace: v.optional(namespaceName),
  connections: v.optional(count(2)),
  rateLimit: v.optional(
    v.lazy((given) => (typeof given === 'object' && given !== null ? requestRate : noRateLimit)),
  ),
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  retry: v.optional(retryPolicy),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  random: v.optional(callable<Random>()),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});

function positive() {
  return v.custom<number>(
    (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
    ({ received }) => `expected a number above 0, received ${received}`,
  );
}
