/**
 * Tests of somebody's own code, which embed the simulator, the unstable nodes and the mini Kubernetes.
 *
 *   npm run example -- testing
 *   npm run example -- testing --rename side-by-side
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { oneOf, readArguments, refusePositionals, UsageError, wholeNumber } from './support/arguments.ts';
import { runScript } from './support/run-script.ts';

const HELP = `Usage: npm run example -- testing [OPTIONS]

Runs the tests in examples/testing by node --test: a service's way to rename an order, under the
simulator and on unstable nodes, and its nightly export, on a mini Kubernetes.

Options
  --rename HOW         careful; or side-by-side, which looks right: the simulator finds the seed at
                       which it is not, and shows how it comes to that             [careful]
  --seeds N            how many are simulated                                          [100]
  --seed N             only this one: the same seed replays the same run
  --help, -h           this text

The exit code is 0 when all tests pass, 130 after Ctrl-C, else 1.`;

await runScript(async (signal) => {
  const { help, positionals, options } = readArguments(['rename', 'seeds', 'seed']);
  if (help) {
    console.log(HELP);
    return true;
  }
  refusePositionals(positionals);
  const seeds = options.get('seeds');
  const seed = options.get('seed');
  if (seeds !== undefined && seed !== undefined) throw new UsageError('give --seeds or --seed, not both');
  const env = {
    RENAME: oneOf('way to rename', options.get('rename') ?? 'careful', ['careful', 'side-by-side']),
    SEEDS: String(wholeNumber('seeds', seeds ?? '100', 1)),
    ...(seed !== undefined && { SEED: String(wholeNumber('seed', seed, 0)) }),
  };
  return await test(env, signal);
});

async function test(env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean> {
  const folder = join(import.meta.dirname, 'testing');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.test.ts')).sort();
  const args = ['--test', '--test-reporter=spec', ...files.map((file) => join(folder, file))];
  // With what makes this process read TypeScript.
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const stop = () => child.kill();
  signal.addEventListener('abort', stop);
  const [code] = await once(child, 'exit');
  signal.throwIfAborted();
  return code === 0;
}
