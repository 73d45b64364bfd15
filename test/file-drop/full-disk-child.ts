/**
 * A process that may write no large file: stores one all the same, then a small one, and tells what became of each.
 */
import { diskStore } from '../../src/file-drop/disk-store.ts';
import { dropFileId } from '../../src/file-drop/file-id.ts';

const store = diskStore(process.argv[2] ?? '');

async function put(position: number, bytes: number): Promise<string> {
  const body = new Blob([Buffer.alloc(bytes)]).stream();
  const file = { id: dropFileId('d', position), dropId: 'd', position, filename: 'any' };
  try {
    return `stored ${(await store.put(file, body)).size}`;
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
}

process.stdout.write(JSON.stringify([await put(0, 5_000_000), await put(1, 5)]));
