import { ConfigError, type ConfigIssue } from '../core/errors.ts';
import { checkShellWords } from './shell-words.ts';
import { isRecord, type Json, substitute } from './substitute.ts';
import { parseTemplate, type Template } from './template-schema.ts';

/**
 * The objects of an OpenShift `Template` (YAML, or parsed already), with `params` in place of `${KEY}` (as text) and of a
 * string that is `${{KEY}}` and nothing else (as JSON). The template's labels are put on every object.
 *
 * Nothing is substituted in YAML text and nothing twice, so a value stays the value of its field whatever it holds. Where it
 * lands in a script that a shell is given by `-c`, anything a shell would interpret is refused. `${KEY}` of no declared
 * parameter stays as it is. The template is not changed.
 *
 * @throws ConfigError for a required parameter that is missing or empty, one that the template does not declare, a value
 * that is refused, and what is no template
 */
export function processTemplate(
  template: string | object,
  params: Readonly<Record<string, string>>,
): object[] {
  const parsed = parseTemplate(template);
  const values = valuesOf(parsed, params);
  const issues: ConfigIssue[] = [];
  const labels = substitute(parsed.labels, values, 'template.labels', issues);
  const objects = parsed.objects.map((object, index) => {
    const path = `template.objects[${index}]`;
    const filled = substitute(object, values, path, issues);
    checkShellWords(object, filled, values, path, issues);
    return withLabels(filled, labels);
  });
  if (issues.length > 0) throw new ConfigError(issues);
  return objects;
}

/** Linux starts no program with an argument or an environment variable longer than this (MAX_ARG_STRLEN). */
const MAX_BYTES = 128 * 1024 - 1;

function valuesOf({ parameters }: Template, params: unknown): ReadonlyMap<string, string> {
  if (!isRecord(params)) {
    throw new ConfigError([
      { path: 'params', message: `expected an object of texts, received ${typeof params}` },
    ]);
  }
  const given = new Map(Object.entries(params));
  const issues: ConfigIssue[] = [];
  const values = new Map<string, string>();
  for (const [name, value] of given) {
    const message = parameters.has(name) ? valueProblem(value) : unknown(parameters.keys());
    if (message !== undefined) issues.push({ path: `params.${name}`, message });
  }
  for (const { name, required, value: preset } of parameters.values()) {
    const value = given.get(name) ?? preset ?? '';
    if (typeof value === 'string') values.set(name, value);
    if (required && value === '') {
      issues.push({ path: `params.${name}`, message: 'is missing; the template requires it' });
    }
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return values;
}

/** Never shows the value, which may be long or a secret. */
function valueProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return `expected a text, received ${typeof value}`;
  if (value.includes('\0')) return 'holds a NUL character, which ends a text for most programs; leave it out';
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_BYTES) return `is ${bytes} bytes long; a program takes ${MAX_BYTES} at most`;
  return undefined;
}

const unknown = (known: Iterable<string>) =>
  `is no parameter of the template, which has ${[...known].join(', ') || 'none'}`;

function withLabels(object: Json, labels: Json): object {
  const filled = isRecord(object) ? object : {};
  if (!isRecord(labels) || Object.keys(labels).length === 0) return filled;
  const metadata = isRecord(filled['metadata']) ? filled['metadata'] : {};
  const own = isRecord(metadata['labels']) ? metadata['labels'] : {};
  return { ...filled, metadata: { ...metadata, labels: { ...own, ...labels } } };
}
