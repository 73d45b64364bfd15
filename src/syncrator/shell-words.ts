import type { ConfigIssue } from '../core/errors.ts';
import { fillText, isRecord, type Json, parametersIn } from './substitute.ts';

/**
 * Refuses values that a shell would interpret, where a parameter stands in the `command` or `args` of something that is
 * run with `-c`, as `["/bin/bash", "-c", "… ${OPTIONS}"]` is. Spaces part words and stay allowed: options need them.
 */
export function checkShellWords(
  template: Json,
  filled: Json,
  values: ReadonlyMap<string, string>,
  path: string,
  issues: ConfigIssue[],
): void {
  if (typeof template === 'string') {
    if (!holdsScript(filled)) return;
    const name = parametersIn(template).join();
    issues.push({
      path: `params.${name}`,
      message: `brings a script of its own; write that into the template (${path})`,
    });
    return;
  }
  if (Array.isArray(template)) {
    const items = Array.isArray(filled) ? filled : [];
    for (const [index, item] of template.entries()) {
      checkShellWords(item, items[index], values, `${path}[${index}]`, issues);
    }
    return;
  }
  if (!isRecord(template) || !isRecord(filled)) return;
  // A key may be a parameter too.
  const byName = new Map(Object.entries(template).map(([key, held]) => [fillText(key, values), held]));
  if (runsScript(filled)) {
    for (const field of ['command', 'args']) {
      for (const name of new Set(textsOf(byName.get(field)).flatMap(parametersIn))) {
        const problem = shellProblem(values.get(name) ?? '');
        if (problem !== undefined)
          issues.push({ path: `params.${name}`, message: `${problem} (${path}.${field})` });
      }
    }
  }
  for (const [key, held] of byName) checkShellWords(held, filled[key], values, `${path}.${key}`, issues);
}

/** Of a structure that came whole out of a parameter. */
function holdsScript(value: Json): boolean {
  if (Array.isArray(value)) return value.some(holdsScript);
  return isRecord(value) && (runsScript(value) || Object.values(value).some(holdsScript));
}

/** Looked at in the result, for the flag itself may come from a parameter. What has a `-c` and is no shell is an interpreter too. */
function runsScript(filled: Readonly<Record<string, unknown>>): boolean {
  return [...textsOf(filled['command']), ...textsOf(filled['args'])].some((word) =>
    /^[-+][A-Za-z]*c[A-Za-z]*$/.test(word.trim()),
  );
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.flatMap(textsOf) : [];
}

/** What is allowed means itself in every shell, quoted or not. */
function shellProblem(value: string): string | undefined {
  const found = /[^\p{L}\p{N} _\-=+.,:/@%]/u.exec(value)?.[0];
  if (found === undefined) return undefined;
  return `holds ${JSON.stringify(found)}, which a shell would interpret, for it stands in a script; leave it out`;
}
