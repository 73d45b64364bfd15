import * as v from 'valibot';
import type { FullRetryPolicy, RetryPolicy } from '../core/retry.ts';
import type { Progress, RunOptions } from '../core/run-options.ts';
import type { RunSummary } from '../core/run-task.ts';
import { abortSignal, callable, milliseconds, retryPolicy, validate } from '../core/validate.ts';
import type { JobDetail } from './job.ts';
import { fullRetry, type SyncratorSettings } from './options.ts';

/** `concurrency`, `failAbove` and `rerunLimit` are those of every run; on one job they have no effect. */
export interface FollowOptions extends Omit<RunOptions, 'onProgress' | 'signal'> {
  /** Milliseconds until the job must have ended; follow it again by its id. The client's has no part in it. @default 3_600_000 */
  readonly deadline?: number | undefined;
  /** Milliseconds until the second question; each wait is half as long again as the one before, give or take a quarter. @default 1_000 */
  readonly interval?: number | undefined;
  /** Milliseconds; no wait grows past it. @default 15_000 */
  readonly maxInterval?: number | undefined;
  /** Milliseconds for one request. @default the client's */
  readonly attemptTimeout?: number | undefined;
  /**
   * Attempts of one question, for a server that is away for a while. In place of the client's, which has no part in it.
   * @default { attempts: 10, baseDelay: 500, maxDelay: 30_000, jitter: 'full' }
   */
  readonly retry?: RetryPolicy | undefined;
  /** Called with every answer, also one that tells nothing new. @default none */
  readonly onProgress?: ((progress: FollowProgress) => void) | undefined;
  /**
   * Stops following: the run resolves with the job's last state as skipped; before any, it rejects with the signal's reason.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** What `onProgress` of `follow` hears. */
export interface FollowProgress extends Progress {
  /** As the last answer told it. */
  readonly job: JobDetail;
  /** What the job's program has reported; 0 when unknown. */
  readonly totalRecords: number;
}

/** `done` is 1 for a completed job, `skipped` for one that was not followed to its end. */
export interface JobSummary extends RunSummary<number> {
  /** Its last state. */
  readonly job: JobDetail;
}

/** `FollowOptions` with every default filled in. */
export interface FollowSettings {
  readonly deadline: number;
  readonly interval: number;
  readonly maxInterval: number;
  readonly attemptTimeout: number;
  readonly retry: FullRetryPolicy;
  readonly onProgress: ((progress: FollowProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** @throws {ConfigError} */
export function parseFollowOptions(options: unknown, settings: SyncratorSettings): FollowSettings {
  const given = validate(followOptions, options ?? {}, 'options');
  const interval = given.interval ?? 1_000;
  return {
    deadline: given.deadline ?? 3_600_000,
    interval,
    maxInterval: given.maxInterval ?? Math.max(15_000, interval),
    attemptTimeout: given.attemptTimeout ?? settings.attemptTimeout,
    retry: fullRetry(given.retry, { attempts: 10, baseDelay: 500, maxDelay: 30_000, jitter: 'full' }),
    onProgress: given.onProgress,
    signal: given.signal,
  };
}

const followOptions = v.strictObject({
  deadline: v.optional(milliseconds(1)),
  interval: v.optional(milliseconds(1)),
  maxInterval: v.optional(milliseconds(1)),
  attemptTimeout: v.optional(milliseconds(1)),
  retry: v.optional(retryPolicy),
  onProgress: v.optional(callable<NonNullable<FollowOptions['onProgress']>>()),
  signal: v.optional(abortSignal),
  // Checked by `runSettings`, as for every run.
  concurrency: v.optional(v.unknown()),
  failAbove: v.optional(v.unknown()),
  rerunLimit: v.optional(v.unknown()),
});
