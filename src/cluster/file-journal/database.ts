import { realpathSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { sleep } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { inTransaction } from './group-commit.ts';
import { Owners } from './owners.ts';
import { explained, isBusy, unusable } from './sqlite-error.ts';

/** A journal's file, opened. */
export interface JournalDatabase {
  /** For entries: what is committed here outlives a power cut (`synchronous = FULL`). */
  readonly durable: DatabaseSync;
  /** For claims, which mean nothing after a crash: a commit does not wait for the disk. */
  readonly quick: DatabaseSync;
  readonly owners: Owners;
}

/** "hold" */
const APPLICATION_ID = 0x686f6c64;
const VERSION = 1;
/** Milliseconds for which others may be at the file while it is opened. */
const PATIENCE = 10_000;
/** Milliseconds that SQLite may stop the process to wait for others. */
const TIMEOUT = 5;

/**
 * Opens the file, or makes it. A file that is no journal is not touched.
 *
 * @throws ConfigError for a file of something else, a damaged one, one of a later version, and one that cannot be opened
 */
export async function openJournalDatabase(path: string, clock: Clock): Promise<JournalDatabase> {
  // Not at the top: the module warns on Node 22, also those who keep no journal.
  const sqlite = await import('node:sqlite');
  const giveUpAt = clock.monotonic() + PATIENCE;
  for (;;) {
    const opened: DatabaseSync[] = [];
    const open = () => {
      const database = new sqlite.DatabaseSync(path, { timeout: TIMEOUT });
      opened.push(database);
      return database;
    };
    try {
      const durable = open();
      prepareFile(durable, path);
      durable.exec('PRAGMA synchronous = FULL');
      const quick = open();
      quick.exec('PRAGMA synchronous = NORMAL');
      // Whatever link each process came by, they look for each other beside the file itself, as SQLite does.
      const owners = new Owners(sqlite, realpathSync(path));
      inTransaction(durable, () => {
        owners.sweep();
        owners.enter();
      });
      return { durable, quick, owners };
    } catch (error) {
      for (const database of opened) database.close();
      if (!isBusy(error) || clock.monotonic() >= giveUpAt) throw explained(error, path);
    }
    await sleep(TIMEOUT, clock);
  }
}

function prepareFile(database: DatabaseSync, path: string): void {
  // Reads only, until it is known to be a journal or empty.
  const isEmpty = numberOf(database, 'SELECT count(*) AS value FROM sqlite_schema') === 0;
  if (!isEmpty) checkFile(database, path);
  database.exec('PRAGMA journal_mode = WAL');
  if (!isEmpty) return;
  inTransaction(database, () => {
    // Another process may have been quicker.
    if (numberOf(database, 'SELECT count(*) AS value FROM sqlite_schema') === 0) database.exec(SCHEMA);
  });
}

function checkFile(database: DatabaseSync, path: string): void {
  if (pragma(database, 'application_id') !== APPLICATION_ID) {
    throw unusable(path, 'is a database of something else; pass the path of a new file');
  }
  const version = pragma(database, 'user_version');
  if (version !== VERSION) {
    throw unusable(
      path,
      `is a journal of version ${version} and this release reads version ${VERSION}; recover it with the release that wrote it`,
    );
  }
  const found = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
  if (found[0] !== 'ok') {
    throw explained(Object.assign(new Error(String(found[0])), { errcode: 11 }), path);
  }
}

const pragma = (database: DatabaseSync, name: string) =>
  numberOf(database, `SELECT ${name} AS value FROM pragma_${name}`);

function numberOf(database: DatabaseSync, sql: string): number {
  const row: Readonly<Record<string, unknown>> = database.prepare(sql).get() ?? {};
  const { value } = row;
  return Number(value);
}

const SCHEMA = `
CREATE TABLE entries (
  groupId TEXT PRIMARY KEY, operationId TEXT NOT NULL, owner TEXT NOT NULL, unresolved INTEGER NOT NULL,
  unsettledUntil REAL, entry TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- A key belongs to the oldest claim on it.
CREATE TABLE claims (turn INTEGER PRIMARY KEY, key TEXT NOT NULL, owner TEXT NOT NULL) STRICT;
CREATE INDEX claimsByKey ON claims (key, turn);
-- Closed groups on which something may still happen.
CREATE TABLE settling (groupId TEXT PRIMARY KEY, until REAL NOT NULL, since REAL NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};
`;
