import { execFile } from 'node:child_process';
import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const exec = promisify(execFile);

/** An empty project with the packed library installed in it, and what a TypeScript project on Node has: Node's types. */
export interface PackedProject {
  readonly root: string;
  /** The packed library, before it was installed. */
  readonly tarball: string;
  /** Where the installed library lies. */
  readonly library: string;
  /** Every file in the tarball, by its path in there, sorted. */
  readonly files: readonly string[];
  /** Bytes of the tarball. */
  readonly size: number;
  readonly manifest: Manifest;
  /** Writes the module into the project, runs it, and parses what it prints as JSON. Types are taken out of a `.ts` one. */
  run(file: string, text: string, options?: RunOptions): Promise<unknown>;
  /** Writes the modules into the project and gives what the compiler says about them; empty when all is well. */
  compile(texts: Readonly<Record<string, string>>, options: CompileOptions): Promise<string>;
  /** Lets the project use a package of this repository. */
  link(name: string): Promise<void>;
}

interface RunOptions {
  /** The program of Node. @default the one that runs the tests */
  readonly node?: string;
  readonly args?: readonly string[];
}

interface CompileOptions {
  readonly resolution: 'nodenext' | 'bundler';
  /** Passed on to the compiler as they are. */
  readonly flags?: readonly string[];
}

interface Manifest {
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** Builds and packs the library and installs it in a new project in the temporary folder. Takes a minute. */
export async function packedProject(): Promise<PackedProject> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-package-'));
  await writeFile(join(root, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');

  await exec('npm', ['run', 'build']);
  // The build has just run: its output would stand before the JSON.
  const { stdout } = await exec('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', root]);
  const [packed] = JSON.parse(stdout) as { filename: string; size: number; files: { path: string }[] }[];
  if (packed === undefined) throw new Error(`npm pack named no tarball: ${stdout}`);
  const tarball = join(root, packed.filename);
  const types = `@types/node@${await versionOf('@types/node')}`;
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await exec('npm', ['install', ...quick, tarball, types], { cwd: root });

  const library = join(root, 'node_modules/holdfast');
  return {
    root,
    tarball,
    library,
    files: packed.files.map(({ path }) => path).sort(),
    size: packed.size,
    manifest: JSON.parse(await readFile(join(library, 'package.json'), 'utf8')) as Manifest,
    async run(file, text, { node = process.execPath, args = [] } = {}) {
      const runnable = file.replace(/ts$/, 'js');
      await writeFile(join(root, runnable), runnable === file ? text : withoutTypes(text));
      return JSON.parse((await exec(node, [runnable, ...args], { cwd: root })).stdout);
    },
    async compile(texts, { resolution, flags = [] }) {
      for (const [file, text] of Object.entries(texts)) await writeFile(join(root, file), text);
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--types', 'node'];
      const modules =
        resolution === 'nodenext'
          ? ['--module', 'nodenext']
          : ['--module', 'esnext', '--moduleResolution', 'bundler'];
      const compiler = resolve('node_modules/typescript/bin/tsc');
      const args = [compiler, ...options, '--target', 'es2023', ...modules, ...flags, ...Object.keys(texts)];
      return await exec(process.execPath, args, { cwd: root }).then(
        () => '',
        (error: { stdout: string }) => error.stdout,
      );
    },
    async link(name) {
      await symlink(resolve('node_modules', name), join(root, 'node_modules', name));
    },
  };
}

/** What Node 22 runs, which has no `await using`: as the compiler makes it of a user's module. */
const withoutTypes = (text: string) =>
  transpileModule(text, { compilerOptions: { target: ScriptTarget.ES2023, module: ModuleKind.ESNext } })
    .outputText;

async function versionOf(name: string): Promise<string> {
  const text = await readFile(join('node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
