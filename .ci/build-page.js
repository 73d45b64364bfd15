// Makes the folder text/ of each page from the page's own files: one module for each, which holds its text, so that the
// built package serves the page from memory. `npm ci` and `npm run build` run it; otherwise after any change of these files.
//
//   node .ci/build-page.js           writes
//   node .ci/build-page.js --check   exits 1 where what is written is not up to date
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

const server = join(import.meta.dirname, '../src/server');
const pages = [
  { page: join(server, 'file-drop/page'), files: ['page.html', 'page.css', 'table.css', 'icon.svg'] },
  { page: join(server, 'syncrator/home'), files: ['home.css', 'icon.svg'] },
];

for (const { page, files } of pages) {
  const folder = join(page, 'text');
  const modules = modulesOf(page, files);
  if (process.argv.includes('--check')) {
    const written = existsSync(folder) ? readdirSync(folder) : [];
    const stale = [...modules].filter(
      ([name, text]) => !written.includes(name) || readFileSync(join(folder, name), 'utf8') !== text,
    );
    const wrong = [...stale.map(([name]) => name), ...written.filter((name) => !modules.has(name))];
    if (wrong.length === 0) continue;
    process.stderr.write(`run \`npm run page\`: ${wrong.join(', ')} of ${page} are not up to date\n`);
    process.exitCode = 1;
  } else {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, text] of modules) writeFileSync(join(folder, name), text);
  }
}

function modulesOf(page, files) {
  const texts = new Map(files.map((name) => [name, readFileSync(join(page, name), 'utf8')]));
  for (const name of readdirSync(join(page, 'client')).sort()) {
    texts.set(`${basename(name, '.ts')}.js`, script(readFileSync(join(page, 'client', name), 'utf8')));
  }
  const modules = new Map([...texts].map(([name, text]) => [`${name.replace('.', '-')}.ts`, moduleOf(text)]));
  return modules.set('page-texts.ts', index([...texts.keys()]));
}

function script(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  return outputText;
}

function moduleOf(text) {
  const literal = text.replace(/[\\`]|\$\{/g, '\\$&');
  return `// Made by .ci/build-page.js.\nexport const text = \`${literal}\`;\n`;
}

function index(names) {
  const local = (name) => name.replace(/[-.](\w)/g, (_, letter) => letter.toUpperCase());
  const imports = names
    .map((name) => [local(name), `./${name.replace('.', '-')}.ts`])
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([as, from]) => `import { text as ${as} } from '${from}';\n`);
  const entries = names.map((name) => `  ['${name}', ${local(name)}],\n`);
  return `// Made by .ci/build-page.js.\n${imports.join('')}\n/** The files of the page, by their names. */\nexport const PAGE_TEXTS: ReadonlyMap<string, string> = new Map([\n${entries.join('')}]);\n`;
}
