import { RE2JS, RE2JSSyntaxException } from 're2js';

/** A regular expression that takes time linear in the text, whatever it is. */
export interface NamePattern {
  /** Whether it is found anywhere in the text, as by Python's `re.search`. */
  foundIn(text: string): boolean;
}

/**
 * Reads a regular expression of Python. What the engine cannot run, or would read differently, is refused by its name.
 *
 * @throws {PatternError}
 */
export function parseNamePattern(text: string): NamePattern {
  const translated = translate(text);
  try {
    const pattern = RE2JS.compile(translated);
    return { foundIn: (name) => pattern.matcher(name).find() };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new PatternError(error.message.replace(/^error parsing regexp: /, ''));
  }
}

/** Why a pattern cannot be used: its message completes "cannot be used: …". */
export class PatternError extends Error {}

/** The pattern in the engine's own syntax, which has other words for a few things. */
function translate(text: string): string {
  let translated = '';
  let inClass = false;
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const token = inClass ? classToken(rest) : outerToken(rest, at);
    if (rest[0] === '[' && !inClass) inClass = true;
    else if (rest[0] === ']') inClass = false;
    translated += token.written;
    at += token.length;
  }
  return translated;
}

interface Token {
  readonly length: number;
  readonly written: string;
}

const asItIs = (text: string): Token => ({ length: text.length, written: text });

function outerToken(rest: string, at: number): Token {
  for (const [syntax, name] of UNSUPPORTED) {
    const [found] = syntax.exec(rest) ?? [];
    if (found !== undefined)
      throw new PatternError(`it has ${name} (${found}), which can take for ever to match`);
  }
  for (const [syntax, name] of FOREIGN) {
    const [found] = syntax.exec(rest) ?? [];
    if (found !== undefined) throw new PatternError(`it has ${name} (${found}); write it in another way`);
  }
  if (at > 0 && GLOBAL_FLAGS.test(rest)) {
    throw new PatternError(
      `it has flags (${rest.slice(0, rest.indexOf(')') + 1)}) that do not stand at its beginning`,
    );
  }
  if (rest.startsWith('\\Z')) return { length: 2, written: '\\z' };
  const [open, upTo] = /^\{,(\d+)\}/.exec(rest) ?? [];
  if (open !== undefined) return { length: open.length, written: `{0,${upTo}}` };
  // The first bracket of a class is a literal, also after a ^.
  return asItIs(/^(?:\\.|\[\^?\]?|.)/su.exec(rest)?.[0] ?? '');
}

function classToken(rest: string): Token {
  if (/^\[[:.=]/.test(rest)) {
    throw new PatternError(
      `it has a class of POSIX (${rest.slice(0, 2)}), which Python has not; write out what is meant`,
    );
  }
  const foreign = /^\\[pPQEC]/.exec(rest)?.[0];
  if (foreign !== undefined) throw new PatternError(`it has ${foreign}, which Python has not`);
  return asItIs(/^(?:\\.|.)/su.exec(rest)?.[0] ?? '');
}

const GLOBAL_FLAGS = /^\(\?[a-zA-Z]+\)/;

const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/^\(\?=/, 'a lookahead'],
  [/^\(\?!/, 'a negative lookahead'],
  [/^\(\?<=/, 'a lookbehind'],
  [/^\(\?<!/, 'a negative lookbehind'],
  [/^\(\?P=\w*\)?/, 'a backreference'],
  [/^\\[1-9]\d?/, 'a backreference'],
  [/^\(\?\(/, 'a conditional'],
  [/^\(\?>/, 'an atomic group'],
  [/^[*+?]\+|^\{\d*,?\d*\}\+/, 'a possessive quantifier'],
];

/** What the engine lacks, or understands and Python does not. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^\(\?#[^)]*\)?/, 'a comment'],
  [/^\(\?[a-zA-Z]*[xLuaU][a-zA-Z]*(?:-[a-zA-Z]+)?[):]/, 'a flag other than i, m and s'],
  [/^\(\?<(?![=!])/, 'a group named without P'],
  [/^\\[pPQECzG]/, 'an escape that Python has not'],
  [/^\\[uUN]/, 'an escape for a character'],
];
