import * as v from 'valibot';
import type { ConfigIssue } from '../core/errors.ts';
import { issueAt, type Located, schemaIssues, throwIssues } from './config-issues.ts';
import {
  type ActionEntry,
  ENTRY_SCHEMAS,
  type EndpointEntry,
  isObject,
  KINDS,
  type Kind,
  type RequestEntry,
  SINGULAR,
  shown,
  type TargetEntry,
} from './config-schema.ts';
import type { ConfigSource } from './config-source.ts';
import { duplicates, inlineEntries } from './duplicate-names.ts';
import type { ActionSettings, ConfigEndpoint, ConfigRequest, ConfigTarget } from './requester-config.ts';

/** Everything a config defines, by name. */
export interface ReadConfig {
  readonly endpoints: Map<string, ConfigEndpoint>;
  readonly targets: Map<string, ConfigTarget>;
  readonly requests: Map<string, ConfigRequest>;
  readonly actions: Map<string, ActionSettings>;
}

/** What references may name besides what is being read. */
export type Known = { readonly [K in 'endpoints' | 'targets' | 'requests']: ReadonlyMap<string, Named<K>> };
type Named<K extends Kind> = ReadConfig[K] extends Map<string, infer Entity> ? Entity : never;

/**
 * The config that the sources make together, their lists appended to each other.
 *
 * @param found what was wrong with the texts already
 * @throws {ConfigError} with every mistake in it
 */
export function readConfig(sources: readonly ConfigSource[], found: readonly ConfigIssue[]): ReadConfig {
  const issues = [...found];
  const entries = sources.flatMap((source) => entriesOf(source, issues));
  return build(entries, { endpoints: new Map(), targets: new Map(), requests: new Map() }, issues);
}

/** One action of the caller's, in the form of the config. @throws {ConfigError} */
export function readAction(source: ConfigSource, known: Known): ActionSettings {
  const issues: ConfigIssue[] = [];
  const entry = readEntry('actions', { source, path: [], what: '' }, source.value, issues);
  const { actions } = build([entry], known, issues);
  const [action] = actions.values();
  if (action === undefined) throw new TypeError('the action was read and is not there');
  return action;
}

interface Entry {
  readonly kind: Kind;
  readonly at: Located;
  /** As it was written. */
  readonly raw: unknown;
  readonly name: string | undefined;
  /** `undefined` where it is not as it should be. */
  readonly parsed: unknown;
}

function entriesOf(source: ConfigSource, issues: ConfigIssue[]): Entry[] {
  const { value } = source;
  const at = (path: Located['path']): Located => ({ source, path, what: '' });
  if (!isObject(value)) {
    issues.push(issueAt(at([]), `expected lists of ${KINDS.join(', ')}, received ${shown(value)}`));
    return [];
  }
  const entries: Entry[] = [];
  for (const [key, list] of Object.entries(value)) {
    const kind = KINDS.find((one) => one === key);
    if (kind === undefined) {
      issues.push(issueAt(at([key]), `a config has ${KINDS.join(', ')}, and no ${shown(key)}`, 'key'));
    } else if (Array.isArray(list)) {
      entries.push(...list.map((raw: unknown, index) => readEntry(kind, at([kind, index]), raw, issues)));
    } else if (list !== null) {
      issues.push(issueAt(at([kind]), `expected a list, received ${shown(list)}`));
    }
  }
  return entries;
}

function readEntry(kind: Kind, at: Located, raw: unknown, issues: ConfigIssue[]): Entry {
  const given: unknown = isObject(raw) ? Reflect.get(raw, 'name') : undefined;
  const name = typeof given === 'string' && given !== '' ? given : undefined;
  const located = { ...at, what: name === undefined ? at.what : `${SINGULAR[kind]} ${JSON.stringify(name)}` };
  if (!isObject(raw)) {
    issues.push(
      issueAt(at, `expected the names and values of one ${SINGULAR[kind]}, received ${shown(raw)}`),
    );
    return { kind, at: located, raw, name, parsed: undefined };
  }
  const result = v.safeParse(ENTRY_SCHEMAS[kind], raw);
  if (!result.success) issues.push(...schemaIssues(result.issues, located));
  return { kind, at: located, raw, name, parsed: result.success ? result.output : undefined };
}

function build(entries: readonly Entry[], known: Known, issues: ConfigIssue[]): ReadConfig {
  issues.push(...duplicates(entries), ...danglingReferences(entries, known));
  throwIssues(issues);
  throwIssues(takenBefore(entries, known));
  const config: ReadConfig = {
    endpoints: new Map(known.endpoints),
    targets: new Map(known.targets),
    requests: new Map(known.requests),
    actions: new Map(),
  };
  const each = <Parsed>(kind: Kind, add: (parsed: Parsed) => void) => {
    for (const entry of entries) if (entry.kind === kind) add(entry.parsed as Parsed);
  };
  const endpointOf = (value: string | EndpointEntry) => found(config.endpoints, value, makeEndpoint);
  const requestOf = (value: string | RequestEntry) =>
    found(config.requests, value, (entry) => makeRequest(entry, endpointOf(entry.endpoint)));
  const targetOf = (value: string | TargetEntry) => found(config.targets, value, makeTarget);
  each<EndpointEntry>('endpoints', (entry) => config.endpoints.set(entry.name, makeEndpoint(entry)));
  each<TargetEntry>('targets', (entry) => config.targets.set(entry.name, makeTarget(entry)));
  each<RequestEntry>('requests', (entry) => config.requests.set(entry.name, requestOf(entry)));
  each<ActionEntry>('actions', (entry) => {
    config.actions.set(entry.name, {
      name: entry.name,
      requests: Object.freeze(entry.requests.map(requestOf)),
      targets: Object.freeze(entry.targets.map(targetOf)),
      podStartIndex: entry.pod_start_index,
      podCount: entry.pod_count,
      order: entry.order,
      loopOrder: entry.loop_order,
    });
  });
  return config;
}

