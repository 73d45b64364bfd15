import { parseArgs } from 'node:util';

/** Something on the command line is wrong. */
export class UsageError extends Error {
  constructor(message: string) {
    super(`${message}. Try --help`);
  }
}

/** The variables that programs read besides their command line. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Arguments<Name extends string> {
  readonly help: boolean;
  readonly positionals: readonly string[];
  /** As they were written. */
  readonly options: ReadonlyMap<Name, string>;
}

/**
 * Reads a command line whose options all take a value, but for `--help` and `-h`.
 *
 * @throws UsageError for an unknown option, one without its value and one that stands twice
 */
export function readArguments<Name extends string>(
  names: readonly Name[],
  args: readonly string[] = process.argv.slice(2),
): Arguments<Name> {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    // Mistakes are found below, where their messages are in the words of this command line.
    strict: false,
    tokens: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const written = tokens.filter((token) => token.kind === 'option');
  const options = new Map<Name, string>();
  if (written.some(({ name }) => name === 'help')) return { help: true, positionals, options };
  for (const { name: given, rawName, value } of written) {
    const name = names.find((known) => known === given);
    if (name === undefined) throw new UsageError(unknownOption(rawName, given, names));
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    if (options.has(name)) throw new UsageError(`--${name} is there twice`);
    options.set(name, value);
  }
  return { help: false, positionals, options };
}

/** For programs that take nothing but options. @throws UsageError */
export function refusePositionals([unknown]: readonly string[]): void {
  if (unknown !== undefined) throw new UsageError(`${JSON.stringify(unknown)} belongs to no option`);
}

/** @throws UsageError */
export function wholeNumber(
  option: string,
  text: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`--${option} takes a whole number ${range}, received ${JSON.stringify(text)}`);
}

/** @throws UsageError */
export function share(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new UsageError(`--${option} takes a number from 0 to 1, received ${JSON.stringify(text)}`);
}

/** @throws UsageError that names the nearest of `words` */
export function oneOf<Word extends string>(what: string, text: string, words: readonly Word[]): Word {
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  const near = nearest(text, words);
  const hint = near === undefined ? `there are ${words.join(', ')}` : `the nearest is ${near}`;
  throw new UsageError(`there is no ${what} ${JSON.stringify(text)}; ${hint}`);
}

function unknownOption(rawName: string, given: string, names: readonly string[]): string {
  const near = nearest(given, [...names, 'help']);
  return `there is no option ${rawName}${near === undefined ? '' : `; the nearest is --${near}`}`;
}

/** The word that differs in at most two letters. */
function nearest(text: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((word) => ({ word, away: distance(text, word) }))
    .sort((one, other) => one.away - other.away);
  return best !== undefined && best.away <= 2 ? best.word : undefined;
}

/** How many letters must be put in, left out or changed to make one text of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const letter of from) {
    const next = [(row[0] ?? 0) + 1];
    for (const [index, other] of [...to].entries()) {
      const changed = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (next[index] ?? 0) + 1, (row[index + 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
