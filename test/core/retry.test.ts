import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff, retryAfter } from '../../src/core/retry.ts';

const POLICY = { attempts: 20, baseDelay: 50, maxDelay: 1_000, jitter: 'full' } as const;

test('the ceiling doubles from the base delay up to the greatest one', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7].map((failures) =>
    backoff({ ...POLICY, jitter: 'none' }, failures, Math.random),
  );
  expect(ceilings).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
});

test('full jitter draws between nothing and the ceiling', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, drawn) => {
        const ceiling = backoff({ ...POLICY, jitter: 'none' }, failures, Math.random);
        expect(backoff(POLICY, failures, () => drawn)).toBe(drawn * ceiling);
      },
    ),
  );
});

const NOW = Date.UTC(2026, 4, 20, 16, 27, 27);

test.each<[string | null | undefined, number | undefined]>([
  ['0', 0],
  ['120', 120_000],
  [' 3 ', 3_000],
  ['Wed, 20 May 2026 16:27:37 GMT', 10_000],
  ['Wed, 20 May 2026 16:27:17 GMT', 0],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('Retry-After %o asks for %o milliseconds', (header, expected) => {
  expect(retryAfter(header, NOW)).toBe(expected);
});
