import { sleep } from '../../../core/abort.ts';
import { ClosedError } from '../../../core/errors.ts';
import { backoff } from '../../../core/retry.ts';
import type { StartParams } from '../job-store.ts';
import type { Runner, StartPlan } from '../runner.ts';
import { ClusterJobs } from './cluster-jobs.ts';
import { JobKeeper } from './job-keeper.ts';
import { markedId } from './job-marks.ts';
import { LookQueue } from './look-queue.ts';
import { overdue } from './overdue.ts';
import { type KubernetesRunnerOptions, parseRunnerOptions, type RunnerSettings } from './runner-options.ts';

/** Between tries; how often is not limited, for what a job waits for ends by its `startTimeout`. */
const RETRY = { baseDelay: 200, maxDelay: 10_000, jitter: 'full' } as const;

/**
 * Runs each job as a Kubernetes Job that an OpenShift template makes, and follows it until it has ended. An earlier Job of
 * the same name is deleted, with its pods, and awaited. The Job carries the id of its job in the label `holdfast/api-job`.
 *
 * Each job runs once, also where this process is killed at any moment, where requests get no answer and arrive later, and
 * where several processes run the jobs of one store: a Job is created suspended, and released once the store knows it.
 *
 * @example
 * const runner = kubernetesRunner({ kube, store, template: await readFile('job_template.yaml', 'utf8') });
 *
 * @throws ConfigError for options that are wrong, and for a template of anything but one Job
 */
export function kubernetesRunner(options: KubernetesRunnerOptions): Runner {
  return new KubernetesRunner(parseRunnerOptions(options));
}

class KubernetesRunner implements Runner {
  readonly #settings: RunnerSettings;
  readonly #closing = new AbortController();
  readonly #jobs: ClusterJobs;
  readonly #queue: LookQueue;
  #following: Following | undefined;

  constructor(settings: RunnerSettings) {
    const { kube, namespace, clock, random, logger } = settings;
    const { signal } = this.#closing;
    this.#settings = settings;
    this.#jobs = new ClusterJobs(kube, namespace, signal);
    const keeper = new JobKeeper(settings, this.#jobs, signal);
    this.#queue = new LookQueue({
      look: (id) => keeper.look(id),
      failed: (id, error) => logger.warn(`job ${id} could not be looked after; it is tried again`, { error }),
      retry: RETRY,
      clock,
      random,
    });
  }

  plan(params: StartParams, jobId: number | 'dryrun'): StartPlan {
    return this.#settings.planner.plan(params, jobId);
  }

  resume(): Promise<void> {
    return this.#follow().taken;
  }

  start(id: number): Promise<void> {
    this.#follow();
    return this.#queue.ask(id);
  }

  remove(id: number): Promise<void> {
    this.#follow();
    return this.#queue.ask(id);
  }

  async close(): Promise<void> {
    this.#closing.abort(new ClosedError('this runner'));
    await this.#queue.close();
    await this.#following?.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One loop for the life of the runner. */
  #follow(): Following {
    if (this.#following === undefined) {
      const { promise: taken, resolve } = Promise.withResolvers<void>();
      const ended = Promise.all([this.#followAll(resolve).finally(resolve), this.#lookAround()]);
      this.#following = { taken, ended };
    }
    return this.#following;
  }

  async #followAll(taken: () => void): Promise<void> {
    const { signal } = this.#closing;
    const { clock, random, logger } = this.#settings;
    let failures = 0;
    for (;;) {
      try {
        for await (const event of this.#jobs.watch()) {
          failures = 0;
          if (event.type !== 'synced') this.#see(markedId(event.object));
          else void this.#takeUp(await this.#settings.store.unfinished()).then(taken);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('the Jobs of the cluster cannot be followed; it is tried again', { error });
      }
      failures += 1;
      const delay = backoff({ attempts: 1, ...RETRY }, failures, random);
      // Ends early by `close` alone.
      await sleep(delay, clock, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /** A watch does not tell of what another process stored before it died, nor of anything while it is silent. */
  async #lookAround(): Promise<void> {
    const { signal } = this.#closing;
    const { clock, lookInterval, logger } = this.#settings;
    for (;;) {
      // Ends early by `close` alone.
      await sleep(lookInterval, clock, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        for (const id of await overdue(this.#settings, this.#jobs)) this.#see(id);
      } catch (error) {
        if (!signal.aborted)
          logger.warn('the Jobs of the cluster cannot be listed; it is tried again', { error });
      }
    }
  }

  #see(id: number | undefined): void {
    // Never rejects.
    if (id !== undefined) void this.#queue.ask(id);
  }

  /** What was killed before its Job was made has none that the watch could tell of; nor has what was deleted unseen. */
  async #takeUp(ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#queue.ask(id)));
  }
}

interface Following {
  /** Resolves when all that was unfinished has been looked at. Never rejects. */
  readonly taken: Promise<void>;
  /** Never rejects. */
  readonly ended: Promise<unknown>;
}
