import { randomInt } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { simulate } from '../../../src/testing/simulation/simulate.ts';
import { describeSimulation } from '../../../src/testing/simulation/simulation-report.ts';

beforeEach(() => {
  const { stackTraceLimit } = Error;
  // Most of the time would go into the stacks of errors that nobody reads.
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
  };
});

test('no promise is broken in seeds 1 to 2,000', () => expectNoViolation(1, 2_000));

test('no promise is broken in 500 seeds that nobody has chosen', async () => {
  const from = randomInt(2 ** 32);
  process.stdout.write(`simulated seeds ${from} to ${from + 499}\n`);
  await expectNoViolation(from, 500);
});

async function expectNoViolation(from: number, count: number): Promise<void> {
  for (let seed = from; seed < from + count; seed++) {
    const report = await simulate({ seed });
    if (!report.ok) expect.fail(describeSimulation(report));
  }
}
