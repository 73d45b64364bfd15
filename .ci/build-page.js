// Makes src/server/file-drop/page/text/ from the page's own files: one module for each, which holds its text, so that the
// built package serves the page from memory. To be run after any change of these files.
//
//   node .ci/build-page.js           writes
//   node .ci/build-page.js --check   exits 1 where what is written is not up to date
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

const page = join(import.meta.dirname, '../src/server/file-drop/page');
const folder = join(page, 'text');

const texts = new Map();
for (const name of ['page.html', 'page.css', 'table.css', 'icon.svg'])
  texts.set(name, readFileSync(join(page, name), 'utf8'));
for (const name of readdirSync(join(page, 'client')).sort()) {
  texts.set(`${basename(name, '.ts')}.js`, script(readFileSync(join(page, 'client', name), 'utf8')));
}

const modules = new Map([...texts].map(([name, text]) => [`${name.replace('.', '-')}.ts`, moduleOf(text)]));
modules.set('page-texts.ts', index([...texts.keys()]));

if (process.argv.includes('--check')) {
  const written = existsSync(folder) ? readdirSync(folder) : [];
  const stale = [...modules].filter(
    ([name, text]) => !written.includes(name) || readFileSync(join(folder, name), 'utf8') !== text,
  );
  const wrong = [...stale.map(([name]) => name), ...written.filter((name) => !modules.has(name))];
  if (wrong.length > 0) {
    process.stderr.write(`run \`npm run page\`: ${wrong.join(', ')} are not up to date\n`);
    process.exitCode = 1;
  }
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of modules) writeFileSync(join(folder, name), text);
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
