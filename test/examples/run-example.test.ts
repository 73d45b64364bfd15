import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { startScript } from './script.ts';

const folder = join(import.meta.dirname, '../../examples');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))
  .sort();

/** Here no pod of a cluster is meant, though this may well run in one. */
const runExample = (...args: readonly string[]) =>
  startScript('support/run-example.ts', args, { KUBERNETES_SERVICE_HOST: undefined, API_URL: undefined });

/** What an example prints that runs with these options, and without anything else. */
const ENDING: Readonly<Record<string, readonly [options: readonly string[], shows: RegExp]>> = {
  'cluster-job': [
    ['--count', '5'],
    /deleted +5\n[\s\S]*consistent: \{ node01: 0, node02: 0, node03: 0 \}\n$/,
  ],
  'config-action-batch': [[], /\nsucceeded +20\nfailed +0\n/],
  'file-drop': [['--delay', '0'], /succeeded +[1-9]\d+\nfailed +0\n/],
  'file-drop-processor': [[], /^sent 20 bytes, received 20\n$/],
  recover: [['--groups', '8'], /, split: 0\n$/],
  simulate: [['--seeds', '3'], /seeds 1 to 3 in \d+ s: no violation\n$/],
  syncrator: [[], /^job 1: starting\n$/],
  testing: [['--seeds', '3'], /\nℹ fail 0\n/],
};

/** Those that serve until Ctrl-C, with what they say by then. */
const SERVING: Readonly<Record<string, RegExp>> = {
  'order-service': /ready, until Ctrl-C/,
  'pod-api-server': /until Ctrl-C; try: curl/,
};

test('there is a run below for every example', () => {
  expect([...Object.keys(ENDING), ...Object.keys(SERVING)].sort()).toEqual(names);
});

test.each(Object.entries(ENDING))('%s runs at once', { timeout: 60_000 }, async (name, [options, shows]) => {
  const { code, out, err } = await runExample(name, ...options).end;
  expect(out).toMatch(shows);
  expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining('    at ') });
});

test.each(Object.entries(SERVING))('%s runs at once, and ends by Ctrl-C', async (name, says) => {
  using running = runExample(name, '--port', '0');
  await running.printed(says);
  running.interrupt();
  expect(await running.end).toMatchObject({ code: 0, err: expect.not.stringContaining('    at ') });
});

test.each(names)(
  '%s explains itself, and refuses what it does not know',
  { timeout: 60_000 },
  async (name) => {
    const [help, unknown] = await Promise.all([
      runExample(name, '--help').end,
      runExample(name, '--nonsense', 'x').end,
    ]);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toMatch(new RegExp(`^Usage: npm run example -- ${name} .*\\n`));
    expect(help.out).toContain('--help, -h');
    expect(help.out).toMatch(/\nThe exit code is 0 [\s\S]*\.\n$/);
    expect(Math.max(...help.out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(unknown).toEqual({ code: 1, out: '', err: 'there is no option --nonsense. Try --help\n' });
  },
);

test('without a name all are listed, each with what it is for', async () => {
  const { code, out, err } = await runExample().end;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const name of names) expect(out).toMatch(new RegExp(`^${name} +[A-Z].{20,}[.]$`, 'm'));
});

test('by npm it runs what it names, with its exit code; of an unknown name the nearest is told, and all are listed', () => {
  const npm = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'example', '--', ...args], {
      encoding: 'utf8',
      cwd: join(folder, '..'),
    });
    return { status, stdout, stderr };
  };
  expect(npm('simulate', '--seeds', '2')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('seeds 1 to 2 '),
  });
  expect(npm('simulat')).toMatchObject({
    status: 2,
    stdout: expect.stringContaining('\nsimulate  '),
    stderr: expect.stringContaining('there is no example "simulat"; the nearest is simulate'),
  });
});
