import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import type { Lock } from '../core/lock.ts';
import { type Logger, silentLogger } from '../core/observe.ts';
import type { FullRetryPolicy, RetryPolicy } from '../core/retry.ts';
import {
  abortSignal,
  callable,
  having,
  milliseconds,
  oneOf,
  retryPolicy,
  validate,
} from '../core/validate.ts';
import type { GroupDialect } from './dialect.ts';
import { headerDialect } from './header-dialect.ts';
import type { Journal } from './journal.ts';
import { pathDialect } from './path-dialect.ts';

/** Options of a `ClusterClient`. What is wrong with any of them is a `ConfigError` of its constructor. */
export interface ClusterClientOptions {
  /** How the nodes are spoken to. @default 'path' */
  readonly dialect?: 'path' | 'header' | GroupDialect | undefined;
  /** Whether the nodes of one operation are asked and written side by side or one after the other. @default 'parallel' */
  readonly strategy?: 'parallel' | 'sequential' | undefined;
  /**
   * Attempts per node and step while going forward, within `deadline`.
   * @default { attempts: 20, baseDelay: 50, maxDelay: 1_000, jitter: 'full' }
   */
  readonly retry?: RetryPolicy | undefined;
  /**
   * Attempts per node and step while undoing, within `rollbackDeadline`.
   * @default { attempts: 60, baseDelay: 50, maxDelay: 1_000, jitter: 'full' }
   */
  readonly rollbackRetry?: RetryPolicy | undefined;
  /** Milliseconds for one request, its body included. @default 5_000 */
  readonly attemptTimeout?: number | undefined;
  /**
   * Milliseconds for one operation, its wait for the lock included. When it passes, nothing new goes forward; writes in
   * flight are awaited, for at most `attemptTimeout`, and then undone. @default 30_000
   */
  readonly deadline?: number | undefined;
  /** Milliseconds for the undo of one operation; longer than `settle`. @default 60_000 */
  readonly rollbackDeadline?: number | undefined;
  /**
   * Milliseconds for which a request without an answer may still take effect on its node. What commits later than that
   * cannot be noticed. @default the value of `attemptTimeout`
   */
  readonly settle?: number | undefined;
  /**
   * `exclusive`: nobody but this client (and those who share its `journal` or `lock`) writes these groups. `shared`: others
   * may; then what is not proven to be this client's own is never undone. @default 'exclusive'
   */
  readonly writers?: 'exclusive' | 'shared' | undefined;
  /** Remembers open operations; those who share one exclude each other group by group. @default none */
  readonly journal?: Journal | undefined;
  /** Excludes whoever else takes the same lock, group by group. @default none */
  readonly lock?: Lock | undefined;
  /** `undici` is faster than the platform's `fetch`, and neither msw nor a patched `fetch` sees it. @default 'fetch' */
  readonly transport?: 'fetch' | 'undici' | undefined;
  /** In place of the platform's `fetch`, which is looked up at every call. @default the platform's */
  readonly fetch?: typeof fetch | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default Math.random */
  readonly random?: Random | undefined;
  /**
   * Hears of every request and every operation that came out well at `debug`, of operations that were not begun or were undone
   * at `warn`, and of those that left nodes apart at `error`. @default silent
   */
  readonly logger?: Logger | undefined;
}

