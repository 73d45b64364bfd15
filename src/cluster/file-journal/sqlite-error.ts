import { ConfigError } from '../../core/errors.ts';

const BUSY = 5;
const TORN = 11;
const FOREIGN = 26;

/** Another process is at it right now. */
export const isBusy = (error: unknown): boolean => codeOf(error) === BUSY;

/** The first error of many SQLite calls in the words of whoever passed the path. Other errors are as they were. */
export function explained(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  switch (code) {
    case FOREIGN:
      return unusable(path, 'is no journal but a file of something else; pass the path of a new file', error);
    case TORN:
      return unusable(
        path,
        'is damaged, and what it knew of open operations cannot be trusted; keep it, compare the nodes by ' +
          'audit(ids), and pass the path of a new file',
        error,
      );
    default:
      return unusable(path, `cannot be used (${reason}); it must lie in a local folder that exists`, error);
  }
}

/** The file stays as it is. */
export function unusable(path: string, what: string, cause?: unknown): ConfigError {
  const issue = { path: 'fileJournal', message: `${JSON.stringify(path)} ${what}` };
  return new ConfigError([issue], cause === undefined ? undefined : { cause });
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  // The extended codes hold the plain one in their last byte.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
