import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { readCopy, readDockerfile, type Stage } from './dockerfile.ts';

const exec = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('what the Dockerfile copies builds the library, and runs every example on nothing but what users get', async () => {
  const at = await mkdtemp(join(tmpdir(), 'dockerfile-'));
  onTestFinished(() => rm(at, { recursive: true, force: true }));
  const stages = await readDockerfile();
  for (const stage of stages) await carryOut(stage, at);
  const image = folderOf(at, stages.at(-1)?.name ?? '');
  const examples = (await readdir(join(image, 'examples'))).filter((file) => file.endsWith('.ts'));
  expect(examples.length).toBeGreaterThan(5);
  for (const example of examples) {
    const { stdout, stderr } = await exec(process.execPath, [`examples/${example}`, '--help'], {
      cwd: image,
    });
    expect(stdout, example).toContain('--');
    expect(stderr, example).toBe('');
  }
}, 300_000);

/** The folder of a stage stands for its working directory. */
const folderOf = (at: string, stage: string) => join(at, stage === '' ? 'image' : stage);

/** Does what the instructions say, but for those outside of the working directory. */
async function carryOut({ name: stage, instructions }: Stage, at: string): Promise<void> {
  const folder = folderOf(at, stage);
  await mkdir(folder);
  for (const { name, text } of instructions) {
    if (name === 'COPY') await copy(text, folder, at);
    if (name !== 'RUN' || !text.startsWith('npm ')) continue;
    const [command = ''] = text.split(' && ');
    // All of the packages are here already, as `npm ci` left them.
    if (command === 'npm ci --ignore-scripts') {
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    } else {
      const [, ...args] = command.split(' ');
      const quick = args.includes('ci') ? ['--prefer-offline', '--no-audit', '--no-fund'] : [];
      await exec('npm', [...args, ...quick], { cwd: folder });
    }
  }
}

async function copy(text: string, folder: string, at: string): Promise<void> {
  const { from, sources, to } = readCopy(text);
  for (const source of sources) {
    const path = from === '' ? join(ROOT, source) : join(folderOf(at, from), source.replace(/^\/app\//, ''));
    const target = to === './' ? join(folder, basename(source)) : join(folder, to);
    await cp(path, target, { recursive: true });
  }
}
