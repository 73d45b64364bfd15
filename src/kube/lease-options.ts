import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../core/clock.ts';
import { type Logger, safeLogger, silentLogger } from '../core/observe.ts';
import { callable, having, milliseconds, validate } from '../core/validate.ts';
import type { Kubernetes } from './kubernetes.ts';
import { namespaceName } from './names.ts';

/** Options of `leaseLock`. */
export interface LeaseOptions {
  /** Where the Leases stand. @default the client's */
  readonly namespace?: string | undefined;
  /**
   * What the Leases' names begin with: a DNS label of at most 40 characters. Locks of one namespace and prefix exclude each
   * other key by key. @default 'holdfast'
   */
  readonly prefix?: string | undefined;
  /**
   * Milliseconds a holder who is not heard of any more keeps a key; at least 1,000. To be longer than any time for which the
   * API may be away, and than the `attemptTimeout` of requests under the lock: they stop that much before its end.
   * @default 15_000
   */
  readonly duration?: number | undefined;
  /**
   * Milliseconds between two renewals, a fifth of it drawn at random; at most half of `duration`.
   * @default a third of `duration`
   */
  readonly renewEvery?: number | undefined;
  /**
   * Milliseconds between two looks of one who waits, at most, half of it drawn at random.
   * @default 2_000, or a third of `duration` where that is less
   */
  readonly lookEvery?: number | undefined;
  /** The one that the users of the lock have, too. @default the system's */
  readonly clock?: Clock | undefined;
  /** Spreads renewals and looks. @default Math.random */
  readonly random?: Random | undefined;
  /** Hears of renewals that failed at `warn`. @default silent */
  readonly logger?: Logger | undefined;
}

/** `LeaseOptions` with every default filled in. */
export interface LeaseSettings {
  readonly kube: Kubernetes;
  readonly namespace: string | undefined;
  readonly prefix: string;
  readonly duration: number;
  readonly renewEvery: number;
  readonly lookEvery: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseLeaseOptions(kube: unknown, options: unknown): LeaseSettings {
  const given = validate(leaseOptions, options ?? {}, 'options');
  const duration = given.duration ?? 15_000;
  return {
    kube: validate(kubernetes, kube, 'kube'),
    namespace: given.namespace,
    prefix: given.prefix ?? 'holdfast',
    duration,
    renewEvery: given.renewEvery ?? duration / 3,
    lookEvery: given.lookEvery ?? Math.min(2_000, duration / 3),
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    logger: safeLogger(given.logger ?? silentLogger),
  };
}

const kubernetes = having<Kubernetes>('get', 'create', 'replace', 'delete');

const PREFIX = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;

const leaseOptions = v.pipe(
  v.strictObject({
    namespace: v.optional(namespaceName),
    prefix: v.optional(
      v.custom<string>(
        (value) => typeof value === 'string' && PREFIX.test(value),
        ({ received }) =>
          `expected at most 40 lower-case letters, digits and "-", a letter first, received ${received}`,
      ),
    ),
    duration: v.optional(milliseconds(1_000)),
    renewEvery: v.optional(milliseconds(1)),
    lookEvery: v.optional(milliseconds(1)),
    clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
    random: v.optional(callable<Random>()),
    logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
  }),
  v.forward(
    v.check(
      ({ duration = 15_000, renewEvery = 0 }) => renewEvery <= duration / 2,
      ({ input: { duration = 15_000, renewEvery } }) =>
        `expected at most half of duration (${duration} ms), received ${renewEvery}; one renewal may fail`,
    ),
    ['renewEvery'],
  ),
);
