import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { oneOf, UsageError } from './arguments.ts';
import { printTable } from './table.ts';

// npm run example [-- NAME [OPTIONS]]: runs examples/NAME.ts in this process, or shows which there are.

const folder = join(import.meta.dirname, '..');
const [name, ...args] = process.argv.slice(2);

if (name === undefined || name === '--help' || name === '-h') {
  await list();
} else {
  const path = await find(name);
  if (path === undefined) {
    await list();
    process.exitCode = 2;
  } else {
    process.argv.splice(1, Number.POSITIVE_INFINITY, path, ...args);
    await import(pathToFileURL(path).href);
  }
}

async function find(name: string): Promise<string | undefined> {
  try {
    return join(folder, `${oneOf('example', basename(name, '.ts'), await names())}.ts`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n`);
    return undefined;
  }
}

async function names(): Promise<readonly string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .sort();
}

async function list(): Promise<void> {
  console.log('Usage: npm run example -- NAME [OPTIONS]\n');
  printTable(await Promise.all((await names()).map(async (name) => [name, await purposeOf(name)])));
  console.log('\nEach takes --help, and brings all that it needs.');
}

/** The first sentence of the file's first comment. */
async function purposeOf(name: string): Promise<string> {
  const text = await readFile(join(folder, `${name}.ts`), 'utf8');
  const [, comment = ''] = /^\/\*\*\n((?: \* .*\n)+)/.exec(text) ?? [];
  const [sentence = ''] = comment
    .replaceAll(/^ \* /gm, '')
    .replaceAll('\n', ' ')
    .split(/(?<=\.) /);
  return sentence.trim();
}