/** Options of one call. */
export interface CallOptions {
  /** Milliseconds for one request. @default the client's */
  readonly attemptTimeout?: number | undefined;
  /** Milliseconds for the whole call. @default the client's */
  readonly deadline?: number | undefined;
  /**
   * Before the first write an abort rejects the call with the signal's reason. After it, writes under way are awaited: where
   * they make every node good the call resolves, else the operation is undone and rejects with `RolledBackError`.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** `CallOptions` as far as they were given. */
export type CallSettings = Partial<Defined<CallOptions>>;

/** `ClusterClientOptions` with every default filled in. */
export interface ClusterSettings {
  readonly dialect: GroupDialect;
  readonly strategy: 'parallel' | 'sequential';
  readonly retry: FullRetryPolicy;
  readonly rollbackRetry: FullRetryPolicy;
  readonly attemptTimeout: number;
  readonly deadline: number;
  readonly rollbackDeadline: number;
  readonly settle: number;
  readonly writers: 'exclusive' | 'shared';
  readonly journal?: Journal;
  readonly lock?: Lock;
  readonly transport: 'fetch' | 'undici';
  readonly fetch?: typeof fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Throws a `ConfigError` that names every mistake. */
export function parseClusterOptions(options: unknown): ClusterSettings {
  const given = validate(clusterOptions, options ?? {}, 'options');
  const attemptTimeout = given.attemptTimeout ?? 5_000;
  const settle = given.settle ?? attemptTimeout;
  const rollbackDeadline = given.rollbackDeadline ?? Math.max(60_000, 2 * settle);
  refuse(
    rollbackDeadline <= settle,
    'options.rollbackDeadline',
    `expected more than settle (${settle} ms), received ${rollbackDeadline}; an undo must outlast what may still commit`,
  );
  refuse(
    given.transport === 'undici' && given.fetch !== undefined,
    'options.fetch',
    "has no effect with transport: 'undici'; leave out one of them",
  );
  const { journal, lock, fetch } = given;
  return {
    dialect: dialectOf(given.dialect ?? 'path'),
    strategy: given.strategy ?? 'parallel',
    retry: { ...RETRY, ...defined(given.retry) },
    rollbackRetry: { ...ROLLBACK_RETRY, ...defined(given.rollbackRetry) },
    attemptTimeout,
    deadline: given.deadline ?? 30_000,
    rollbackDeadline,
    settle,
    writers: given.writers ?? 'exclusive',
    transport: given.transport ?? 'fetch',
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    logger: given.logger ?? silentLogger,
    ...(journal === undefined ? {} : { journal }),
    ...(lock === undefined ? {} : { lock }),
    ...(fetch === undefined ? {} : { fetch }),
  };
}

export function parseCallOptions(options: unknown): CallSettings {
  return options === undefined ? {} : defined(validate(callOptions, options, 'options'));
}

const RETRY = { attempts: 20, baseDelay: 50, maxDelay: 1_000, jitter: 'full' } as const;
const ROLLBACK_RETRY = { ...RETRY, attempts: 60 } as const;

const callOptions = v.strictObject({
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  signal: v.optional(abortSignal),
});

const clusterOptions = v.strictObject({
  dialect: v.optional(
    v.custom<'path' | 'header' | GroupDialect>(
      (value) =>
        value === 'path' || value === 'header' || v.is(having<GroupDialect>('request', 'classify'), value),
      ({ received }) => `expected 'path', 'header' or a GroupDialect, received ${received}`,
    ),
  ),
  strategy: v.optional(oneOf('parallel', 'sequential')),
  retry: v.optional(retryPolicy),
  rollbackRetry: v.optional(retryPolicy),
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  rollbackDeadline: v.optional(milliseconds(1)),
  settle: v.optional(milliseconds()),
  writers: v.optional(oneOf('exclusive', 'shared')),
  journal: v.optional(having<Journal>('begin', 'end', 'openEntry', 'openEntries')),
  lock: v.optional(having<Lock>('acquire')),
  transport: v.optional(oneOf('fetch', 'undici')),
  fetch: v.optional(callable<typeof fetch>()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  random: v.optional(callable<Random>()),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});

const dialectOf = (dialect: 'path' | 'header' | GroupDialect): GroupDialect => {
  if (dialect === 'path') return pathDialect;
  return dialect === 'header' ? headerDialect : dialect;
};

function refuse(wrong: boolean, path: string, message: string): void {
  if (wrong) throw new ConfigError([{ path, message }]);
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An option given as `undefined` is one that was not given. */
function defined<T extends object>(options: T | undefined): Partial<Defined<T>> {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Defined<T>>;
}
