import { randomUUID } from 'node:crypto';
import { open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes a file whole or not at all: under a temporary name beside it, forced to the disk, then renamed. Resolves to its
 * size once the new name is on the disk as well. Of what goes wrong nothing is left.
 */
export async function replaceFile(path: string, bytes: Bytes): Promise<number> {
  const part = `${path}.${randomUUID()}${PART}`;
  let size = 0;
  try {
    const handle = await open(part, 'wx', 0o600);
    try {
      for await (const chunk of bytes) {
        await writeAll(handle, chunk);
        size += chunk.byteLength;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
  return size;
}

/** Removes what a process that died was writing, last touched before a moment (milliseconds since the epoch). */
export async function removeStaleParts(directory: string, before: number): Promise<void> {
  for await (const { name } of await opendir(directory)) {
    if (!name.endsWith(PART)) continue;
    const path = join(directory, name);
    const found = await missingAs(undefined, stat(path));
    if (found !== undefined && found.mtimeMs < before) await rm(path, { force: true });
  }
}

/** The names in a directory, but for what is being written. */
export async function* namesIn(directory: string): AsyncIterable<string> {
  for await (const { name } of await opendir(directory)) if (!name.endsWith(PART)) yield name;
}

/** As `work`, with `instead` where there is no such file. */
export async function missingAs<Found, Instead>(
  instead: Instead,
  work: Promise<Found>,
): Promise<Found | Instead> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return instead;
    throw error;
  }
}

const PART = '.part';

async function writeAll(
  handle: { write(chunk: Uint8Array): Promise<{ bytesWritten: number }> },
  chunk: Uint8Array,
) {
  // A write may take less than it is given, on a disk that is nearly full.
  for (let rest = chunk; rest.byteLength > 0; ) {
    const { bytesWritten } = await handle.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows opens no directories, and needs no sync of them.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
