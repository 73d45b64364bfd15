import { expect, it } from 'vitest';
import { type FailAbove, failAboveProblem, failureLimit } from '../../src/core/fail-above.ts';

it.each([0, 1, 10_000, '0%', '10%', '12.5%', '100%', '100.0%'])('takes %j', (value) => {
  expect(failAboveProblem(value)).toBeUndefined();
});

it.each([
  -1,
  NaN,
  0.1,
  Infinity,
  '-5%',
  '200%',
  '100.1%',
  '10',
  '%',
  '1e1%',
  ' 10%',
  '',
  null,
  true,
  {},
  ['10%'],
])('refuses %j and says what it takes', (value) => {
  expect(failAboveProblem(value)).toMatch(/whole number of at least 0 or a share .*, received/);
});

it('shows a text in quotes and anything else as it is', () => {
  expect(failAboveProblem('10')).toMatch(/, received '10'$/);
  expect(failAboveProblem(-1)).toMatch(/, received -1$/);
});

it('makes no limit of what it does not take', () => {
  expect(() => failureLimit('10' as FailAbove, 10)).toThrow(RangeError);
  expect(() => failureLimit('10' as FailAbove, 10)).toThrow("received '10'");
});

// failAbove, total, failed, finished, whether to stop
const rules: [FailAbove | undefined, number | undefined, number, number, boolean][] = [
  [undefined, 10, 10, 10, false],
  [0, undefined, 0, 5, false],
  [0, undefined, 1, 1, true],
  [3, 100, 3, 3, false],
  [3, 100, 4, 4, true],
  ['10%', 50, 5, 5, false],
  ['10%', 50, 6, 6, true],
  ['10%', undefined, 1, 1, false],
  ['10%', undefined, 9, 9, false],
  ['10%', undefined, 1, 10, false],
  ['10%', undefined, 2, 10, true],
  ['30%', undefined, 3, 3, false],
  ['30%', undefined, 2, 4, true],
  ['0%', undefined, 0, 5, false],
  ['0%', undefined, 1, 1, true],
  ['0%', 1_000, 1, 1, true],
  ['100%', undefined, 7, 7, false],
  ['100%', 7, 7, 7, false],
  ['0.7%', 1_000, 7, 7, false],
  ['0.7%', 1_000, 8, 8, true],
];

it.each(rules)(
  'failAbove %j of %j in all, %i failed of %i finished: stop is %j',
  (failAbove, total, failed, finished, stop) => {
    expect(failureLimit(failAbove, total)(failed, finished)).toBe(stop);
  },
);
