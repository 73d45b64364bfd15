import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import type { FailAbove } from '../core/fail-above.ts';
import { type Logger, silentLogger } from '../core/observe.ts';
import type { Progress } from '../core/run-options.ts';
import { type Shard, shard } from '../core/shard.ts';
import { abortSignal, callable, count, having, milliseconds, oneOf, validate } from '../core/validate.ts';
import type { PlannedCall } from './call.ts';
import type { BatchSize } from './call-plan.ts';

/** Which part of an action, and how its pods are drawn. */
export interface PlanOptions {
  /**
   * Only this process' part, where several share an action: the pod at every `of`-th place from `index` on, with all of
   * its calls. An action with the order `random` needs the same seeded `random` in each of them.
   * @default { index: 0, of: 1 }
   */
  readonly shard?: Shard | undefined;
  /** Draws the order `random`. @default Math.random */
  readonly random?: Random | undefined;
  /**
   * Only these calls, as the `rerun` of a summary gives them or a part of `plan()`. Their pods are looked up anew, by target,
   * name and namespace, and called where they are now. One that its target no longer selects, or that cannot be called now, is
   * called nowhere: `plan()` leaves it out, and a run has for it a failed result whose error has the code `POD_GONE`.
   * @default all
   */
  readonly calls?: readonly PlannedCall[] | undefined;
  /** Ends reading the pods; `plan()` then rejects with the signal's reason. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** How an action is run. */
export interface ActionOptions extends Omit<PlanOptions, 'signal'> {
  /**
   * Stops the run: nothing new is sent, waits and reads (GET) are cut, a POST under way is awaited. The run then resolves
   * with its summary.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many pods are called at once. The loop order keeps its meaning: the requests of a pod follow each other, or every
   * pod has had a request before the next one begins. Results come in the order of the plan all the same.
   * @default 1
   */
  readonly concurrency?: number | undefined;
  /**
   * Stops the run when more than so many failed: a count, or a share of all calls such as `'10%'`. The rest is `skipped`.
   * With it, all pods are listed before the first call, so that the rest is known.
   * @default never
   */
  readonly failAbove?: FailAbove | undefined;
  /**
   * Called whenever a call has ended, and once at the end where calls were not begun. What it throws never fails the
   * work. `total` is there once all pods are listed, or where the action names a count.
   * @default none
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** How many calls the summary's `rerun` keeps of each kind; of a kind with more than that it keeps none. @default 10_000 */
  readonly rerunLimit?: number | undefined;
  /** Milliseconds for one request, its answer included. @default 10_000 */
  readonly attemptTimeout?: number | undefined;
  /**
   * Milliseconds for one call with its retries, waits and pages.
   * @default 60_000, or more where the attempts and delays that a request's `retries` and `retry_delay` ask for need it
   */
  readonly deadline?: number | undefined;
  /** Milliseconds between the end of a call and the begin of the one that takes its place. @default 0 */
  readonly delayBetweenRequests?: number | undefined;
  /**
   * A ramp: so many pods first, then so many, counts or shares of all pods; the last one repeats. A batch begins when the
   * one before has ended; with `failAbove` a bad start ends there. In the order that goes request by request each request
   * has its ramp. At most `concurrency` pods of a batch are called at once.
   * @default none
   * @example [1, 5, '20%']
   */
  readonly batches?: readonly BatchSize[] | undefined;
  /**
   * `pod-ip` sends to the pods' addresses. `api-proxy` sends through the API server of the cluster, from outside it; urls
   * must have `{node}` as their host then, and no request its own `authorization`.
   * @default 'pod-ip'
   */
  readonly via?: 'pod-ip' | 'api-proxy' | undefined;
  /** A paged GET ends as failed after so many pages, or 64 MB of them. @default 1_000 */
  readonly pageLimit?: number | undefined;
  /** An answer's body over this many bytes is refused. @default 1_048_576 */
  readonly maxBodyBytes?: number | undefined;
  /** `undici` is faster than the platform's `fetch`, and neither msw nor a patched `fetch` sees it. @default 'fetch' */
  readonly transport?: 'fetch' | 'undici' | undefined;
  /** In place of the platform's `fetch`, which is looked up at every call. @default the platform's */
  readonly fetch?: typeof fetch | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default silent */
  readonly logger?: Logger | undefined;
}

/** `PlanOptions` with the defaults filled in. */
export interface PlanSettings {
  readonly shard: Shard;
  readonly random: Random;
  readonly calls: readonly PlannedCall[] | undefined;
  readonly signal: AbortSignal | undefined;
}

/** `ActionOptions` with the defaults filled in, but for those of every run. */
export interface ActionRunSettings extends PlanSettings {
  readonly attemptTimeout: number;
  readonly deadline: number | undefined;
  readonly delayBetweenRequests: number;
  readonly batches: readonly BatchSize[];
  readonly via: 'pod-ip' | 'api-proxy';
  readonly pageLimit: number;
  readonly maxBodyBytes: number;
  readonly transport: 'fetch' | 'undici';
  readonly fetch: typeof fetch | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws {ConfigError} */
export const parsePlanOptions = (options: unknown, isDrawn: boolean): PlanSettings =>
  planSettings(validate(planOptions, options ?? {}, 'options'), isDrawn);

/** @throws {ConfigError} */
export function parseActionOptions(options: unknown, isDrawn: boolean): ActionRunSettings {
  const given = validate(actionOptions, options ?? {}, 'options');
  if (given.transport === 'undici' && given.fetch !== undefined) {
    refuse('fetch', "has no effect with transport: 'undici'; leave out one of them");
  }
  return {
    ...planSettings(given, isDrawn),
    attemptTimeout: given.attemptTimeout ?? 10_000,
    deadline: given.deadline,
    delayBetweenRequests: given.delayBetweenRequests ?? 0,
    batches: given.batches ?? [],
    via: given.via ?? 'pod-ip',
    pageLimit: given.pageLimit ?? 1_000,
    maxBodyBytes: given.maxBodyBytes ?? 1024 * 1024,
    transport: given.transport ?? 'fetch',
    fetch: given.fetch,
    clock: given.clock ?? systemClock,
    logger: given.logger ?? silentLogger,
  };
}

const batchSize = v.custom<BatchSize>(
  (value) =>
    (Number.isSafeInteger(value) && Number(value) >= 1) ||
    (typeof value === 'string' &&
      /^\d{1,3}(?:\.\d{1,6})?%$/.test(value) &&
      inRange(Number.parseFloat(value))),
  ({ received }) => `expected a whole number of at least 1 or a share such as '20%', received ${received}`,
);
const inRange = (percent: number) => percent > 0 && percent <= 100;

const planEntries = {
  shard: v.optional(shard),
  random: v.optional(callable<Random>()),
  calls: v.optional(
    v.custom<readonly PlannedCall[]>((value) => Array.isArray(value), 'expected a list of planned calls'),
  ),
  signal: v.optional(abortSignal),
};

const planOptions = v.strictObject(planEntries);

const actionOptions = v.strictObject({
  ...planEntries,
  // Those of every run are checked where it is begun.
  concurrency: v.optional(v.unknown()),
  failAbove: v.optional(v.unknown()),
  rerunLimit: v.optional(v.unknown()),
  onProgress: v.optional(callable<(progress: Progress) => void>()),
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  delayBetweenRequests: v.optional(milliseconds()),
  batches: v.optional(v.array(batchSize)),
  via: v.optional(oneOf('pod-ip', 'api-proxy')),
  pageLimit: v.optional(count(1)),
  maxBodyBytes: v.optional(count(1)),
  transport: v.optional(oneOf('fetch', 'undici')),
  fetch: v.optional(callable<typeof fetch>()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});

function planSettings(given: v.InferOutput<typeof planOptions>, isDrawn: boolean): PlanSettings {
  const whole = { index: 0, of: 1 };
  const { shard = whole, random, calls, signal } = given;
  if (calls !== undefined && shard.of > 1) refuse('shard', 'has no use with calls; leave out one of them');
  if (isDrawn && shard.of > 1 && random === undefined && calls === undefined) {
    refuse('random', 'the order random needs one that draws the same in every shard; give all the same seed');
  }
  return { shard, random: random ?? systemRandom, calls, signal };
}

function refuse(option: string, message: string): never {
  throw new ConfigError([{ path: `options.${option}`, message }]);
}
