import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../../core/clock.ts';
import type { JournalEnd, JournalEntry, OpenEntry } from '../journal.ts';
import { parseEntry } from './entry.ts';
import { GroupCommit } from './group-commit.ts';
import type { Owners } from './owners.ts';

/** Entries read into memory at a time. */
const PAGE = 100;
/** Ends between two times that waits which are over are forgotten. */
const FORGET_EVERY = 1_000;

/** The open operations. One that is closed leaves nothing behind but, for a while, until when it is unsettled. */
export class Entries {
  readonly #clock: Clock;
  readonly #owners: Owners;
  readonly #commit: GroupCommit;
  readonly #put: StatementSync;
  readonly #close: StatementSync;
  readonly #settle: StatementSync;
  readonly #forget: StatementSync;
  readonly #find: StatementSync;
  readonly #page: StatementSync;
  #ends = 0;

  constructor(database: DatabaseSync, owners: Owners, clock: Clock) {
    this.#clock = clock;
    this.#owners = owners;
    this.#commit = new GroupCommit(database, clock);
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO entries (groupId, operationId, owner, unresolved, unsettledUntil, entry) VALUES (?, ?, ?, ?, ?, ?)',
    );
    // An end that comes late must not take away what somebody else has begun since.
    this.#close = database.prepare('DELETE FROM entries WHERE groupId = ? AND operationId = ?');
    this.#settle = database.prepare(
      'INSERT OR REPLACE INTO settling (groupId, until, since) VALUES (?, ?, ?)',
    );
    this.#forget = database.prepare('DELETE FROM settling WHERE until < ?');
    this.#find = database.prepare('SELECT * FROM entries WHERE groupId = ?');
    this.#page = database.prepare('SELECT * FROM entries WHERE groupId > ? ORDER BY groupId LIMIT ?');
  }

  async begin(entry: JournalEntry): Promise<void> {
    const { groupId, operationId } = entry;
    const text = JSON.stringify(entry);
    await this.#commit.run(() => this.#put.run(groupId, operationId, this.#owners.id, 0, null, text));
  }

  async end(entry: JournalEntry, { as, unsettledUntil }: JournalEnd): Promise<void> {
    const { groupId, operationId } = entry;
    const text = JSON.stringify(entry);
    const now = this.#clock.now();
    const forget = ++this.#ends % FORGET_EVERY === 0;
    await this.#commit.run(() => {
      if (forget) this.#forget.run(now);
      if (as === 'unresolved') {
        this.#put.run(groupId, operationId, this.#owners.id, 1, unsettledUntil ?? null, text);
        return;
      }
      this.#close.run(groupId, operationId);
      if (unsettledUntil !== undefined) this.#settle.run(groupId, unsettledUntil, now);
    });
  }

  find(groupId: string): OpenEntry | undefined {
    const row = this.#find.get(groupId);
    return row === undefined ? undefined : this.#read(row);
  }

  *all(): Iterable<OpenEntry> {
    // No id is empty, so all of them come after.
    for (let last = ''; ; ) {
      // No read stays open in between: it would keep the file from being tidied up.
      const rows = this.#page.all(last, PAGE);
      for (const row of rows) yield this.#read(row);
      if (rows.length < PAGE) return;
      last = String(rows.at(-1)?.['groupId']);
    }
  }

  idle(): Promise<void> {
    return this.#commit.idle();
  }

  #read(row: Readonly<Record<string, unknown>>): OpenEntry {
    const owner = String(row['owner']);
    const unsettledUntil = row['unsettledUntil'];
    return {
      ...parseEntry(row['entry'], String(row['groupId'])),
      owner,
      state: row['unresolved'] === 1 ? 'unresolved' : this.#owners.isAlive(owner) ? 'running' : 'abandoned',
      ...(typeof unsettledUntil === 'number' ? { unsettledUntil } : {}),
    };
  }
}
