import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Findings, lint } from './biome.ts';

const features = ['cluster', 'config-action', 'file-drop', 'syncrator'];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  http: ['core'],
  kube: ['core'],
  ...Object.fromEntries(features.map((feature) => [feature, ['core', 'http', 'kube']])),
  server: ['core', 'http', 'kube', ...features],
  testing: ['core', 'http', 'kube', ...features, 'server'],
};
const folders = Object.keys(mayImport);

/** Every way in which one module can name another. */
const forms: Readonly<Record<string, string>> = {
  import: "import { x } from 'MODULE';\nexport const y = x;",
  'import for its effects': "import 'MODULE';",
  'import type': "import type { X } from 'MODULE';\nexport type Y = X;",
  'inline type': "import { type X, x } from 'MODULE';\nexport const y: X = x;",
  're-export': "export { x } from 'MODULE';",
  're-export of a type': "export type { X } from 'MODULE';",
  're-export of everything': "export * from 'MODULE';",
  'dynamic import': "export const load = () => import('MODULE');",
  'import in a type': "export type X = import('MODULE').X;",
  'typeof import in a type': "export type X = typeof import('MODULE');",
  require: "export const x = require('MODULE');",
  'import require': "import x = require('MODULE');\nexport const y = x;",
};

let found: Findings;
const refuses = (path: string) =>
  (found.get(path) ?? []).some((rule) => ['noRestrictedImports', 'noCommonJs', 'plugin'].includes(rule));

beforeAll(async () => {
  const files: Record<string, string> = { 'src/index.ts': 'export const x = 1;' };
  for (const folder of folders) {
    files[`src/${folder}/target.ts`] = 'export const x = 1;\nexport type X = number;';
    for (const [name, text] of Object.entries(targetsOf(folder))) files[`src/${folder}/to-${name}.ts`] = text;
  }
  Object.keys(forms).forEach((form, number) => {
    files[formFile(number)] = `${forms[form]?.replace('MODULE', '../http/target.ts')}\n`;
  });
  files['src/to-server.ts'] = "import './server/target.ts';";
  files['src/to-testing.ts'] = "import './testing/target.ts';";
  files['src/to-cluster.ts'] = "import './cluster/target.ts';";
  files['src/cluster/dialects/to-sibling.ts'] = "import '../target.ts';";
  files['src/cluster/dialects/to-core.ts'] = "import '../../core/target.ts';";
  files['src/cluster/dialects/to-testing.ts'] = "import '../../testing/target.ts';";
  files['examples/by-name.ts'] = "import { x } from 'holdfast';\nx();";
  files['examples/by-path.ts'] = "import { x } from '../src/index.ts';\nx();";
  files['test/by-path.ts'] = "import '../src/http/target.ts';";
  found = await lint(files);
});

const formFile = (number: number) => `src/core/form-${number}.ts`;

/** One file for each thing that a file of this folder could reach for. */
function targetsOf(folder: string): Record<string, string> {
  const others = folders.filter((other) => other !== folder);
  return {
    ...Object.fromEntries(others.map((other) => [other, `import '../${other}/target.ts';`])),
    'entry-point': "import { x } from '../index.ts';\nexport const y = x;",
    'entry-folder': "import { x } from '..';\nexport const y = x;",
    'own-name': "import { x } from 'holdfast';\nexport const y = x;",
    'own-testing-name': "import { x } from 'holdfast/testing';\nexport const y = x;",
    'kubernetes-client': "import { x } from '@kubernetes/client-node';\nexport const y = x;",
    'kubernetes-client-part': "import { x } from '@kubernetes/client-node/dist/x.js';\nexport const y = x;",
    'kubernetes-client-lazily': "export const load = () => import('@kubernetes/client-node');",
  };
}

it('every folder of src has its rule', () => {
  const standing = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders).toEqual(expect.arrayContaining(standing.map(({ name }) => name)));
});

describe.each(folders)('%s', (folder) => {
  const to = (name: string) => `src/${folder}/to-${name}.ts`;

  it(`imports only ${mayImport[folder]?.join(', ') || 'itself'}`, () => {
    const accepted = folders.filter((other) => other !== folder && !refuses(to(other)));
    expect(accepted.sort()).toEqual([...(mayImport[folder] ?? [])].sort());
  });

  it('does not import the entry point or the package by its name', () => {
    const names = ['entry-point', 'entry-folder', 'own-name', 'own-testing-name'];
    expect(names.filter((name) => !refuses(to(name)))).toEqual([]);
  });

  it(`${folder === 'kube' ? 'names' : 'does not name'} the Kubernetes client`, () => {
    const names = ['kubernetes-client', 'kubernetes-client-part', 'kubernetes-client-lazily'];
    expect(names.filter((name) => refuses(to(name)))).toEqual(folder === 'kube' ? [] : names);
  });
});

it.each(Object.keys(forms).map((form, number) => [form, number] as const))(
  'refuses the form: %s',
  (_, number) => {
    expect(refuses(formFile(number))).toBe(true);
  },
);

it('the entry point imports features, and neither server nor testing', () => {
  expect(['server', 'testing', 'cluster'].map((name) => refuses(`src/to-${name}.ts`))).toEqual([
    true,
    true,
    false,
  ]);
});

it('holds in folders within folders', () => {
  const names = ['sibling', 'core', 'testing'];
  expect(names.map((name) => refuses(`src/cluster/dialects/to-${name}.ts`))).toEqual([false, false, true]);
});

it('examples name the library as its users do; tests may reach inside', () => {
  expect(['examples/by-name.ts', 'examples/by-path.ts', 'test/by-path.ts'].map(refuses)).toEqual([
    false,
    true,
    false,
  ]);
});
