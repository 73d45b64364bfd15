import { expect, test } from 'vitest';
import { startScript } from './script.ts';

const runTests = (...args: readonly string[]) => startScript('testing.ts', args).end;

test('the tests of code that is right pass, and tell the seed at which the other way goes wrong', {
  timeout: 120_000,
}, async () => {
  const { code, out } = await runTests('--seeds', '25');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^ℹ pass 5$/m) });
  expect(out).toContain('an order is renamed everywhere or nowhere, seeds 1 to 25');
  expect(out).toMatch(/seed \d+: the check failed: Error: the order is (kept|renamed), and node0\d has /);
});

test('of code that is wrong the tests show how it came to that, and by its seed once more', {
  timeout: 120_000,
}, async () => {
  const found = await runTests('--rename', 'side-by-side');
  expect(found.code).toBe(1);
  const [verdict, seed = ''] =
    /seed (\d+) \(digest \w{16}\): the check failed: .*, and node0\d/.exec(found.out) ?? [];
  expect(found.out).toMatch(/workload -> node0\d DELETE old/);
  const again = await runTests('--rename', 'side-by-side', '--seed', seed);
  expect(again).toMatchObject({ code: 1, out: expect.stringContaining(verdict ?? 'a verdict') });
});

test('Ctrl-C ends the tests', { timeout: 60_000 }, async () => {
  using running = startScript('testing.ts', ['--seeds', '1000000']);
  await running.printed(/an export that fails/);
  running.interrupt();
  expect(await running.end).toMatchObject({ code: 130, err: expect.stringMatching(/interrupted\n$/) });
});

test.each([
  [['--seeds', '5', '--seed', '1'], 'give --seeds or --seed, not both'],
  [['--rename', 'carefully'], 'there is no way to rename "carefully"; the nearest is careful'],
  [['--seed', 'x'], '--seed takes a whole number of at least 0, received "x"'],
])('%j is refused in words', async (args, message) => {
  expect(await runTests(...args)).toEqual({ code: 1, out: '', err: `${message}. Try --help\n` });
});