/** Entries in the place of a name whose own name belongs to something else that is known. */
function takenBefore(entries: readonly Entry[], known: Known): ConfigIssue[] {
  return entries.flatMap(inlineEntries).flatMap(({ kind, raw, name, at }) => {
    const before = name === undefined || kind === 'actions' ? undefined : known[kind].get(name);
    if (before === undefined || name === undefined) return [];
    const made = build([readEntry(kind, at, raw, [])], noneOf(known, kind), []);
    if (JSON.stringify(made[kind].get(name)) === JSON.stringify(before)) return [];
    const place = { ...at, path: [...at.path, 'name'] };
    return [issueAt(place, `the name is taken by another ${SINGULAR[kind]} of the config; give it another`)];
  });
}

/** Without what the entry is compared with. */
const noneOf = (known: Known, kind: Kind): Known => ({ ...known, [kind]: new Map() });

interface Reference {
  readonly path: Located['path'];
  readonly kind: 'endpoints' | 'targets' | 'requests';
  readonly name: string;
}

function danglingReferences(entries: readonly Entry[], known: Known): ConfigIssue[] {
  const names = { endpoints: new Set<string>(), targets: new Set<string>(), requests: new Set<string>() };
  for (const kind of ['endpoints', 'targets', 'requests'] as const) {
    for (const name of known[kind].keys()) names[kind].add(name);
    for (const entry of entries)
      if (entry.kind === kind && entry.name !== undefined) names[kind].add(entry.name);
  }
  return entries.flatMap(({ kind, raw, at }) =>
    referencesOf(kind, raw).flatMap((reference) => {
      const there = names[reference.kind];
      if (there.has(reference.name)) return [];
      const listed = [...there]
        .slice(0, 10)
        .map((name) => JSON.stringify(name))
        .join(', ');
      const more = there.size > 10 ? ` and ${there.size - 10} more` : '';
      const message = `names the ${SINGULAR[reference.kind]} ${shown(reference.name)}, which is not defined; ${
        there.size === 0 ? `no ${reference.kind} are` : `there are ${listed}${more}`
      }`;
      return [issueAt({ ...at, path: [...at.path, ...reference.path] }, message)];
    }),
  );
}

/** What an entry names, also where something else in it is wrong. */
function referencesOf(kind: Kind, raw: unknown): Reference[] {
  if (!isObject(raw)) return [];
  const of = (value: unknown, to: Reference['kind'], path: Located['path']): Reference[] => {
    if (typeof value === 'string' && value !== '') return [{ path, kind: to, name: value }];
    return referencesOf(to, value).map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
  };
  const listOf = (key: 'requests' | 'targets'): Reference[] => {
    const list: unknown = Reflect.get(raw, key);
    return Array.isArray(list) ? list.flatMap((value: unknown, index) => of(value, key, [key, index])) : [];
  };
  if (kind === 'requests') return of(Reflect.get(raw, 'endpoint'), 'endpoints', ['endpoint']);
  return kind === 'actions' ? [...listOf('requests'), ...listOf('targets')] : [];
}

function found<Value extends object, Entity>(
  entities: ReadonlyMap<string, Entity>,
  value: string | Value,
  make: (value: Value) => Entity,
): Entity {
  if (typeof value !== 'string') return make(value);
  const entity = entities.get(value);
  if (entity === undefined) throw new TypeError(`${value} was checked to be defined and is not`);
  return entity;
}

function makeEndpoint({ name, type, url, headers, params, paged }: EndpointEntry): ConfigEndpoint {
  return deepFreeze({
    name,
    type,
    url: url.url,
    template: url.template,
    headers: { ...headers },
    params: structuredClone(params),
    paged,
  });
}

function makeTarget({ name, service, stateful_set, name_template, port }: TargetEntry): ConfigTarget {
  return Object.freeze({
    name,
    ...(service === undefined ? {} : { service }),
    ...(stateful_set === undefined ? {} : { statefulSet: stateful_set }),
    ...(name_template === undefined
      ? {}
      : { nameTemplate: name_template.text, namePattern: name_template.pattern }),
    port,
  });
}

const makeRequest = ({ name, retries, retry_delay }: RequestEntry, endpoint: ConfigEndpoint): ConfigRequest =>
  Object.freeze({ name, endpoint, retries, retryDelay: retry_delay * 1000 });

/** What many results show is one object. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
