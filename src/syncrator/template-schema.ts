import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from '../core/errors.ts';
import { validate } from '../core/validate.ts';
import { isRecord, type Json } from './substitute.ts';

export interface Template {
  readonly labels: Json;
  readonly objects: readonly Json[];
  readonly parameters: ReadonlyMap<string, TemplateParameter>;
}

interface TemplateParameter {
  readonly name: string;
  readonly required: boolean;
  /** The default. */
  readonly value: string | undefined;
}

/** @throws {ConfigError} with lines and columns where the YAML is broken */
export function parseTemplate(template: unknown): Template {
  const { labels, objects, parameters } = validate(
    templateSchema,
    typeof template === 'string' ? parseYaml(template) : template,
    'template',
  );
  const byName = new Map<string, TemplateParameter>();
  for (const [index, { name, required, value, generate }] of (parameters ?? []).entries()) {
    const path = `template.parameters[${index}]`;
    if (byName.has(name)) throw refusal(`${path}.name`, `${name} is declared twice; leave one out`);
    if (generate !== undefined && value === undefined) {
      throw refusal(`${path}.generate`, 'values are not made up here; pass one and leave this out');
    }
    byName.set(name, {
      name,
      required: required ?? false,
      value: value === undefined ? undefined : String(value),
    });
  }
  return { labels: labels ?? {}, objects: objects as Json[], parameters: byName };
}

const record = v.custom<Record<string, unknown>>(
  isRecord,
  ({ received }) => `expected an object, received ${received}`,
);

const templateSchema = v.object({
  kind: v.literal('Template', ({ received }) => `expected Template, received ${received}`),
  labels: v.optional(v.record(v.string(), v.string())),
  objects: v.pipe(v.array(record), v.nonEmpty('is empty; a template has at least one object')),
  parameters: v.optional(
    v.array(
      v.object({
        name: v.pipe(
          v.string(),
          v.regex(/^\w+$/, ({ received }) => `expected letters, digits and _, received ${received}`),
        ),
        required: v.optional(v.boolean()),
        value: v.optional(v.union([v.string(), v.number(), v.boolean()])),
        generate: v.optional(v.string()),
      }),
    ),
  ),
});

/** Aliases are limited to a hundred, so that a few lines cannot become gigabytes. */
function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const issues = document.errors.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { path: 'template', message, line, column: col };
  });
  if (issues.length > 0) throw new ConfigError(issues);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([{ path: 'template', message }], { cause });
  }
}

const refusal = (path: string, message: string) => new ConfigError([{ path, message }]);
