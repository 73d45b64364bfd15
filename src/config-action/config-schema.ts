import * as v from 'valibot';
import { redactUrl } from '../core/observe.ts';
import { count, oneOf } from '../core/validate.ts';
import { type NamePattern, PatternError, parseNamePattern } from './name-pattern.ts';
import { unfitForQuery } from './query.ts';
import { parseUrlTemplate, TemplateError, type UrlTemplate } from './url-template.ts';

/** The lists of a config, in the order in which later ones refer to earlier ones. */
export const KINDS = ['endpoints', 'targets', 'requests', 'actions'] as const;
export type Kind = (typeof KINDS)[number];

/** What one of a list is called in messages. */
export const SINGULAR = {
  endpoints: 'endpoint',
  targets: 'target',
  requests: 'request',
  actions: 'action',
} as const satisfies Record<Kind, string>;

const text = v.custom<string>(
  (value) => typeof value === 'string' && value !== '',
  ({ input }) =>
    typeof input === 'string'
      ? 'expected a text, received an empty one'
      : `expected a text, received ${shown(input)}${isPlainValue(input) ? '; put it in quotes' : ''}`,
);

const flag = v.custom<boolean>(
  (value) => typeof value === 'boolean',
  ({ input }) => `expected true or false, received ${shown(input)}`,
);

const port = v.custom<number>(
  (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535,
  ({ input }) => `expected a port from 1 to 65535, received ${shown(input)}`,
);

const seconds = v.custom<number>(
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  ({ input }) => `expected a number of seconds of at least 0, received ${shown(input)}`,
);

const podCount = v.custom<number | 'all'>(
  (value) => value === 'all' || (Number.isSafeInteger(value) && Number(value) >= 1),
  ({ input }) => `expected a whole number of at least 1 or all, received ${shown(input)}`,
);

const params = v.custom<Readonly<Record<string, unknown>>>(
  (value) => isObject(value) && isJson(value, 0),
  ({ input }) =>
    isObject(input)
      ? 'holds something that JSON cannot, or is nested too deeply; write it as text or number'
      : `expected names with values, received ${shown(input)}`,
);

/** Headers that the connection itself needs: fetch refuses them, or sends something else. */
const ownHeaders =
  /^(?:host|connection|keep-alive|proxy-connection|transfer-encoding|content-length|te|trailer|upgrade|expect)$/i;

// A header's value may be a secret: no message shows one.
const headers = v.pipe(
  v.custom<object>(isObject, 'expected the names of headers, each with a text'),
  v.record(
    v.pipe(
      v.string(),
      v.regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no header name (RFC 9110, 5.1); rename it'),
      v.check((name) => !ownHeaders.test(name), 'is set by the connection itself; leave it out'),
    ),
    v.custom<string>(
      (value) => typeof value === 'string' && /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value),
      ({ input }) =>
        typeof input === 'string'
          ? 'holds a line break or another character that no header can; encode it'
          : 'expected a text; put it in quotes',
    ),
  ),
);

const url = v.pipe(
  text,
  v.rawTransform<string, { readonly url: string; readonly template: UrlTemplate }>(
    ({ dataset, addIssue, NEVER }) => {
      try {
        return { url: dataset.value, template: parseUrlTemplate(dataset.value) };
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        addIssue({ message: error.message, input: redactUrl(dataset.value) });
        return NEVER;
      }
    },
  ),
);

const nameTemplate = v.pipe(
  text,
  v.rawTransform<string, { readonly text: string; readonly pattern: NamePattern }>(
    ({ dataset, addIssue, NEVER }) => {
      try {
        return { text: dataset.value, pattern: parseNamePattern(dataset.value) };
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        addIssue({
          message: `the regular expression ${shown(dataset.value)} cannot be used: ${error.message}`,
        });
        return NEVER;
      }
    },
  ),
);

const endpoint = v.pipe(
  v.strictObject({
    name: text,
    headers: v.optional(headers, {}),
    params: v.optional(params, {}),
    url,
    type: oneOf('GET', 'POST'),
    paged: v.optional(flag, false),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { type, paged, params } = dataset.value;
    const at = (key: 'paged' | 'params', message: string) =>
      addIssue({
        message,
        path: [{ type: 'object', origin: 'value', input: dataset.value, key, value: dataset.value[key] }],
      });
    if (paged && type !== 'GET') at('paged', `needs type GET, received ${type}`);
    if (type !== 'GET') return;
    const unfit = unfitForQuery(params);
    if (unfit.length > 0) {
      at(
        'params',
        `${unfit.map(shown).join(', ')} cannot stand in the query of a GET: expected texts, numbers, true, false and lists of them`,
      );
    }
  }),
);

const target = v.strictObject({
  name: text,
  service: v.optional(text),
  name_template: v.optional(nameTemplate),
  stateful_set: v.optional(text),
  port: v.optional(port, 80),
});

const request = v.strictObject({
  name: text,
  endpoint: v.lazy((value) => (isObject(value) ? endpoint : text)),
  retries: v.optional(count(0), 0),
  retry_delay: v.optional(seconds, 0),
});

const several = <Entry extends v.GenericSchema>(entry: Entry) =>
  v.pipe(v.array(entry, 'expected a list'), v.minLength(1, 'expected at least one, received none'));

const action = v.strictObject({
  name: text,
  requests: several(v.lazy((value) => (isObject(value) ? request : text))),
  targets: several(v.lazy((value) => (isObject(value) ? target : text))),
  pod_start_index: v.optional(count(0), 0),
  pod_count: v.optional(podCount, 'all'),
  order: v.optional(v.nullable(oneOf('ascending', 'descending', 'random')), null),
  loop_order: oneOf('foreach_pod_make_all_requests', 'foreach_request_target_each_pod'),
});

/** The entries of the lists of a config, by the list's name. */
export const ENTRY_SCHEMAS = {
  endpoints: endpoint,
  targets: target,
  requests: request,
  actions: action,
} as const satisfies Record<Kind, v.GenericSchema>;

export type EndpointEntry = v.InferOutput<typeof endpoint>;
export type TargetEntry = v.InferOutput<typeof target>;
export type RequestEntry = v.InferOutput<typeof request>;
export type ActionEntry = v.InferOutput<typeof action>;

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'names with values';
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return String(value);
}

// A function, for what stands above is made before a constant down here.
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isPlainValue = (value: unknown) => typeof value === 'number' || typeof value === 'boolean';

const DEEPEST = 200;

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > DEEPEST) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  return isPlain && Object.values(value).every((inner) => isJson(inner, depth + 1));
}
