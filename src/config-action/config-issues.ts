import type * as v from 'valibot';
import { ConfigError, type ConfigIssue } from '../core/errors.ts';
import type { ConfigPath, ConfigSource } from './config-source.ts';

/** Something of a source, and what it is called in messages. */
export interface Located {
  readonly source: ConfigSource;
  readonly path: ConfigPath;
  /** As `endpoint "publish"`. */
  readonly what: string;
}

/** The issues that valibot found in a part of a source. */
export function schemaIssues(found: readonly v.BaseIssue<unknown>[], at: Located): ConfigIssue[] {
  return found.map((issue) => {
    const below = (issue.path ?? []).map(({ key }) => key as string | number);
    const last = issue.path?.at(-1);
    if (issue.type === 'strict_object' && issue.expected === 'never') {
      return issueAt(
        { ...at, path: [...at.path, ...below] },
        `has no ${JSON.stringify(below.at(-1))}`,
        'key',
      );
    }
    if (
      issue.kind === 'schema' &&
      issue.type === 'strict_object' &&
      last !== undefined &&
      issue.input === undefined
    ) {
      return issueAt({ ...at, path: [...at.path, ...below] }, `needs ${JSON.stringify(below.at(-1))}`);
    }
    const isKey = last?.origin === 'key';
    // The default messages show what was received, which may be a secret.
    const message = issue.message.startsWith('Invalid') ? 'is not what is expected here' : issue.message;
    return issueAt({ ...at, path: [...at.path, ...below] }, message, isKey ? 'key' : 'value');
  });
}

export function issueAt(
  { source, path, what }: Located,
  message: string,
  part?: 'key' | 'value',
): ConfigIssue {
  return {
    path: pathText(path),
    message: what === '' ? message : `${what}: ${message}`,
    ...source.place(path, part),
  };
}

/** @throws {ConfigError} with all of them in the order in which they stand, unless there are none. */
export function throwIssues(issues: readonly ConfigIssue[]): void {
  if (issues.length === 0) return;
  const files = [...new Set(issues.map(({ source }) => source))];
  const sorted = issues.toSorted(
    (a, b) =>
      files.indexOf(a.source) - files.indexOf(b.source) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
  throw new ConfigError(sorted);
}

const pathText = (path: ConfigPath): string =>
  path.reduce<string>(
    (whole, key) => (typeof key === 'number' ? `${whole}[${key}]` : whole === '' ? key : `${whole}.${key}`),
    '',
  );
