import {
  type Document,
  type DocumentOptions,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type ParseOptions,
  parseAllDocuments,
  type SchemaOptions,
  visit,
} from 'yaml';
import type { ConfigIssue } from '../core/errors.ts';

/** Keys and indexes from the top. */
export type ConfigPath = readonly (string | number)[];

/** Where something stands: the fields of an issue that say so. */
type ConfigPlace = Pick<ConfigIssue, 'source' | 'line' | 'column'>;

/** What was written in one place: a document of a file, an entry of a ConfigMap, an object of the caller's. */
export interface ConfigSource {
  readonly value: unknown;
  /** Where the value at `path` stands, or the nearest one around it; with `key`, where its name does. */
  place(path: ConfigPath, what?: 'value' | 'key'): ConfigPlace;
}

/** A text in which something stands: its name, and where its first line and column are in the file. */
export interface ConfigText {
  readonly text: string;
  readonly name: string | undefined;
  /** What is added to lines and columns that count from 1. */
  readonly shift: { readonly lines: number; readonly columns: number };
}

/** An object of the caller's, which stands nowhere. */
export const objectSource = (value: unknown, name?: string): ConfigSource => ({
  value,
  place: () => (name === undefined ? {} : { source: name }),
});

/** The documents of a text in YAML or JSON; what is wrong with it goes into `issues`. */
export function readDocuments(input: ConfigText, issues: ConfigIssue[]): ReadDocument[] {
  const lines = new LineCounter();
  const { text, name } = input;
  const where = (offset: number): ConfigPlace => {
    const { line, col } = lines.linePos(offset);
    const { lines: down, columns: right } = input.shift;
    return { ...(name === undefined ? {} : { source: name }), line: line + down, column: col + right };
  };
  if (text.length > MOST_CHARACTERS) {
    const message = `is longer than ${MOST_CHARACTERS} characters, which is the limit; split it`;
    issues.push({ path: '', message, ...where(0) });
    return [];
  }
  const documents = parseAllDocuments(text, { ...YAML_OPTIONS, lineCounter: lines });
  const found: ReadDocument[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const read = readDocument(document, where, issues);
    if (read !== undefined) found.push(read);
  }
  return found;
}

/** A document of a text, with which an entry of it that is a text of its own can be read, too. */
export interface ReadDocument extends ConfigSource {
  /** The text at `path`, and where it begins. */
  textAt(path: ConfigPath): ConfigText | undefined;
}

const MOST_CHARACTERS = 4 * 1024 * 1024;
const MOST_ALIASES = 100;

// The originals are read by PyYAML, for which `yes` is true. What has no JSON (a date, bytes, a set) stays text.
const YAML_OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  // The library compares each key with each other; see repeatedKey.
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
  keepSourceTokens: true,
  customTags: (tags) =>
    tags.filter(
      (tag) => !/:(?:timestamp|binary|set|omap|pairs)$/.test(typeof tag === 'string' ? tag : tag.tag),
    ),
};

type Where = (offset: number) => ConfigPlace;

function readDocument(
  document: Document.Parsed,
  where: Where,
  issues: ConfigIssue[],
): ReadDocument | undefined {
  const problems = [...document.errors, ...document.warnings];
  for (const { message, pos } of problems.slice(0, 20)) {
    const text = /call stack/.test(message) ? 'is nested too deeply' : message;
    issues.push({ path: '', message: `is no YAML that can be used: ${text}`, ...where(pos[0]) });
  }
  if (problems.length > 0) return undefined;
  const problem = repeatedKey(document) ?? tooManyAliases(document) ?? aliasProblem(document);
  if (problem !== undefined) {
    issues.push({ path: '', message: problem.message, ...where(problem.offset) });
    return undefined;
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const message = `has aliases (*name) that stand for too much (over ${MOST_ALIASES} times their own); write it out`;
    issues.push({ path: '', message, ...where(0) });
    return undefined;
  }
  return {
    value,
    place: (path, what) => where(offsetOf(document, path, what ?? 'value')),
    textAt: (path) => textOf(document, path, where),
  };
}

