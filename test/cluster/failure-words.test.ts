import { describe, expect, test } from 'vitest';
import type { Turn } from '../../src/cluster/drive.ts';
import type { FailedAttempt } from '../../src/cluster/errors.ts';
import { describeStuck, describeTurn } from '../../src/cluster/failure-words.ts';
import { HoldfastError } from '../../src/core/errors.ts';

const failed = (node: string, step: FailedAttempt['step'], message: string): FailedAttempt => ({
  node,
  step,
  error: new HoldfastError(message, { code: 'TEST' }),
});

const turn = (by: Turn['by'], ...nodes: string[]): Turn => ({ by, cause: undefined, nodes, failedBefore: 4 });

const failures = [
  failed('a', 'look', 'no look'),
  failed('b', 'write', 'first'),
  failed('b', 'write', 'second'),
  failed('a', 'write', 'no write'),
  failed('a', 'undo', 'no undo'),
  failed('c', 'read-back', 'no proof'),
];

describe('why an operation did not go on', () => {
  test.each<[Turn | undefined, string]>([
    [undefined, 'it was not begun'],
    [turn('signal'), 'the caller aborted it'],
    [turn('lock'), 'its lock was lost'],
    [turn('journal'), 'the journal could not record it'],
    [turn('node', 'b'), 'b failed in 2 attempts to write (last: second)'],
    // Of the step that failed last; the undo came after the turn.
    [turn('node', 'a'), 'a failed in one attempt to write (last: no write)'],
    [{ ...turn('node', 'c'), failedBefore: 6 }, 'c failed in one attempt to read back (last: no proof)'],
    [turn('node', 'x', 'b'), 'x failed, b failed in 2 attempts to write (last: second)'],
    [turn('deadline'), 'its deadline passed'],
    [
      turn('deadline', 'b', 'x'),
      'its deadline passed; b failed in 2 attempts to write (last: second); x had not answered',
    ],
    [
      turn('deadline', 'x', 'y', 'z'),
      'its deadline passed; x had not answered; y had not answered; z had not answered',
    ],
    [
      turn('deadline', 'v', 'w', 'x', 'y', 'z'),
      'its deadline passed; v had not answered; w had not answered; x had not answered; 2 more had not ended',
    ],
  ])('%j', (by, words) => {
    expect(describeTurn(by, failures)).toBe(words);
  });
});

describe('why nodes could not be undone', () => {
  test('names those that refused to, and what they said to the undo', () => {
    expect(describeStuck(['a', 'b', 'c'], turn('node', 'b'), failures)).toEqual([
      'the undo did not end: a failed in one attempt to undo (last: no undo), ' +
        'c failed in one attempt to read back (last: no proof)',
    ]);
  });

  test('names three at most', () => {
    const many = ['p', 'q', 'r', 's'].map((node) => failed(node, 'undo', 'no'));
    const [words] = describeStuck(['p', 'q', 'r', 's'], undefined, many);
    expect(words).toContain('r failed');
    expect(words).not.toContain('s failed');
  });

  test('says that time was over where none refused', () => {
    expect(describeStuck(['b'], turn('node', 'b'), failures)).toEqual(['it could not be undone in time']);
    expect(describeStuck(['d'], undefined, [failed('d', 'look', 'no look')])).toEqual([
      'it could not be undone in time',
    ]);
    expect(describeStuck([], undefined, failures)).toEqual(['it could not be undone in time']);
  });
});

test('what was read back before the turn is why it turned, and what was read back after it why the undo did not end', () => {
  const reads = [
    failed('a', 'write', 'lost'),
    failed('a', 'read-back', 'one'),
    failed('a', 'read-back', 'two'),
    failed('b', 'write', 'late'),
    failed('a', 'read-back', 'three'),
  ];
  const turned: Turn = { by: 'node', cause: undefined, nodes: ['a'], failedBefore: 3 };
  expect(describeTurn(turned, reads)).toBe('a failed in 2 attempts to read back (last: two)');
  expect(describeStuck(['a', 'b'], turned, reads)).toEqual([
    'the undo did not end: a failed in one attempt to read back (last: three)',
  ]);
  expect(describeTurn({ ...turned, by: 'deadline', nodes: ['b'] }, reads)).toBe(
    'its deadline passed; b failed in one attempt to write (last: late)',
  );
});
