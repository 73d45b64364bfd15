import { join } from 'node:path';
import { FileStoreError } from './file-store.ts';

/** What the disk under a store did, as an error that says what to do; any other error as it is. */
export function storeFailure(directory: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const code = String(error.code);
  if (FULL.includes(code) && error.syscall !== 'read') {
    const message = `the disk of the file store is full (${code}); make room on it, or remove files with removeBefore`;
    return new FileStoreError('STORE_FULL', message, { cause: error });
  }
  // A dropped file that is not there has a path of its own.
  const isOwn = 'path' in error && String(error.path).startsWith(join(directory, '/'));
  if (code !== 'ENOENT' || !isOwn) return error;
  const message = 'the directory of the file store is gone; restore it, or start again with an empty one';
  return new FileStoreError('STORE_GONE', message, { cause: error });
}

const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];
