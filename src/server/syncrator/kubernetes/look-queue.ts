import type { Clock, Random } from '../../../core/clock.ts';
import { backoff, type FullRetryPolicy } from '../../../core/retry.ts';

/** What a look at a job came to. */
export interface Look {
  /** Whether all is done that can be done now. */
  readonly settled: boolean;
  /** Milliseconds after which it has to be looked at again, whatever happens. */
  readonly again?: number | undefined;
}

export interface LookQueueOptions {
  readonly look: (id: number) => Promise<Look>;
  readonly failed: (id: number, error: unknown) => void;
  /** Between looks that fail; how often is not limited. */
  readonly retry: Omit<FullRetryPolicy, 'attempts'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Looks at jobs, as a controller does: one look at each at a time, one more for all that asked meanwhile, and until it is settled. */
export class LookQueue {
  readonly #options: LookQueueOptions;
  readonly #jobs = new Map<number, Queued>();
  #closed = false;

  constructor(options: LookQueueOptions) {
    this.#options = options;
  }

  /** Resolves when a look that begins from now on is settled, and after `close`. */
  ask(id: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const job = this.#jobs.get(id) ?? {
      waiters: [],
      failures: 0,
      running: undefined,
      cancelTimer: undefined,
    };
    this.#jobs.set(id, job);
    return new Promise((resolve) => {
      job.waiters.push(resolve);
      job.cancelTimer?.();
      job.cancelTimer = undefined;
      if (job.running === undefined) job.running = this.#run(id, job);
    });
  }

  /** Awaits the looks under way; begins none. */
  async close(): Promise<void> {
    this.#closed = true;
    const jobs = [...this.#jobs.values()];
    for (const { cancelTimer } of jobs) cancelTimer?.();
    await Promise.all(jobs.map(({ running }) => running));
    for (const { waiters } of jobs) for (const resolve of waiters.splice(0)) resolve();
    this.#jobs.clear();
  }

  async #run(id: number, job: Queued): Promise<void> {
    let again: number | undefined;
    do {
      const asked = job.waiters.splice(0);
      const look = await this.#look(id, job);
      again = look.again;
      if (look.settled) for (const resolve of asked) resolve();
      else job.waiters.unshift(...asked);
      // Whoever asked meanwhile may know more than this look has seen.
      if (job.waiters.length <= (look.settled ? 0 : asked.length)) break;
    } while (!this.#closed);
    job.running = undefined;
    if (this.#closed) return;
    if (again === undefined) {
      this.#jobs.delete(id);
      return;
    }
    const { clock } = this.#options;
    job.cancelTimer = clock.setTimer(() => {
      job.cancelTimer = undefined;
      job.running = this.#run(id, job);
    }, again);
  }

  async #look(id: number, job: Queued): Promise<Look> {
    const { look, failed, retry, random } = this.#options;
    try {
      const found = await look(id);
      job.failures = 0;
      return found;
    } catch (error) {
      if (!this.#closed) failed(id, error);
      job.failures += 1;
      return { settled: false, again: backoff({ attempts: 1, ...retry }, job.failures, random) };
    }
  }
}

interface Queued {
  readonly waiters: (() => void)[];
  /** In a row. */
  failures: number;
  running: Promise<void> | undefined;
  cancelTimer: (() => void) | undefined;
}
