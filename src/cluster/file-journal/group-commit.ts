import type { DatabaseSync } from 'node:sqlite';
import { sleep } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { isBusy } from './sqlite-error.ts';

/** Milliseconds for which another process may hold the database before this one gives up. */
const PATIENCE = 10_000;
const PAUSE = 5;

interface Job {
  /** `undefined` where the commit is to be told. */
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes to one database, all that come in one turn of the event loop in one transaction: they share the disk's wait. */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  #queue: Job[] = [];
  #flushing: Promise<void> | undefined;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Resolves with what `work` returned once that is committed. It may run again, so it has no effect but on the database. */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: (value) => resolve(value as T), reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Resolves when nothing is to be written. */
  async idle(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const jobs = this.#queue;
      this.#queue = [];
      try {
        const values = await this.#commit(jobs);
        for (const [index, { resolve }] of jobs.entries()) resolve(values[index]);
      } catch (error) {
        for (const { reject } of jobs) reject(error);
      }
    }
    this.#flushing = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<readonly unknown[]> {
    const giveUpAt = this.#clock.monotonic() + PATIENCE;
    for (;;) {
      try {
        return inTransaction(this.#database, () => jobs.map(({ work }) => work()));
      } catch (error) {
        if (!isBusy(error) || this.#clock.monotonic() >= giveUpAt) throw error;
      }
      // SQLite's own wait would stop the whole process meanwhile.
      await sleep(PAUSE, this.#clock);
    }
  }
}

/** Writes nothing where `work` throws. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    database.exec('COMMIT');
    return value;
  } catch (error) {
    // Some errors have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
