import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatIndexes,
  parseIndexes,
} from '../../../../src/testing/mini-kubernetes/controllers/job-indexes.ts';

describe('the text of completion indexes', () => {
  test.each([
    [[], ''],
    [[0], '0'],
    [[1, 0], '0,1'],
    [[0, 1, 2, 3], '0-3'],
    [[2, 0], '0,2'],
    [[0, 3, 4, 7, 8, 9, 11], '0,3,4,7-9,11'],
  ])('of %j is %j', (indexes, text) => {
    expect(formatIndexes(new Set(indexes))).toBe(text);
  });

  test('leads back to the same indexes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), (indexes) => {
        const sorted = [...indexes].sort((a, b) => a - b);
        expect([...parseIndexes(formatIndexes(new Set(indexes)))]).toEqual(sorted);
      }),
    );
  });

  test('is empty where there is none', () => {
    expect(parseIndexes(undefined)).toEqual(new Set());
  });
});
