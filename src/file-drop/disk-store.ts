import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Clock, systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { count, having, validate } from '../core/validate.ts';
import { isFileId, parseDropId } from './file-id.ts';
import { type FileStore, FileStoreError, type NewFile } from './file-store.ts';
import { missingAs, namesIn, removeStaleParts, replaceFile } from './safe-files.ts';
import { storeFailure } from './store-failure.ts';
import { dropFrom, dropText, fileFrom, fileText, parseNewFile } from './stored-text.ts';

/** Options of `diskStore`. */
export interface DiskStoreOptions {
  /** Bytes that one file may have. @default 1_073_741_824 */
  readonly maxFileBytes?: number | undefined;
  /** How many files may be known at once, those whose bytes are gone included. @default 100_000 */
  readonly maxFiles?: number | undefined;
  /** Dates files. @default the system's */
  readonly clock?: Clock | undefined;
}

/**
 * Keeps dropped files in a directory, which is made where there is none: the bytes in `files`, what is known of them in
 * `records`, drops in `drops`. A file is written under a temporary name, forced to the disk and renamed, so that a crash
 * leaves it whole or not there; temporary files that nobody has written to for an hour are removed on first use. Names in
 * the directory are made of ids only. One process at a time should write: `maxFiles` is counted by each for itself.
 *
 * @throws {ConfigError}
 */
