import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../examples/cluster-job.ts', import.meta.url));

export interface JobEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the example to its end. */
export const job = (...args: string[]): Promise<JobEnd> => startJob(...args).end;

/** The example as a process of its own, without a terminal. */
export function startJob(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const end = new Promise<JobEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
  /** Resolves with what was printed so far, once it holds `text`; rejects where the process ends without it. */
  const printed = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if ((out + err).includes(text)) resolve(out + err);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(`ended without ${JSON.stringify(text)}:\n${out}${err}`)));
      look();
    });
  return {
    end,
    printed,
    interrupt: () => child.kill('SIGINT'),
    /** As `| head` does, once it has read enough. */
    stopReading: () => child.stdout.destroy(),
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
}

export function nodesOption(urls: Readonly<Record<string, string>>): string {
  return Object.entries(urls)
    .map(([name, url]) => `${name}=${url}`)
    .join();
}
