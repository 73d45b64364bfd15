import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import pLimit from 'p-limit';
import { beforeAll, expect, it } from 'vitest';
import { commandsOf, exampleOf, faultsOf, type Helps, knows } from './commands.ts';
import { type Page, ROOT, readPages, spansOf } from './pages.ts';

const pages = readPages();
const commands = pages.flatMap(commandsOf);
let helps: Helps;

beforeAll(async () => {
  const paths = readdirSync(`${ROOT}examples`)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `examples/${name}`);
  const limit = pLimit(2);
  helps = new Map(await limit.map(paths, async (path) => [path, await helpOf(path)] as const));
}, 120_000);

it('every command names scripts, files, tests, commands and options that there are', () => {
  expect(commands.length).toBeGreaterThan(50);
  expect(commands.flatMap((command) => faultsOf(command, helps))).toEqual([]);
});

it('every option that a page tells of is one of an example that it names', () => {
  // Contributors are told of npm's own.
  const unknown = pages.flatMap((page) => {
    if (page.path === 'CONTRIBUTING.md') return [];
    const known = helpsNamedBy(page);
    if (known.length === 0) return [];
    return spansOf(page)
      .filter(({ text }) => text.startsWith('--'))
      .flatMap(({ text, line }) =>
        (text.match(/(?<!\S)--[a-z-]+/g) ?? [])
          .filter((option) => !known.some((help) => knows(help, option)))
          .map((option) => `${page.path}:${line}: ${option}`),
      );
  });
  expect(unknown).toEqual([]);
});

it('every file that is named in a code span is there', () => {
  const missing = pages.flatMap((page) =>
    spansOf(page)
      // The reference is made, and not kept.
      .filter(({ text }) => !text.startsWith('docs/reference/'))
      .filter(({ text }) => /^(?:examples|docs|src|test|\.ci)\/[\w./-]*$/.test(text))
      // A test is named without what vitest adds to find it.
      .filter(
        ({ text }) => ![text, `${text}.ts`, `${text}.test.ts`].some((path) => existsSync(`${ROOT}${path}`)),
      )
      .map(({ text, line }) => `${page.path}:${line}: ${text}`),
  );
  expect(missing).toEqual([]);
});

it('what is not there is told by the line of the page', () => {
  const text = [
    '```sh',
    'npm ci && npm run nothing',
    'npx tsx examples/cluster-job.ts demo --failure 0.5   # with a typo',
    'npx tsx examples/cluster-job.ts demonstrate',
    'npx tsx examples/nobody.ts',
    '```',
    'see `npx vitest run test/nowhere` and `npm run test:long -- test/docs`',
    'or `npm run bench -- nothing`; `kubectl apply -k examples/nowhere` is not looked at',
    '```sh',
    'kubectl apply -k examples/nowhere',
    '```',
  ].join('\n');
  const faults = commandsOf({ path: 'docs/wrong.md', text }).flatMap((command) => faultsOf(command, helps));
  expect(faults.map((fault) => fault.replace(/ \(.*$/, '')).sort()).toEqual(
    [
      'docs/wrong.md:2: there is no script nothing',
      'docs/wrong.md:3: examples/cluster-job.ts has no option --failure',
      'docs/wrong.md:4: examples/cluster-job.ts has no command demonstrate',
      'docs/wrong.md:5: there is no example examples/nobody.ts',
      'docs/wrong.md:7: test has no file of test/nowhere',
      'docs/wrong.md:7: test:long has no file of test/docs',
      'docs/wrong.md:8: there is no row nothing',
      'docs/wrong.md:10: there is no examples/nowhere',
    ].sort(),
  );
});

const helpsNamedBy = (page: Page): readonly string[] => {
  const run = commandsOf(page).map((command) => exampleOf(command)?.path);
  const told = spansOf(page).map(({ text }) => /^examples\/[\w-]+\.ts\b/.exec(text)?.[0]);
  return [...new Set([...run, ...told])].flatMap((path) =>
    path === undefined ? [] : (helps.get(path) ?? []),
  );
};

function helpOf(path: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', `${ROOT}${path}`, '--help'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let help = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    help += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(help) : reject(new Error(`${path} --help: ${code}`)),
    );
  });
}
