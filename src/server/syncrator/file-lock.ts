import type { DatabaseSync } from 'node:sqlite';
import { sleep } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';

/** Milliseconds between two tries to get it. */
const PAUSE = 50;

/** SQLITE_BUSY */
const BUSY = 5;

/**
 * Does the work while this process alone, and nothing else in it, has the lock of a file. The operating system holds it,
 * so it is free at once when its process dies, and stays held while that is only stopped.
 */
export async function withFileLock<T>(
  path: string,
  clock: Clock,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const { DatabaseSync } = await import('node:sqlite');
  // A connection for each holder, for one that holds it already would get it again.
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    while (!tryLock(database)) await sleep(PAUSE, clock, signal);
    signal?.throwIfAborted();
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (errorCode(error) !== BUSY) throw error;
    return false;
  }
}

/** The primary result code of an error of SQLite. */
export function errorCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'errcode') : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}
