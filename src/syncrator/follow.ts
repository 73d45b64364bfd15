import { onAbort, sleep } from '../core/abort.ts';
import { TimeoutError } from '../core/errors.ts';
import { guardListener } from '../core/guard-listener.ts';
import type { Outlet } from '../core/handoff.ts';
import { trace, tracingChannel } from '../core/observe.ts';
import type { TakeTurn } from '../core/rate-limit.ts';
import { withRetries } from '../core/retry.ts';
import { Run } from '../core/run.ts';
import { JobDeletedError, JobFailedError } from './errors.ts';
import type { Outcome } from './exchange.ts';
import type { FollowProgress, FollowSettings, JobSummary } from './follow-options.ts';
import type { JobDetail } from './job.ts';
import type { SyncratorSettings } from './options.ts';

export interface FollowTools {
  readonly settings: SyncratorSettings;
  /** Shared by all follows of a client. */
  readonly takeTurn: TakeTurn;
  /** Aborts when the client closes. */
  readonly closing: AbortSignal;
  /** One attempt. */
  ask(timeout: number, signal: AbortSignal): Promise<Outcome<JobDetail>>;
}

/** Asks for a job until it has ended. Its items are the job's states, each that differs from the one before. */
export function followJob(
  tools: FollowTools,
  id: number,
  options: FollowSettings,
): Run<JobDetail, JobSummary> {
  return new Run((outlet) =>
    trace(jobChannel, { jobId: id }, async (context) => {
      const summary = await new Follow(tools, id, options, outlet).run();
      Object.assign(context, { status: summary.job.status });
      return summary;
    }),
  );
}

const jobChannel = tracingChannel('holdfast:job');

class Follow {
  readonly #tools: FollowTools;
  readonly #id: number;
  readonly #options: FollowSettings;
  readonly #outlet: Outlet<JobDetail>;
  readonly #report: (progress: FollowProgress) => void;
  readonly #stop = new AbortController();
  readonly #startedAt: number;
  #last: JobDetail | undefined;

  constructor(tools: FollowTools, id: number, options: FollowSettings, outlet: Outlet<JobDetail>) {
    this.#tools = tools;
    this.#id = id;
    this.#options = options;
    this.#outlet = outlet;
    this.#report = guardListener(options.onProgress, 'onProgress');
    this.#startedAt = tools.settings.clock.monotonic();
  }

  async run(): Promise<JobSummary> {
    const stop = (reason: unknown) => this.#stop.abort(reason);
    const sources = [this.#options.signal, this.#tools.closing, this.#outlet.left];
    const unsubscribe = sources.map((source) => onAbort(source, stop));
    try {
      return await this.#untilEnded();
    } catch (error) {
      const { aborted, reason } = this.#stop.signal;
      if (!aborted || error !== reason || this.#tools.closing.aborted || this.#last === undefined)
        throw error;
      return this.#summary(this.#last);
    } finally {
      for (const off of unsubscribe) off();
    }
  }

  async #untilEnded(): Promise<JobSummary> {
    const { clock, random } = this.#tools.settings;
    const { signal } = this.#stop;
    let { interval } = this.#options;
    for (;;) {
      const job = await this.#ask();
      await this.#tell(job);
      if (job.status === 'completed') return this.#summary(job);
      if (job.status === 'failed') throw new JobFailedError(job);
      if (job.status === 'deleted') throw new JobDeletedError(job);
      // Never past the longest wait, and never two follows in step for long.
      const wait = interval * (0.75 + random() / 2);
      await sleep(Math.min(wait, this.#options.maxInterval, Math.max(0, this.#left())), clock, signal);
      interval = Math.min(interval * 1.5, this.#options.maxInterval);
    }
  }

  async #ask(): Promise<JobDetail> {
    const { settings, takeTurn, ask } = this.#tools;
    const { retry, attemptTimeout } = this.#options;
    const deadline = this.#left();
    if (deadline <= 0) throw this.#late();
    const { signal } = this.#stop;
    const rules = { retry, clock: settings.clock, random: settings.random, deadline, signal };
    const asked = await withRetries(rules, async (cut) => {
      await takeTurn(cut);
      return ask(attemptTimeout, cut);
    });
    if (asked.ok) return asked.value;
    const { error, earlier } = asked;
    // With attempts left, it was the time for another one that was missing.
    const ranOut = this.#left() <= 0 || (error.retryable && earlier.length + 1 < retry.attempts);
    throw ranOut ? this.#late(error) : error;
  }

  async #tell(job: JobDetail): Promise<void> {
    const isNews = JSON.stringify(job) !== JSON.stringify(this.#last);
    this.#last = job;
    const done = job.status === 'completed' ? 1 : 0;
    const failed = job.status === 'failed' || job.status === 'deleted' ? 1 : 0;
    const totalRecords = job.syncJob?.totalRecords ?? 0;
    this.#report({ done, failed, skipped: 0, inFlight: 1 - done - failed, total: 1, job, totalRecords });
    if (isNews && this.#outlet.wanted) await this.#outlet.put(job);
  }

  #summary(job: JobDetail): JobSummary {
    const done = job.status === 'completed' ? 1 : 0;
    const id = this.#id;
    return {
      done,
      failed: 0,
      skipped: 1 - done,
      durationMs: this.#tools.settings.clock.monotonic() - this.#startedAt,
      ok: done === 1,
      rerun: (which) => (which === 'skipped' && done === 0 ? [id] : []),
      job,
    };
  }

  /** Milliseconds until the deadline. */
  #left(): number {
    return this.#startedAt + this.#options.deadline - this.#tools.settings.clock.monotonic();
  }

  #late(cause?: unknown): TimeoutError {
    const state = this.#last === undefined ? 'had not been heard of' : `was still ${this.#last.status}`;
    const message = `job ${this.#id} ${state} after ${this.#options.deadline} ms; it goes on, follow it again by its id`;
    return new TimeoutError(message, cause === undefined ? undefined : { cause });
  }
}
