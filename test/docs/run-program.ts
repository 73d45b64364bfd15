import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ROOT } from './pages.ts';
import type { Program } from './programs.ts';

export interface Ending {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a program of a page as a script of its own, in an empty folder but for a README.md. The folder is in the repository,
 * so that the script finds the library and its dependencies by their names.
 */
export async function runProgram({ path, line, extension, source }: Program): Promise<Ending> {
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

function end(script: string, cwd: string): Promise<Ending> {
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
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
