import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ChildEnd, childOutput } from '../child-output.ts';

const SCRIPT = fileURLToPath(new URL('../../examples/cluster-job.ts', import.meta.url));

/** Runs the example to its end. */
export const job = (...args: string[]): Promise<ChildEnd> => startJob(...args).end;

/** The example as a process of its own, without a terminal. */
export function startJob(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { printed: seen, end } = childOutput(child);
  /** Resolves with what was printed so far, once it holds `text`; rejects where the process ends without it. */
  const printed = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if ((seen.out + seen.err).includes(text)) resolve(seen.out + seen.err);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('close', () =>
        reject(new Error(`ended without ${JSON.stringify(text)}:\n${seen.out}${seen.err}`)),
      );
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
