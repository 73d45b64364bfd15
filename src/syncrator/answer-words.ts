import { isSecretName, redacted, redactText } from '../core/observe.ts';

/**
 * What the API says of a failure in its own JSON, in one line, cut, and without secrets: its `detail`, a text or a fault
 * for each field, or else its `message` or `error`. Undefined where there is none, and where it repeats one of `secrets`.
 */
export function wordsOf(body: string, secrets: readonly string[]): string | undefined {
  const text = textIn(parse(body));
  if (text === undefined || secrets.some((secret) => repeats(text, secret))) return undefined;
  const words = hidePairs(redactText(firstOf(text))).replace(TOKEN, redacted);
  const line = words.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
  if (line === '') return undefined;
  const signs = [...line];
  return signs.length > SHOWN ? `${signs.slice(0, SHOWN).join('')}…` : line;
}

/** Characters of it in a message. */
const SHOWN = 300;
/** Characters in which secrets are looked for. */
const READ = 2000;

/** A JWT, whole or in part. */
const TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*)*/g;

/** Half a url would not be seen to hold a password. */
const firstOf = (text: string) => (text.length > READ ? text.slice(0, READ).replace(/\S+$/, '') : text);

/** Where a shorter one stands within a word, it does so by chance. */
const LONG = 8;

function repeats(text: string, secret: string): boolean {
  if (secret === '') return false;
  if (secret.length < LONG) return wholeWord(secret).test(text);
  return text.includes(secret) || text.includes(encodeURIComponent(secret.toWellFormed()));
}

const wholeWord = (word: string) => new RegExp(`(?<!\\w)${word.replace(/\W/g, '\\$&')}(?!\\w)`);

/** As `password=…`, `"password": "…"` and `Authorization: Bearer …`. */
const hidePairs = (text: string) =>
  text.replace(
    /([\w-]+)(["']?\s*[=:]\s*)((?:bearer|basic)\s+\S+|"[^"]*"|'[^']*'|[^\s,;&]+)/gi,
    (pair, name: string, between: string) => (isSecretName(name) ? `${name}${between}${redacted}` : pair),
  );

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textIn(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  for (const name of ['detail', 'message', 'error']) {
    const said: unknown = Reflect.get(answer, name);
    const text = Array.isArray(said) ? said.flatMap(faultText).join('; ') : said;
    if (typeof text === 'string' && text.trim() !== '') return text;
  }
  return undefined;
}

/** FastAPI's: `{"loc": ["body", "options"], "msg": …}`. What it repeats of the input is left out. */
function faultText(fault: unknown): string[] {
  if (typeof fault !== 'object' || fault === null) return [];
  const message: unknown = Reflect.get(fault, 'msg');
  if (typeof message !== 'string') return [];
  const loc: unknown = Reflect.get(fault, 'loc');
  const place = Array.isArray(loc) ? loc.filter((part) => part !== 'body').join('.') : '';
  return [place === '' ? message : `${place}: ${message}`];
}
