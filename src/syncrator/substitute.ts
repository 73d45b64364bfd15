import { ConfigError, type ConfigIssue } from '../core/errors.ts';

/** What a template is made of; `undefined` is left out, as JSON does. */
export type Json = unknown;

/** Far deeper than any Kubernetes object; a structure that holds itself ends here. */
const MAX_DEPTH = 100;

/**
 * A copy in which every string, and every key, has the values in place of its parameters. What cannot be is added to
 * `issues`.
 */
export function substitute(
  value: Json,
  values: ReadonlyMap<string, string>,
  path: string,
  issues: ConfigIssue[],
  depth = 0,
): Json {
  if (depth > MAX_DEPTH) {
    const message = `is nested more than ${MAX_DEPTH} deep; does it hold itself?`;
    throw new ConfigError([{ path: 'template', message }]);
  }
  if (typeof value === 'string') return substituteText(value, values, path, issues);
  if (Array.isArray(value)) {
    return value.map((item, index) => substitute(item, values, `${path}[${index}]`, issues, depth + 1));
  }
  if (!isRecord(value)) return value;
  const filled = new Map<string, Json>();
  for (const [key, held] of Object.entries(value)) {
    const name = fillText(key, values);
    if (filled.has(name))
      issues.push({ path: `${path}.${key}`, message: 'stands twice once its parameters are filled in' });
    filled.set(name, substitute(held, values, `${path}.${key}`, issues, depth + 1));
  }
  // Own properties, whatever they are called.
  return Object.fromEntries(filled);
}

/** The parameters that a text of a template names. */
export function parametersIn(text: string): string[] {
  return [...text.matchAll(reference)].flatMap(([, name]) => name ?? []);
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const reference = /\$\{\{?(\w+)\}/g;
const whole = /^\$\{\{(\w+)\}\}$/;

/** A text with the values in place of its parameters. Each goes in as it is: what it holds is not looked at again. */
export const fillText = (text: string, values: ReadonlyMap<string, string>) =>
  text.replace(/\$\{(\w+)\}/g, (found, name: string) => values.get(name) ?? found);

function substituteText(
  text: string,
  values: ReadonlyMap<string, string>,
  path: string,
  issues: ConfigIssue[],
): Json {
  const name = whole.exec(text)?.[1];
  const json = name === undefined ? undefined : values.get(name);
  if (json === undefined) return fillText(text, values);
  try {
    return JSON.parse(json);
  } catch {
    // Not the parser's own words, which quote the value.
    issues.push({
      path,
      message: `the parameter ${name} stands here as JSON, and its value is none; quote a text`,
    });
    return null;
  }
}
