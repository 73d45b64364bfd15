import * as v from 'valibot';
import { ConfigError, type ConfigIssue } from './errors.ts';

/**
 * Parses what a caller passed and throws one `ConfigError` with every mistake in it. `name` is what the caller knows
 * the value as; it begins each issue's path.
 */
export function validate<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  name: string,
): v.InferOutput<Schema> {
  if (Array.isArray(value) && schema.type.endsWith('object')) {
    throw new ConfigError([{ path: name, message: 'expected an object, received an array' }]);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new ConfigError(result.issues.flatMap((issue) => describe(issue, name, schema)));
}

/** A whole number of at least `least`. */
export const count = (least: number) =>
  v.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= least,
    ({ received }) => `expected a whole number of at least ${least}, received ${received}`,
  );

/** Milliseconds: finite and not below `least`. */
export const milliseconds = (least = 0) =>
  v.custom<number>(
    (value) => typeof value === 'number' && Number.isFinite(value) && value >= least,
    ({ received }) => `expected a finite number of milliseconds of at least ${least}, received ${received}`,
  );

/** One of a few words. */
export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  v.custom<Words[number]>(
    (value) => typeof value === 'string' && words.includes(value),
    ({ received }) => `expected ${words.map((word) => `'${word}'`).join(' or ')}, received ${received}`,
  );

/** A function, or an object that has the named methods. */
export const having = <Port>(...methods: readonly (keyof Port & string)[]) =>
  v.custom<Port>(
    (value) =>
      value !== null &&
      (typeof value === 'object' || typeof value === 'function') &&
      methods.every((method) => typeof Reflect.get(value, method) === 'function'),
    ({ received }) => `expected an object with ${methods.join(', ')}, received ${received}`,
  );

export const callable = <Port>() =>
  v.custom<Port>(
    (value) => typeof value === 'function',
    ({ received }) => `expected a function, received ${received}`,
  );

export const abortSignal = v.custom<AbortSignal>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'aborted') === 'boolean' &&
    ['addEventListener', 'removeEventListener'].every(
      (method) => typeof Reflect.get(value, method) === 'function',
    ),
  ({ received }) => `expected an AbortSignal, received ${received}`,
);

export const retryPolicy = v.strictObject({
  attempts: count(1),
  baseDelay: v.optional(milliseconds()),
  maxDelay: v.optional(milliseconds()),
  jitter: v.optional(oneOf('full', 'none')),
});

function describe(issue: v.BaseIssue<unknown>, name: string, schema?: Described): ConfigIssue[] {
  const keys = (issue.path ?? []).map(({ key }) => key);
  const path = keys.reduce<string>(
    (whole, key) => (typeof key === 'number' ? `${whole}[${key}]` : `${whole}.${String(key)}`),
    name,
  );
  // `flatten` of valibot hides what is wrong inside a union; its members' issues, with paths from there on, do not.
  if (issue.issues !== undefined) return issue.issues.flatMap((inner) => describe(inner, path));
  // valibot's word for what may stand under a name that an object does not have.
  if (issue.expected === 'never') return [{ path, message: `is not an option${namesBeside(keys, schema)}` }];
  return [{ path, message: messageOf(issue) }];
}

/** What valibot's schemas of objects, of lists and of what may be left out have. */
interface Described {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Described>>;
  readonly item?: Described;
  readonly wrapped?: Described;
}

/** The names that could stand in the place of the last key, where one schema says so. */
function namesBeside(keys: readonly unknown[], schema: Described | undefined): string {
  const unwrapped = (at: Described | undefined): Described | undefined =>
    at?.wrapped === undefined ? at : unwrapped(at.wrapped);
  const object = keys.slice(0, -1).reduce<Described | undefined>((at, key) => {
    const { entries, item } = unwrapped(at) ?? {};
    return typeof key === 'number' ? item : entries?.[String(key)];
  }, schema);
  const names = Object.keys(unwrapped(object)?.entries ?? {});
  if (names.length === 0) return '';
  return `; there ${names.length === 1 ? 'is' : 'are'} ${names.toSorted().join(', ')}`;
}

/** valibot's own texts speak of types and keys. */
function messageOf({ type, kind, expected, received, message }: v.BaseIssue<unknown>): string {
  if (kind !== 'schema' || type === 'custom') return message;
  if (received === 'undefined') return 'is missing';
  const wanted: Record<string, string> = { Object: 'an object', Array: 'an array' };
  return `expected ${wanted[expected ?? ''] ?? `a ${expected}`}, received ${received}`;
}
