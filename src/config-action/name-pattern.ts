import { RE2JS, RE2JSSyntaxException } from 're2js';
import { PatternSize } from './pattern-size.ts';

/** A regular expression that takes time linear in the text, and milliseconds for a pod's name, whatever it is. */
export interface NamePattern {
  /** Whether it is found anywhere in the text, as by Python's `re.search`. */
  foundIn(text: string): boolean;
}

/**
 * Reads a regular expression of Python. What the engine cannot run, or would read differently, is refused by its name,
 * as is what is longer than 1,000 characters, or would be with its repetitions written out.
 *
 * @throws {PatternError}
 */
export function parseNamePattern(text: string): NamePattern {
  if (text.length > LONGEST) {
    throw new PatternError(`it has ${text.length} characters, and ${LONGEST} are the limit; shorten it`);
  }
  const translated = translate(text);
  try {
    const pattern = RE2JS.compile(translated);
    return { foundIn: (name) => pattern.matcher(name).find() };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new PatternError(error.message.replace(/^error parsing regexp: /, ''));
  }
}

const LONGEST = 1_000;

/** Why a pattern cannot be used: its message completes "cannot be used: …". */
export class PatternError extends Error {}

/** The pattern in the engine's own syntax, which has other words for a few things. */
function translate(text: string): string {
  let translated = '';
  let inClass = false;
  const size = new PatternSize();
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const token = inClass ? classToken(rest) : outerToken(rest, at);
    if (rest[0] === '[' && !inClass) inClass = true;
    else if (rest[0] === ']') inClass = false;
    translated += token.written;
    size.add(token.written);
    if (size.steps > LONGEST) {
      throw new PatternError(
        `its repetitions, written out, come to more than ${LONGEST} steps; repeat less (* and + cost nothing)`,
      );
    }
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
  const [upTo, most] = /^\{,(\d*)\}/.exec(rest) ?? [];
  if (upTo !== undefined) return { length: upTo.length, written: `{0,${most}}` };
  const [repetition] = /^\{\d+(?:,\d*)?\}/.exec(rest) ?? [];
  if (repetition !== undefined) return asItIs(repetition);
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
  [/^\(\?[b-tv-wyzA-KM-TV-Z]*[xLuaU][a-zA-Z]*(?:-[a-zA-Z]+)?[):]/, 'a flag other than i, m and s'],
  [/^\(\?<(?![=!])/, 'a group named without P'],
  [/^\\[pPQECzG]/, 'an escape that Python has not'],
  [/^\\[uUN]/, 'an escape for a character'],
];
