import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { ClosedError, ConfigError } from '../../core/errors.ts';
import { validate } from '../../core/validate.ts';
import type { Journal } from '../journal.ts';
import { journalOptions } from '../memory-journal.ts';
import { Claims } from './claims.ts';
import { openJournalDatabase } from './database.ts';
import { Entries } from './entries.ts';

/** Options of `fileJournal`. */
export interface FileJournalOptions {
  /** For the waits of its lock, and for what "until" is compared with. @default the system's */
  readonly clock?: Clock;
}

/**
 * A journal in a file (SQLite), which outlives `kill -9` and power cuts. Several processes of one machine may share it:
 * they exclude each other group by group, and what a dead one left open the others recover. Files beside it, whose names
 * begin with its own, belong to it. It must lie on a local disk: locks of network file systems do not tell who lives.
 *
 * It is opened, or made, at its first use.
 *
 * @throws ConfigError for a path or options that are wrong; (its first use rejects) for a file that is something else, is damaged, or was written by a later
 * version; such a file is left as it is
 */
export function fileJournal(path: string, options: FileJournalOptions = {}): Journal & AsyncDisposable {
  if (typeof path !== 'string' || path === '' || path.includes('\0') || NO_PATH.test(path)) {
    const message = `expected the path of a file, received ${JSON.stringify(path) ?? typeof path}`;
    throw new ConfigError([{ path: 'path', message }]);
  }
  const { clock = systemClock } = validate(journalOptions, options, 'options');
  // The process may change its folder meanwhile.
  const file = resolve(path);
  let opening: ReturnType<typeof open> | undefined;
  let closing: Promise<void> | undefined;

  async function open() {
    const database = await openJournalDatabase(file, clock);
    const { durable, quick, owners } = database;
    return {
      ...database,
      entries: new Entries(durable, owners, clock),
      claims: new Claims(quick, owners, clock),
    };
  }
  const opened = () => {
    if (closing !== undefined) throw new ClosedError('this journal');
    opening ??= open().catch((error: unknown) => {
      // What was in the way may be gone the next time.
      opening = undefined;
      throw error;
    });
    return opening;
  };
  async function close(): Promise<void> {
    const parts = await opening;
    if (parts === undefined) return;
    const { entries, claims, durable, quick, owners } = parts;
    claims.lose(new ClosedError('this journal'));
    await Promise.all([entries.idle(), claims.idle()]);
    owners.leave();
    quick.close();
    durable.close();
  }
  const journal: Journal = {
    lock: { acquire: async (key, options) => (await opened()).claims.acquire(key, options) },
    begin: async (entry) => (await opened()).entries.begin(entry),
    end: async (entry, end) => (await opened()).entries.end(entry, end),
    openEntry: async (groupId) => (await opened()).entries.find(groupId),
    openEntries: async function* () {
      yield* (await opened()).entries.all();
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
  return { ...journal, [Symbol.asyncDispose]: journal.close };
}

/** SQLite's words for a database that is gone with its process, and for a url. */
const NO_PATH = /^(:memory:|file:)/i;
