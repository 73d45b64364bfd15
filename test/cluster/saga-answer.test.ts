import { expect, test } from 'vitest';
import type { AttemptOutcome } from '../../src/cluster/attempt.ts';
import { kindOf, purposeOf, readAnswer, writeAnswer } from '../../src/cluster/saga-answer.ts';
import { HoldfastError } from '../../src/core/errors.ts';

const failed = (verdict: 'refused' | 'later' | 'unknown', inDoubt = false): AttemptOutcome => ({
  verdict,
  inDoubt,
  failure: new HoldfastError('no', { code: 'TEST' }),
});
const well = (verdict: 'present' | 'absent' | 'done' | 'exists' | 'missing'): AttemptOutcome => ({
  verdict,
  inDoubt: false,
});

test('a write is the operation, an undo its opposite, and everything else reads', () => {
  expect([kindOf('write', 'create'), kindOf('undo', 'create')]).toEqual(['create', 'delete']);
  expect([kindOf('write', 'delete'), kindOf('undo', 'delete')]).toEqual(['delete', 'create']);
  for (const step of ['look', 'verify', 'check'] as const) expect(kindOf(step, 'create')).toBe('read');
});

test('outside, the two reads that follow a write are one kind of step', () => {
  expect((['look', 'write', 'verify', 'undo', 'check'] as const).map(purposeOf)).toEqual([
    'look',
    'write',
    'read-back',
    'undo',
    'read-back',
  ]);
});

test.each([
  [well('present'), 'create', false, 'wanted'],
  [well('absent'), 'create', false, 'unwanted'],
  [well('present'), 'delete', false, 'unwanted'],
  [well('absent'), 'delete', true, 'wanted'],
  [failed('refused'), 'create', false, 'refused'],
  [failed('later'), 'create', false, 'later'],
  [failed('later'), 'create', true, 'refused'],
  [failed('unknown'), 'create', false, 'unknown'],
  [failed('unknown'), 'create', true, 'refused'],
] as const)('a read of %o for a %s, too late: %s, says %s', (outcome, operation, tooLate, answer) => {
  expect(readAnswer(outcome, operation, tooLate)).toBe(answer);
});

test.each([
  [well('done'), false, 'done'],
  [well('exists'), false, 'already'],
  [well('missing'), true, 'already'],
  [failed('refused'), false, 'refused'],
  [failed('later'), false, 'later'],
  [failed('later'), true, 'refused'],
  [failed('unknown'), true, 'unknown'],
  [failed('unknown', true), true, 'in-doubt'],
  [failed('later', true), true, 'in-doubt'],
] as const)('a write of %o, too late: %s, says %s', (outcome, tooLate, answer) => {
  expect(writeAnswer(outcome, tooLate)).toBe(answer);
});
