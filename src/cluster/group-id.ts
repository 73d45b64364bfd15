import { ConfigError } from '../core/errors.ts';
import type { GroupDialect } from './dialect.ts';

/**
 * Throws a `ConfigError` for an id that could not be read back as itself: a url drops `.` and `..`, and control characters
 * and lone surrogates have no place in one.
 */
export function checkGroupId(groupId: unknown, dialect: GroupDialect): asserts groupId is string {
  const problem = problemOf(groupId);
  if (problem !== undefined) throw new ConfigError([{ path: 'groupId', message: problem }]);
  dialect.checkGroupId?.(groupId as string);
}

/** As `checkGroupId`, of an id of a list: the error says where in that it stands, by `path`. */
export function checkListedId(
  groupId: unknown,
  dialect: GroupDialect,
  path: string,
): asserts groupId is string {
  try {
    checkGroupId(groupId, dialect);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.issues.map((issue) => ({ ...issue, path })));
  }
}

function problemOf(groupId: unknown): string | undefined {
  if (typeof groupId !== 'string') return `expected a string, received ${typeof groupId} ${String(groupId)}`;
  if (groupId === '') return 'is empty; every group needs an id';
  if (groupId === '.' || groupId === '..') return `${JSON.stringify(groupId)} cannot be part of a url path`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(groupId)) return `${JSON.stringify(groupId)} holds a control character`;
  if (!groupId.isWellFormed()) return `${JSON.stringify(groupId)} holds half of a surrogate pair`;
  return undefined;
}
