import { describe, expect, it } from 'vitest';
import { microTime, wholeSeconds } from '../../../../src/testing/mini-kubernetes/store/time.ts';

describe('a time with six decimals', () => {
  it.each([
    ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123456Z'],
    ['2026-01-01T02:00:00.000000+02:00', '2026-01-01T00:00:00.000000Z'],
  ])('%s is %s', (text, utc) => {
    expect(microTime(text)).toBe(utc);
  });

  it.each([
    ['2026-01-01T00:00:00.123Z', 'cannot parse ".123Z" as ".000000"'],
    ['2026-01-01T00:00:00Z', 'cannot parse "Z" as ".000000"'],
    ['2026-01-01T00:00:00.123456789Z', 'cannot parse "789Z" as "Z07:00"'],
    [
      'yesterday',
      'parsing time "yesterday" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "yesterday" as "2006"',
    ],
    ['2026-13-01T00:00:00.000000Z', 'out of range'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => microTime(text)).toThrow(message);
  });
});

it('a time in whole seconds drops its decimals', () => {
  expect(wholeSeconds('2026-01-01T00:00:00.9Z')).toBe('2026-01-01T00:00:00Z');
});
