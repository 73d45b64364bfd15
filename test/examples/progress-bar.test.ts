import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { progressBar } from '../../examples/support/progress-bar.ts';

beforeEach(() => {
  vi.stubEnv('CI', undefined);
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Keeps what is written, and shows it as a terminal would. */
function screen(isTTY: boolean) {
  let text = '';
  return {
    isTTY,
    write(part: string) {
      text += part;
    },
    lines: () => text.split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1).replace('\x1b[K', '')),
  };
}

test('on a terminal one line is redrawn, from nothing done on, and notes stand above it', () => {
  const terminal = screen(true);
  const bar = progressBar('create', 4, terminal);
  expect(terminal.lines()).toEqual([`create ${'░'.repeat(30)} 0 of 4`]);
  bar.show({ done: 1, failed: 1 });
  bar.note('group 1: no');
  bar.show({ done: 2, failed: 1 });
  bar.end();
  expect(terminal.lines()).toEqual([
    'group 1: no',
    `create ${'█'.repeat(23)}${'░'.repeat(7)} 3 of 4, 1 failed`,
    '',
  ]);
});

test.each([
  ['a pipe', false, undefined],
  ['the terminal of CI', true, 'true'],
])('in %s there is a plain line for every tenth, and for where it ended', (_, isTTY, ci) => {
  vi.stubEnv('CI', ci);
  const pipe = screen(isTTY);
  const bar = progressBar('create', 100, pipe);
  for (let done = 1; done <= 20; done++) bar.show({ done, failed: 0 });
  bar.note('group 21: no');
  bar.show({ done: 20, failed: 1 });
  bar.end();
  expect(pipe.lines()).toEqual([
    'create: 0 of 100',
    'create: 10 of 100',
    'create: 20 of 100',
    'group 21: no',
    'create: 21 of 100, 1 failed',
    '',
  ]);
});

test('nothing to do is all done', () => {
  const pipe = screen(false);
  progressBar('create', 0, pipe).end();
  expect(pipe.lines()).toEqual(['create: 0 of 0', '']);
});
