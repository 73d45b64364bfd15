import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startGroupNodes } from 'holdfast/testing';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../examples/cluster-job.ts', import.meta.url));

function job(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--import', 'tsx', SCRIPT, ...args], (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

test('the demo creates and deletes every group on failing nodes and shows that they agree', async () => {
  const { code, out, err } = await job('demo', '--count', '20', '--failures', '0.2');
  expect(code).toBe(0);
  expect(out).toMatch(/created +│ 20 /);
  expect(out).toContain('consistent: { node01: 20, node02: 20, node03: 20 }');
  expect(out).toMatch(/deleted +│ 20 /);
  expect(out).toContain('consistent: { node01: 0, node02: 0, node03: 0 }');
  expect(err).toContain('create: 10 of 20\n');
});

test.each(['header', 'path'] as const)(
  'works on nodes of the %s dialect that run elsewhere',
  async (dialect) => {
    await using nodes = await startGroupNodes({ dialect, nodes: 2 });
    const cluster = [
      '--dialect',
      dialect,
      '--count',
      '3',
      '--nodes',
      Object.entries(nodes.urls)
        .map(([name, url]) => `${name}=${url}`)
        .join(),
    ];
    const created = await job('create-one', '1', ...cluster);
    expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/node01.+created.+2/) });
    nodes.remove('node02', '1');
    expect(await job('stats', ...cluster)).toMatchObject({
      code: 1,
      out: expect.stringContaining('NOT consistent: { node01: 1, node02: 0 }'),
    });
    expect(await job('delete-one', '1', ...cluster)).toMatchObject({ code: 0 });
    expect([...nodes.records().values()]).toEqual([[], []]);
  },
);

test.each([
  [['--help'], 0, 'Usage: cluster-job.ts COMMAND'],
  [[], 1, 'Usage: cluster-job.ts COMMAND'],
  [['creat'], 1, 'there is no command "creat"'],
  [['create-one'], 1, 'create-one needs the id of a group'],
  [['create-one', 'a/b'], 1, 'cannot be read back in the header dialect'],
  [['create', '--count', 'many'], 1, '--count takes a number of at least 0, received many'],
  [['create', '--failures', '2'], 1, '--failures is a share from 0 to 1'],
  [['create', '--nodes', 'http://a.test'], 1, '--nodes takes NAME=URL'],
  [['create', '--dialect', 'other'], 1, '--dialect is header or path, received other'],
  [['create', '--fast'], 1, "Unknown option '--fast'"],
])('%o ends with code %i and says "%s"', async (args, code, text) => {
  const result = await job(...args);
  expect(result.code).toBe(code);
  expect(result.out + result.err).toContain(text);
  expect(result.err).not.toContain('    at ');
});
