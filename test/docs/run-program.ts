import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ChildEnd, childOutput } from '../child-output.ts';
import { ROOT } from './pages.ts';
import type { Program } from './programs.ts';

/**
 * Runs a program of a page as a script of its own, in an empty folder but for a README.md. The folder is in the repository,
 * so that the script finds the library and its dependencies by their names.
 */
export async function runProgram({ path, line, extension, source }: Program): Promise<ChildEnd> {
  await mkdir(`${ROOT}.reports`, { recursive: true });
  const folder = await mkdtemp(`${ROOT}.reports/docs-`);
  try {
    await copyFile(`${ROOT}README.md`, join(folder, 'README.md'));
    // Its name is what a stack shows, beside the line of the page.
    const script = join(folder, `${basename(path)}.m${extension}`);
    await writeFile(script, source);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    return await end(script, folder);
  } catch (cause) {
    throw new Error(`${path}:${line} was not run`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function end(script: string, cwd: string): Promise<ChildEnd> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', 'tsx', script],
    {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TSX_TSCONFIG_PATH: `${ROOT}tsconfig.json` },
      timeout: 60_000,
      killSignal: 'SIGKILL',
    },
  );
  return childOutput(child).end;
}