export function diskStore(directory: string, options?: DiskStoreOptions): FileStore {
  if (typeof directory !== 'string' || directory === '') {
    throw new ConfigError([
      {
        path: 'directory',
        message: `expected a path, received ${directory === '' ? "''" : typeof directory}`,
      },
    ]);
  }
  const given = validate(diskStoreOptions, options ?? {}, 'options');
  const { maxFileBytes = 1_073_741_824, maxFiles = 100_000, clock = systemClock } = given;
  const folders = {
    files: join(directory, 'files'),
    records: join(directory, 'records'),
    scheduled: join(directory, 'scheduled'),
    drops: join(directory, 'drops'),
  };
  /** Ids of all files that are known. */
  let known: Promise<Set<string>> | undefined;
  /** Ids of files that are being written and not known yet, with how many callers write them: a form may be sent again. */
  const writing = new Map<string, number>();

  const orFailure = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw storeFailure(directory, error);
    }
  };
  const there = async (folder: string) => {
    await orFailure(stat(folder));
    return folder;
  };

  const openFolders = async () => {
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
    for (const folder of Object.values(folders)) await removeStaleParts(folder, clock.now() - 3_600_000);
    const ids = new Set<string>();
    for await (const name of namesIn(folders.records)) if (isFileId(name)) ids.add(name);
    return ids;
  };
  const ready = () => {
    known ??= openFolders().catch((error: unknown) => {
      // A disk that was not mounted yet may be at the next call.
      known = undefined;
      throw error;
    });
    return known;
  };

  const get = async (id: string) => {
    if (!isFileId(id)) return undefined;
    await ready();
    const text = await missingAs(undefined, readFile(join(folders.records, id), 'utf8'));
    if (text === undefined) return undefined;
    const marked = await missingAs(undefined, stat(join(folders.scheduled, id)));
    return fileFrom(text, marked !== undefined);
  };

  const forget = async (id: string) => {
    // The record last: a crash in between leaves what can be found and forgotten again.
    await rm(join(folders.files, id), { force: true });
    await rm(join(folders.scheduled, id), { force: true });
    await rm(join(folders.records, id), { force: true });
    (await ready()).delete(id);
  };

  /** What of a file that was not stored is left goes, unless another caller stored it or still may. */
  const giveUp = async (id: string) => {
    if ((await ready()).has(id)) return;
    const others = (writing.get(id) ?? 1) - 1;
    if (others > 0) {
      writing.set(id, others);
      return;
    }
    await forget(id);
    writing.delete(id);
  };

  const drop = async (dropId: string) => {
    await ready();
    const path = join(folders.drops, parseDropId(dropId));
    const text = await missingAs(undefined, readFile(path, 'utf8'));
    return text === undefined ? undefined : dropFrom(text);
  };

  async function* list(dropId?: string) {
    await ready();
    for await (const name of namesIn(await there(folders.records))) {
      const file = await get(name);
      if (file !== undefined && (dropId === undefined || file.dropId === dropId)) yield file;
    }
  }

  async function* drops() {
    await ready();
    for await (const name of namesIn(await there(folders.drops))) {
      const record = await drop(name);
      if (record !== undefined) yield record;
    }
  }

  return {
    get,
    list,
    drop,
    drops,
    put: async (file, body, { signal } = {}) => {
      const entry: NewFile = parseNewFile(file);
      signal?.throwIfAborted();
      const ids = await ready();
      const isNew = !ids.has(entry.id) && !writing.has(entry.id);
      if (isNew && ids.size + writing.size >= maxFiles) throw storeFull(maxFiles);
      if (!ids.has(entry.id)) writing.set(entry.id, (writing.get(entry.id) ?? 0) + 1);
      try {
        const bytes = limited(body, maxFileBytes, signal);
        const size = await replaceFile(join(folders.files, entry.id), bytes);
        const stored = { ...entry, size, storedAt: new Date(clock.now()) };
        await replaceFile(join(folders.records, entry.id), [Buffer.from(fileText(stored))]);
        const marked = await missingAs(undefined, stat(join(folders.scheduled, entry.id)));
        ids.add(entry.id);
        writing.delete(entry.id);
        return { ...stored, scheduled: marked !== undefined };
      } catch (error) {
        await giveUp(entry.id);
        throw storeFailure(directory, error);
      }
    },
    read: async (id) => {
      if (!isFileId(id)) return undefined;
      // Bytes without a record are of a file that was being stored when the process died.
      const file = await get(id);
      const path = join(folders.files, id);
      const found = file && (await missingAs(undefined, stat(path)));
      // Opened when it is read, so that bytes nobody reads hold no file open.
      return found && { size: found.size, body: readLater(path) };
    },
    markScheduled: async (id) => {
      if ((await get(id)) !== undefined) await orFailure(writeFile(join(folders.scheduled, id), ''));
    },
    removeBytes: async (id) => {
      if (!isFileId(id)) return false;
      await ready();
      return missingAs(
        false,
        rm(join(folders.files, id)).then(() => true),
      );
    },
    saveDrop: async (record) => {
      await ready();
      const path = join(folders.drops, parseDropId(record.dropId));
      await orFailure(replaceFile(path, [Buffer.from(dropText(record))]));
    },
    removeBefore: async (moment) => {
      let removed = 0;
      for await (const { id, storedAt } of list()) {
        if (storedAt >= moment) continue;
        await forget(id);
        removed += 1;
      }
      for await (const { dropId, createdAt } of drops()) {
        if (createdAt < moment) await rm(join(folders.drops, dropId), { force: true });
      }
      return removed;
    },
  };
}

async function* readLater(path: string): AsyncIterable<Uint8Array> {
  yield* createReadStream(path);
}

async function* limited(body: AsyncIterable<Uint8Array>, maxBytes: number, signal?: AbortSignal) {
  let bytes = 0;
  for await (const chunk of body) {
    signal?.throwIfAborted();
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      const message = `the file is over ${maxBytes} bytes; drop a smaller one or raise maxFileBytes`;
      throw new FileStoreError('FILE_TOO_LARGE', message);
    }
    yield chunk;
  }
  signal?.throwIfAborted();
}

const storeFull = (limit: number) =>
  new FileStoreError(
    'STORE_FULL',
    `the store has ${limit} files, as many as it may have; remove some with removeBefore or raise maxFiles`,
  );

const diskStoreOptions = v.strictObject({
  maxFileBytes: v.optional(count(0)),
  maxFiles: v.optional(count(0)),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
});
