import { isDeepStrictEqual } from 'node:util';
import type { ConfigIssue } from '../core/errors.ts';
import { issueAt, type Located } from './config-issues.ts';
import { isObject, type Kind, SINGULAR } from './config-schema.ts';

/** Something that has a name, as it was written. */
export interface NamedEntry {
  readonly kind: Kind;
  readonly at: Located;
  readonly raw: unknown;
  readonly name: string | undefined;
}

/**
 * Names that two of a kind have, also where one stands in the place of a name: results could not be told apart. The same entry
 * may stand in such places as often as it is needed.
 */
export function duplicates(entries: readonly NamedEntry[]): ConfigIssue[] {
  const first = new Map<string, NamedEntry>();
  const check = (entry: NamedEntry, isInline: boolean): ConfigIssue[] => {
    const { kind, name, at, raw } = entry;
    if (name === undefined) return [];
    const key = `${kind}/${name}`;
    const before = first.get(key);
    if (before === undefined) {
      first.set(key, entry);
      return [];
    }
    if (isInline && isDeepStrictEqual(before.raw, raw)) return [];
    const { source, line, column } = before.at.source.place([...before.at.path, 'name']);
    const place = [source, line, column].filter((part) => part !== undefined).join(':');
    const message = `the name is taken${place === '' ? '' : ` by the one at ${place}`}; give it another`;
    return [issueAt({ ...at, path: [...at.path, 'name'] }, message)];
  };
  return [
    ...entries.flatMap((entry) => check(entry, false)),
    ...entries.flatMap(inlineEntries).flatMap((entry) => check(entry, true)),
  ];
}

/** The endpoints, requests and targets that stand in an entry in the place of their names, those in them, too. */
export function inlineEntries({ kind, at, raw }: NamedEntry): NamedEntry[] {
  if (!isObject(raw)) return [];
  const inline = (to: Kind, value: unknown, path: Located['path']): NamedEntry[] => {
    if (!isObject(value)) return [];
    const given: unknown = Reflect.get(value, 'name');
    const name = typeof given === 'string' && given !== '' ? given : undefined;
    const what = name === undefined ? at.what : `${SINGULAR[to]} ${JSON.stringify(name)}`;
    const entry = { kind: to, at: { ...at, path: [...at.path, ...path], what }, raw: value, name };
    return [entry, ...inlineEntries(entry)];
  };
  if (kind === 'requests') return inline('endpoints', Reflect.get(raw, 'endpoint'), ['endpoint']);
  if (kind !== 'actions') return [];
  return (['requests', 'targets'] as const).flatMap((key) => {
    const list: unknown = Reflect.get(raw, key);
    return Array.isArray(list)
      ? list.flatMap((value: unknown, index) => inline(key, value, [key, index]))
      : [];
  });
}