interface Problem {
  readonly message: string;
  readonly offset: number;
}

/** A key that a map has twice. */
function repeatedKey(document: Document.Parsed): Problem | undefined {
  let found: Problem | undefined;
  visit(document, {
    Map: (_key, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        // Merge keys may stand there several times.
        if (!isScalar(key) || key.value === '<<') continue;
        if (keys.has(key.value)) {
          const message = 'is no YAML that can be used: Map keys must be unique';
          found = { message, offset: key.range?.[0] ?? 0 };
          return visit.BREAK;
        }
        keys.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

/** To resolve an alias takes a walk through the whole document. */
function tooManyAliases(document: Document.Parsed): Problem | undefined {
  let aliases = 0;
  let found: Problem | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      aliases += 1;
      if (aliases <= MOST_ALIASES) return undefined;
      const message = `has more than ${MOST_ALIASES} aliases (*${alias.source}); write them out`;
      found = { message, offset: alias.range?.[0] ?? 0 };
      return visit.BREAK;
    },
  });
  return found;
}

/** An alias that stands for nothing, or for something that it is in. */
function aliasProblem(document: Document.Parsed): Problem | undefined {
  let found: Problem | undefined;
  visit(document, {
    Alias: (_key, alias, ancestors) => {
      const target = alias.resolve(document);
      const offset = alias.range?.[0] ?? 0;
      if (target === undefined) {
        found = {
          message: `*${alias.source} stands for nothing; name it before by &${alias.source}`,
          offset,
        };
      } else if (ancestors.includes(target)) {
        found = { message: `*${alias.source} stands for something that it is part of; write it out`, offset };
      }
      return found === undefined ? undefined : visit.BREAK;
    },
  });
  return found;
}

/** The offset of the value (or key) at the path, or of the nearest thing around it that stands in the text. */
function offsetOf(document: Document.Parsed, path: ConfigPath, what: 'value' | 'key'): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [at, key] of path.entries()) {
    const holder = isAlias(node) ? node.resolve(document) : node;
    const pair: unknown = isMap(holder)
      ? holder.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      : undefined;
    if (what === 'key' && at === path.length - 1 && isPair(pair) && isNode(pair.key)) {
      return pair.key.range?.[0] ?? offset;
    }
    const next: unknown = isPair(pair) ? pair.value : isMap(holder) ? undefined : childOf(holder, key);
    if (!isNode(next)) return offset;
    node = next;
    offset = next.range?.[0] ?? offset;
  }
  return offset;
}

const childOf = (holder: unknown, key: string | number): unknown =>
  typeof key === 'number' && typeof holder === 'object' && holder !== null && 'items' in holder
    ? (holder.items as readonly unknown[])[key]
    : undefined;

function textOf(document: Document.Parsed, path: ConfigPath, where: Where): ConfigText | undefined {
  const node = document.getIn(path, true);
  if (!isScalar(node) || typeof node.value !== 'string') return undefined;
  const { source: name, line = 1, column = 1 } = where(node.range?.[0] ?? 0);
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  // The text of a block begins in the next line. Its lines have lost what they were indented by, perhaps not all.
  const shift = isBlock
    ? { lines: line, columns: indentOf(node.srcToken) - leadOf(node.value) }
    : { lines: line - 1, columns: column - (node.type === 'PLAIN' ? 1 : 0) };
  return { text: node.value, name, shift };
}

function indentOf(token: unknown): number {
  const source =
    typeof token === 'object' && token !== null && 'source' in token && typeof token.source === 'string'
      ? token.source
      : '';
  return leadOf(source);
}

/** The spaces before the first line that is not empty. */
const leadOf = (text: string): number => /^ *(?=\S)/m.exec(text)?.[0].length ?? 0;
