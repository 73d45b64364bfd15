import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isTimestamp, operationIds } from '../../src/cluster/operation-id.ts';
import { systemClock } from '../../src/core/clock.ts';

const at = (...times: number[]) => ({ ...systemClock, now: () => times.shift() ?? 0 });
const draws =
  (...numbers: number[]) =>
  () =>
    numbers.shift() ?? 0;

it('is the time in seconds, with three digits that are drawn', () => {
  const next = operationIds(at(1_700_000_000_123, 1_700_000_000_124.9), draws(0.456, 0.0079));
  expect(next()).toBe('1700000000.123456');
  expect(next()).toBe('1700000000.124007');
});

it('is greater than the one before when the clock goes back or the draw is lower', () => {
  const next = operationIds(at(5_000, 5_000, 1_000), draws(0.5, 0.1, 0.9));
  expect([next(), next(), next()]).toEqual(['5.000500', '5.000501', '5.000502']);
});

it('is never zero, and always a timestamp', () => {
  expect(operationIds(at(0), draws(0))()).toBe('0.000001');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 2e12 }), fc.double({ min: 0, max: 0.999999, noNaN: true }))),
      (drawn) => {
        const next = operationIds(
          at(...drawn.map(([time]) => time)),
          draws(...drawn.map(([, random]) => random)),
        );
        const ids = drawn.map(next);
        expect(ids.every(isTimestamp)).toBe(true);
        const numbers = ids.map((id) => BigInt(id.replace('.', '')));
        expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n))).toBe(
          true,
        );
      },
    ),
  );
});

it.each(['1.5', '1', '1700000000.123456'])('takes %s for a timestamp', (id) => {
  expect(isTimestamp(id)).toBe(true);
});

it.each([undefined, '', '0', '0.000', '-1', '1.', '.5', '1e3', '1.5 or all', 'x1', ' 1'])(
  'takes %j for none',
  (id) => {
    expect(isTimestamp(id)).toBe(false);
  },
);
