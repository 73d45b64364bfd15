import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** An empty project with the packed library in its `node_modules`, as `npm install` of the tarball would leave it. */
export interface PackedProject {
  readonly root: string;
  /** Where the unpacked library lies. */
  readonly library: string;
  /** Every file in the tarball, by its path in there, sorted. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
  /** Writes the module into the project, runs it, and parses what it prints as JSON. */
  run(file: string, text: string): Promise<unknown>;
  /** Writes the module into the project and gives what the compiler says about it; empty when all is well. */
  compile(file: string, text: string): Promise<string>;
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** Builds and packs the library and unpacks it into a new project in the temporary folder. Takes seconds. */
export async function packedProject(): Promise<PackedProject> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-package-'));
  const library = join(root, 'node_modules/holdfast');
  await mkdir(library, { recursive: true });
  await writeFile(join(root, 'package.json'), '{ "name": "user", "private": true }');

  await exec('npm', ['run', 'build']);
  // The build has just run: its output would stand before the JSON.
  const { stdout } = await exec('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', root]);
  const [tarball] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (tarball === undefined) throw new Error(`npm pack named no tarball: ${stdout}`);
  await exec('tar', ['-xzf', join(root, tarball.filename), '--strip-components=1', '-C', library]);

  const manifest = JSON.parse(await readFile(join(library, 'package.json'), 'utf8')) as Manifest;
  // A TypeScript project that runs on Node has Node's types; the rest is what the library itself brings.
  for (const name of ['@types/node', ...Object.keys(manifest.dependencies)]) await link(root, name);

  return {
    root,
    library,
    files: tarball.files.map(({ path }) => path).sort(),
    manifest,
    async run(file, text) {
      await writeFile(join(root, file), text);
      return JSON.parse((await exec(process.execPath, [file], { cwd: root })).stdout);
    },
    async compile(file, text) {
      await writeFile(join(root, file), text);
      const options = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--skipLibCheck',
        '--types',
        'node',
      ];
      const target = ['--target', 'es2023', '--module', 'nodenext'];
      const compiler = resolve('node_modules/typescript/bin/tsc');
      return await exec(process.execPath, [compiler, ...options, ...target, file], { cwd: root }).then(
        () => '',
        (error: { stdout: string }) => error.stdout,
      );
    },
  };
}

/** A registry may be out of reach, so dependencies come from this repository instead of a second installation. */
async function link(root: string, dependency: string): Promise<void> {
  const path = join(root, 'node_modules', dependency);
  await mkdir(dirname(path), { recursive: true });
  await symlink(resolve('node_modules', dependency), path);
}
