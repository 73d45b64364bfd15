import { ConfigError, type ConfigIssue } from '../core/errors.ts';

/**
 * Reads a `.public_params` file: lines `KEY=value`, in which a value may hold `=`; blank lines and lines that begin with
 * `#` are passed over. Nothing is unquoted or expanded.
 *
 * @throws ConfigError that names every line that is neither, and every key given twice
 */
export function readParams(text: string): Record<string, string> {
  if (typeof text !== 'string') {
    throw new ConfigError([
      { path: 'text', message: `expected the text of a file, received ${typeof text}` },
    ]);
  }
  const issues: ConfigIssue[] = [];
  const params = new Map<string, string>();
  const lines = text.replace(/^\ufeff/, '').split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const issue = (message: string) => issues.push({ path: 'text', message, line: index + 1 });
    const at = line.indexOf('=');
    const key = at < 0 ? '' : line.slice(0, at);
    // Not the line itself: its value may be a secret.
    if (!/^[A-Za-z_]\w*$/.test(key)) issue('expected KEY=value');
    else if (params.has(key)) issue(`${key} stands twice; leave one out`);
    else params.set(key, line.slice(at + 1));
  }
  if (issues.length > 0) throw new ConfigError(issues);
  // As own properties, whatever the key is called.
  return Object.fromEntries(params);
}
