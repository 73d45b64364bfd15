import { readdirSync, readFileSync } from 'node:fs';
import * as library from 'holdfast';
import * as server from 'holdfast/server';
import * as testing from 'holdfast/testing';
import { ROOT } from './pages.ts';
import type { Source } from './programs.ts';

/** What an example takes for granted, by its name. */
const GIVEN: Readonly<Record<string, string>> = {
  kube: "import('holdfast').Kubernetes",
  store: "import('holdfast/server').JobStore",
  config: "import('holdfast').RequesterConfig",
  pods: "import('holdfast').PodSource",
  credentials: "import('holdfast').Credentials",
  template: 'string',
  nodes: 'readonly string[]',
  urls: 'readonly string[]',
  make: '() => Promise<never>',
  test: '(name: string, run: () => Promise<void>) => void',
  readFile: "typeof import('node:fs/promises').readFile",
};

const EXPORTS = { holdfast: library, 'holdfast/server': server, 'holdfast/testing': testing };

/** The examples in the library's own comments, each with what it leaves out on its first line. */
export function examplesOf(path: string, text: string): readonly Source[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [, first] = /^ *\* @example ?(.*)$/.exec(line) ?? [];
    if (first === undefined) return [];
    const example = [first];
    for (const next of lines.slice(index + 1)) {
      const [, inside] = /^ *\*(?!\/| @) ?(.*)$/.exec(next) ?? [];
      if (inside === undefined) break;
      example.push(inside);
    }
    const source = [
      preludeOf(example.join('\n')),
      ...Array.from({ length: index - 1 }, () => ''),
      ...example,
    ];
    return [{ path, line: index + 1, extension: 'ts', source: `${source.join('\n')}\n` } as const];
  });
}

export function readExamples(): readonly Source[] {
  return readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .flatMap((path) => examplesOf(`src/${path}`, readFileSync(`${ROOT}src/${path}`, 'utf8')));
}

function preludeOf(example: string): string {
  const uses = (name: string) => new RegExp(`(?<![.\\w'])${name}\\b`).test(example);
  const defines = (name: string) => new RegExp(`\\b(?:const|using) (?:\\{[^}]*)?${name}\\b`).test(example);
  const imports = Object.entries(EXPORTS).map(([entry, exports]) => {
    const names = Object.keys(exports).filter((name) => uses(name) && !defines(name));
    return `import { ${names.join(', ')} } from '${entry}';`;
  });
  const given = Object.entries(GIVEN)
    .filter(([name]) => uses(name) && !defines(name))
    .map(([name, type]) => `declare const ${name}: ${type};`);
  return [...imports, ...given].join(' ');
}
