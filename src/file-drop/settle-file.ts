import { ConfigError } from '../core/errors.ts';
import type { PlacedFile } from './drop-file.ts';
import { dropFileId } from './file-id.ts';
import type { DropRecord, FileStore, StoredFile } from './file-store.ts';

/**
 * Has a file in the store, reading it only where it is not there yet.
 *
 * @throws {ConfigError} where another file stands at its position, or none can be added to the drop any more
 */
export async function settleFile(
  store: FileStore,
  drop: DropRecord,
  file: PlacedFile,
  signal: AbortSignal,
): Promise<StoredFile> {
  const { position, name: filename } = file;
  const { dropId } = drop;
  const id = dropFileId(dropId, position);
  const known = await store.get(id);
  if (known !== undefined) {
    await file.discard();
    if (known.filename === filename) return known;
    throw refusal(
      `position ${position} of this drop is a file with another name: give the same files in the same order, or ` +
        'leave dropId out for a new drop',
    );
  }
  if (drop.indexed !== undefined) {
    await file.discard();
    throw refusal('the Job of this drop is made, and no file can be added to it: schedule it as a new drop');
  }
  return store.put({ id, dropId, position, filename }, file.open(signal), { signal });
}

const refusal = (message: string) => new ConfigError([{ path: 'file', message }]);
