import { expect, test } from 'vitest';
import { startScript } from './script.ts';

test('the example runs the seeds that it is told to, and counts what happened', async () => {
  using running = startScript('simulate.ts', ['--seeds', '12', '--from', '30']);
  const { code, out, err } = await running.end;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/\nrequests +[1-9]\d*\n/);
  expect(out).toMatch(/operations changed +[1-9]\d*\n/);
  expect(out).toMatch(/\nseeds 30 to 41 in \d+ s: no violation\n$/);
});

test.each([
  [['--seeds', '0'], '--seeds takes a whole number of at least 1, received "0"'],
  [['--seed', '1'], 'there is no option --seed; the nearest is --seeds'],
])('the example refuses %j', async (args, message) => {
  using running = startScript('simulate.ts', args);
  const { code, err } = await running.end;
  expect(code).toBe(1);
  expect(err).toContain(message);
});
