import type { DialectAnswer, Verdict } from './dialect.ts';

/** The words in which a dialect answers: what makes a 400 an `exists` and a 404 a `missing`. */
export interface DialectWords {
  readonly exists: (body: object) => boolean;
  readonly missing: (body: object) => boolean;
}

/**
 * The rules both dialects share. Only the dialect's own answers count; a proxy's page, a bare 404 or a redirect is
 * `unknown`, and so is every 5xx, for the write may have happened before it.
 */
export function classifyAnswer<K extends keyof Verdict>(
  kind: K,
  answer: DialectAnswer,
  words: DialectWords,
): Verdict[K] {
  return verdictOf(kind, answer, words) as Verdict[K];
}

function verdictOf(kind: keyof Verdict, answer: DialectAnswer, words: DialectWords): Verdict[keyof Verdict] {
  const { status } = answer;
  if (status === 200 || status === 201) {
    if (kind !== 'read') return DONE.has(answer.body.trim()) ? 'done' : 'unknown';
    const body = parseObject(answer.body);
    return status === 200 && body !== undefined && Reflect.get(body, 'groupId') === answer.groupId
      ? 'present'
      : 'unknown';
  }
  if (status === 425 || status === 429) return 'later';
  if (status < 400 || status >= 500 || status === 408) return 'unknown';
  const body = parseObject(answer.body);
  if (body === undefined) return 'unknown';
  if (status === 404 && words.missing(body)) {
    if (kind === 'read') return 'absent';
    if (kind === 'delete') return 'missing';
  }
  if (status === 400 && kind === 'create' && words.exists(body)) return 'exists';
  return 'refused';
}

const DONE = new Set(['', 'OK', 'CREATED']);

/** The JSON object that a body is, or `undefined`. */
export function parseObject(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    // Not JSON: somebody else's answer.
    return undefined;
  }
}
