import { expect, test } from 'vitest';
import {
  answerLook,
  answerWrite,
  type NodeState,
  type SagaRules,
  UNASKED,
} from '../../src/cluster/saga-node.ts';

const rules: SagaRules = { strategy: 'parallel', provable: true, attempts: 3, undoAttempts: 3 };
const written: NodeState = { ...UNASKED, step: 'write', at: 'sent', tries: 1 };

test('what is there already is somebody else’s, unless an attempt of which nothing is known came before', () => {
  const already = (node: NodeState, provable: boolean) =>
    answerWrite({ ...rules, provable }, node, 'already', 'write');
  for (const provable of [true, false]) {
    expect(already(written, provable)).toMatchObject({ at: 'good', whose: 'theirs' });
  }
  const unknown = { ...written, unknown: true };
  expect(already(unknown, true)).toMatchObject({ step: 'verify', at: 'sent', whose: 'ours' });
  expect(already(unknown, false)).toMatchObject({ step: 'verify', at: 'sent', whose: 'unproven' });
  expect(answerWrite(rules, unknown, 'done', 'write')).toMatchObject({ whose: 'ours' });
});

test('what a look of the one who finishes finds counts as written by this operation', () => {
  const looked: NodeState = { ...UNASKED, at: 'sent', tries: 1, unknown: true };
  expect(answerLook(rules, looked, 'wanted')).toEqual({
    ...{ step: 'write', at: 'good', tries: 0, whose: 'ours', unknown: true, doubt: false },
  });
  expect(answerLook({ ...rules, provable: false }, looked, 'wanted')).toMatchObject({ whose: 'unproven' });
  expect(answerLook(rules, { ...looked, unknown: false }, 'wanted')).toMatchObject({
    ...{ step: 'look', at: 'had', whose: 'nobody' },
  });
  expect(answerLook(rules, looked, 'unwanted')).toMatchObject({ at: 'lacks', unknown: false });
});
