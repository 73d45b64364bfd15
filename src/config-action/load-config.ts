import { readFile } from 'node:fs/promises';
import { ConfigError, type ConfigIssue } from '../core/errors.ts';
import { redactText } from '../core/observe.ts';
import { ConfigAction, type RequesterConfig } from './config-action.ts';
import { issueAt } from './config-issues.ts';
import { isObject, shown } from './config-schema.ts';
import { type ConfigSource, objectSource, type ReadDocument, readDocuments } from './config-source.ts';
import { readConfig } from './read-config.ts';

/**
 * Reads one or several files in YAML or JSON: either the config itself or a Kubernetes ConfigMap that holds it under
 * `config.yaml` (or under its only entry). The lists of several files are appended to each other, in the order given, and
 * one may refer to what another defines. Aliases and size are limited, and no regular expression can hang.
 *
 * @throws {ConfigError} with every mistake of every file: file, line, column and the names involved.
 */
export async function loadConfig(paths: string | readonly string[]): Promise<RequesterConfig> {
  const list = typeof paths === 'string' ? [paths] : paths;
  if (!Array.isArray(list) || list.length === 0 || !list.every((path) => typeof path === 'string')) {
    const message = 'expected the path of a file, or a list of at least one';
    throw new ConfigError([{ path: 'paths', message }]);
  }
  const issues: ConfigIssue[] = [];
  const texts = await Promise.all(list.map((path) => readText(path, issues)));
  const sources = texts.flatMap(({ path, text }) =>
    text === undefined ? [] : sourcesOf(text, path, issues),
  );
  return toConfig(sources, issues);
}

/**
 * As `loadConfig`, of one text or of an object that was parsed before.
 *
 * @throws {ConfigError} with every mistake; of a text with line and column.
 */
export function parseConfig(source: string | object): RequesterConfig {
  const issues: ConfigIssue[] = [];
  const sources =
    typeof source === 'string'
      ? sourcesOf(source, undefined, issues)
      : unwrap({ ...objectSource(source), textAt: () => undefined }, issues);
  return toConfig(sources, issues);
}

function toConfig(sources: readonly ConfigSource[], issues: ConfigIssue[]): RequesterConfig {
  const { endpoints, targets, requests, actions } = readConfig(sources, issues);
  return {
    endpoints,
    targets,
    requests,
    actions: new Map([...actions].map(([name, settings]) => [name, new ConfigAction(settings)])),
  };
}

async function readText(path: string, issues: ConfigIssue[]): Promise<{ path: string; text?: string }> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    const reason = error instanceof Error ? redactText(error.message) : String(error);
    issues.push({ path: '', message: `cannot be read: ${reason}`, source: path });
    return { path };
  }
}

function sourcesOf(text: string, name: string | undefined, issues: ConfigIssue[]): ConfigSource[] {
  const before = issues.length;
  const documents = readDocuments({ text, name, shift: { lines: 0, columns: 0 } }, issues).filter(
    ({ value }) => value !== null,
  );
  if (documents.length === 0 && issues.length === before) {
    issues.push(issueAt({ source: objectSource(null, name), path: [], what: '' }, 'is empty'));
  }
  return documents.flatMap((document) => unwrap(document, issues));
}

/** The config itself, out of the ConfigMap that it is in. */
function unwrap(document: ReadDocument, issues: ConfigIssue[]): ConfigSource[] {
  const { value } = document;
  if (!isObject(value) || !('kind' in value || 'apiVersion' in value)) return [document];
  const refuse = (path: readonly string[], message: string) => {
    issues.push(issueAt({ source: document, path, what: '' }, message));
    return [];
  };
  const { kind, data } = value as { readonly kind?: unknown; readonly data?: unknown };
  if (kind !== 'ConfigMap') return refuse(['kind'], `expected a ConfigMap, received ${shown(kind)}`);
  if (!isObject(data)) return refuse(['data'], 'expected the entries of a ConfigMap');
  const names = Object.keys(data);
  const entry = names.includes('config.yaml') ? 'config.yaml' : names.length === 1 ? names[0] : undefined;
  if (entry === undefined) {
    return refuse(
      ['data'],
      `expected an entry "config.yaml", received ${names.map(shown).join(', ') || 'none'}`,
    );
  }
  const held: unknown = Reflect.get(data, entry);
  if (typeof held !== 'string') return refuse(['data', entry], `expected a text, received ${shown(held)}`);
  const text = document.textAt(['data', entry]) ?? {
    text: held,
    name: undefined,
    shift: { lines: 0, columns: 0 },
  };
  return readDocuments(text, issues).filter((inner) => inner.value !== null);
}
