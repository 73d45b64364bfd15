import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { blocksOf, type Page, ROOT, spansOf } from './pages.ts';

/** A line of a shell, as a page shows it. */
export interface Command {
  readonly path: string;
  readonly line: number;
  readonly words: readonly string[];
}

/** What an example says to `--help`, by the example's path. */
export type Helps = ReadonlyMap<string, string>;

/** Those in blocks of shell, and those in the text that are of npm. */
export function commandsOf(page: Page): readonly Command[] {
  const blocks = blocksOf(page).filter(({ language }) => language === 'sh');
  const lines = blocks.flatMap(({ text, line }) =>
    text.split('\n').map((each, at) => ({ text: each, line: line + at })),
  );
  const spans = spansOf(page).filter(({ text }) => /^(npm|npx) /.test(text));
  return [...lines, ...spans].flatMap(({ text, line }) =>
    text
      .replace(/(^|\s)#.*$/, '')
      .split(/ && | \| /)
      .map((part) => part.trim().split(/\s+/))
      .filter(([program]) => program !== '')
      .map((words) => ({ path: page.path, line, words })),
  );
}

/** The example that a command runs, with what it is given. */
export function exampleOf({
  words,
}: Pick<Command, 'words'>): { path: string; args: readonly string[] } | undefined {
  const [program, verb = '', name = ''] = words;
  // Any other file is the reader's own.
  if (program === 'npx' && verb === 'tsx' && name.startsWith('examples/')) {
    return { path: name, args: words.slice(3) };
  }
  if (program !== 'npm' || verb !== 'run') return undefined;
  const rest = words.slice(words[3] === '--' ? 4 : 3);
  if (name === 'example') {
    // Without a name, or with the word for one, it shows which there are.
    const [which = 'NAME', ...args] = rest;
    return /^[A-Z-]/.test(which) ? undefined : { path: `examples/${which}.ts`, args };
  }
  const [, path, own = ''] = /\btsx (examples\/\S+)(.*)$/.exec(scripts[name] ?? '') ?? [];
  return path === undefined
    ? undefined
    : { path, args: [...own.split(/\s+/), ...rest].filter((word) => word !== '') };
}

/** What is wrong with a command, as `docs/page.md:12: message`. */
export function faultsOf(command: Command, helps: Helps): readonly string[] {
  const { path, line, words } = command;
  const faults = [...pathFaults(command), ...npmFaults(words), ...exampleFaults(command, helps)];
  return faults.map((fault) => `${path}:${line}: ${fault} (${words.join(' ')})`);
}

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  scripts: Record<string, string>;
};
const { scripts } = manifest;

const tests = readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => `test/${path}`);

/** By the script that runs them; `test` is all others. */
const SUITES = { 'test:long': '.long.test.ts', 'test:browser': '.browser.test.ts' } as const;

function pathFaults(command: Command): readonly string[] {
  const { words } = command;
  // What vitest is given is the beginning of a name, and looked at below.
  if (words.includes('vitest') || words.some((word) => word.startsWith('test:'))) return [];
  return words
    .filter((word) => /^(examples|docs|src|test)\//.test(word) && !existsSync(`${ROOT}${word}`))
    .filter((word) => word !== exampleOf(command)?.path)
    .map((word) => `there is no ${word}`);
}

/** What npm does without a script. */
const OWN = ['ci', 'init', 'install', 'pkg', 'rebuild'];

function npmFaults(words: readonly string[]): readonly string[] {
  const [program, verb = '', name = ''] = words;
  if (program === 'npx' && verb === 'vitest') return suiteFaults('test', words.slice(3));
  if (program !== 'npm') return [];
  if (verb === 'test') return suiteFaults('test', words.slice(3));
  if (verb !== 'run') return OWN.includes(verb) ? [] : [`npm knows no ${verb}`];
  if (scripts[name] === undefined) return [`there is no script ${name}`];
  const rest = words.slice(4);
  if (name in SUITES) return suiteFaults(name, rest);
  if (name !== 'bench') return [];
  const rows = readdirSync(`${ROOT}test/bench/rows`);
  return rest
    .filter((word) => word !== '--profile' && !rows.some((row) => row.includes(word)))
    .map((word) => `there is no row ${word}`);
}

function suiteFaults(suite: string, args: readonly string[]): readonly string[] {
  const endings = Object.entries(SUITES);
  const own = tests.filter(
    (path) => (endings.find(([, ending]) => path.endsWith(ending))?.[0] ?? 'test') === suite,
  );
  const named = args.indexOf('-t') < 0 ? args : args.slice(0, args.indexOf('-t'));
  const filters = named.filter((word) => word !== '--');
  return filters
    .filter((filter) => !own.some((path) => path.includes(filter)))
    .map((filter) => `${suite} has no file of ${filter}`);
}

function exampleFaults(command: Command, helps: Helps): readonly string[] {
  const example = exampleOf(command);
  if (example === undefined) return [];
  const { path, args } = example;
  const help = helps.get(path);
  if (help === undefined) return [`there is no example ${path}`];
  const options = args.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/=.*$/s, ''));
  const [first] = args;
  const verbs = /\nCommands\n/.test(help) && first !== undefined && !first.startsWith('-') ? [first] : [];
  return [
    ...options.filter((option) => !knows(help, option)).map((option) => `${path} has no option ${option}`),
    ...verbs.filter((verb) => !help.includes(`\n  ${verb} `)).map((verb) => `${path} has no command ${verb}`),
  ];
}

/** Whether a help has the option as a word of its own. */
export const knows = (help: string, option: string): boolean => help.split(/[^\w-]+/).includes(option);
