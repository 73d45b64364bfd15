import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type * as sqlite from 'node:sqlite';
import { isBusy } from './sqlite-error.ts';

/**
 * Tells who of those that share a journal still lives. Each owner holds a lock on a file of its own, which the operating
 * system takes away when its process dies, however it dies, and not while it is only stopped. A process id or a heartbeat
 * could say neither.
 *
 * Every method but `isAlive` is to be called with the journal's database locked for writing: a file that was made and
 * is not locked yet looks like that of a dead owner.
 */
export class Owners {
  /** This process, or rather this journal object in it. */
  readonly id = randomUUID();
  readonly #library: typeof sqlite;
  readonly #prefix: string;
  #own: sqlite.DatabaseSync | undefined;

  constructor(library: typeof sqlite, path: string) {
    this.#library = library;
    this.#prefix = `${path}-owner-`;
  }

  /** Holds until `leave`, or until the process ends. */
  enter(): void {
    const own = new this.#library.DatabaseSync(this.#fileOf(this.id), { timeout: 0 });
    this.#own = own;
    // It writes nothing; a file for its rollback would stay behind.
    own.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  }

  leave(): void {
    if (this.#own === undefined) return;
    this.#own.close();
    this.#own = undefined;
    this.#remove(this.id);
  }

  isAlive(id: string): boolean {
    if (id === this.id) return this.#own !== undefined;
    const file = this.#fileOf(id);
    if (!existsSync(file)) return false;
    // Through SQLite only: to close the file by other means would give up this process' own locks on it.
    let database: sqlite.DatabaseSync | undefined;
    try {
      database = new this.#library.DatabaseSync(file, { readOnly: true, timeout: 0 });
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
      return false;
    } catch (error) {
      if (isBusy(error)) return true;
      if (!existsSync(file)) return false;
      throw error;
    } finally {
      database?.close();
    }
  }

  /** Removes the files that dead owners left behind. */
  sweep(): void {
    const folder = dirname(this.#prefix);
    const start = basename(this.#prefix);
    for (const name of readdirSync(folder)) {
      // Of what SQLite puts beside a file, the file is told first.
      const id = name.startsWith(start) ? name.slice(start.length) : '';
      if (ID.test(id) && !this.isAlive(id)) this.#remove(id);
    }
  }

  #fileOf(id: string): string {
    // An id is read from a file, so it may be anything.
    return `${this.#prefix}${ID.test(id) ? id : 'nobody'}`;
  }

  #remove(id: string): void {
    rmSync(this.#fileOf(id), { force: true });
  }
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
