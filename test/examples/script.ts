import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childOutput } from '../child-output.ts';

/** An example as a process of its own, without a terminal. */
export function startScript(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const script = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const { printed: seen, end } = childOutput(child);
  /** Resolves with what fits, once it was printed; rejects where the process ends without it. */
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const [found] = pattern.exec(seen.out + seen.err) ?? [];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(`ended without ${pattern}:\n${seen.out}${seen.err}`)));
      look();
    });
  return {
    end,
    printed,
    interrupt: () => child.kill('SIGINT'),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
}
