import { expect, test } from 'vitest';
import { startScript } from './script.ts';

test.each([
  ['undo', /on all nodes: \d+, on none: [1-9]\d*, split: 0\n$/],
  ['finish', /on all nodes: \d+, on none: \d+, split: 0\n$/],
])(
  'the example dies in the middle and leaves no group apart once it has recovered (%s)',
  async (how, last) => {
    using running = startScript('recover.ts', ['--groups', '40', '--resolve', how]);
    const { code, out, err } = await running.end;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^created by a process that dies: SIGKILL\n/);
    expect(out).toMatch(/, split: [1-9]\d*\n/);
    expect(out).toMatch(/\n {2}group-\d+: changed, node01 /);
    expect(out).toMatch(/\nrecovered by another: exit code 0\n/);
    expect(out).toMatch(last);
  },
);

test('Ctrl-C ends the example and the process that it has started', async () => {
  using running = startScript('recover.ts', ['--groups', '8', '--settle', '60000']);
  await running.printed(/, split: [1-9]\d*\n/);
  running.interrupt();
  const { code, err } = await running.end;
  expect({ code, err }).toEqual({ code: 130, err: 'interrupted\n' });
});

test.each([
  [['--resolve', 'guess'], 'there is no way to resolve "guess"'],
  [['--groups', '1'], '--groups takes a whole number from 4'],
  [['more'], '"more" belongs to no option'],
])('the example refuses %j', async (args, message) => {
  using running = startScript('recover.ts', args);
  const { code, err } = await running.end;
  expect(code).toBe(1);
  expect(err).toContain(message);
});

test('the example explains itself', async () => {
  using running = startScript('recover.ts', ['--help']);
  expect(await running.end).toMatchObject({ code: 0, out: expect.stringContaining('--resolve') });
});
