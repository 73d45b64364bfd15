import { describe, expect, test } from 'vitest';
import { conclude } from '../../src/cluster/conclude.ts';
import type { Driven, DrivenNode, Task } from '../../src/cluster/drive.ts';
import { type NodeState, UNASKED } from '../../src/cluster/saga-node.ts';
import { HoldfastError } from '../../src/core/errors.ts';
import { task } from './create-task.ts';

const rollback: Task = { ...task, rollback: [{ start: 'changed', operationId: '1.5' }] };

const node = (state: Partial<NodeState>, more: Partial<DrivenNode> = {}): DrivenNode => ({
  state: { ...UNASKED, ...state },
  attempts: 1,
  operationId: '1.5',
  undid: false,
  ...more,
});

const driven = (ending: Driven['ending'], nodes: DrivenNode[], more: Partial<Driven> = {}): Driven => ({
  ending,
  nodes,
  failures: [],
  requests: 0,
  retries: 0,
  unsettledFor: 0,
  ...more,
});

const NODES = ['a', 'b', 'c'].map((name) => ({ name, url: `http://${name}` }));

const conclusion = (of: Task, end: Driven) => conclude(of, NODES, end);

const rejection = (of: Task, end: Driven): unknown => {
  try {
    conclusion(of, end);
  } catch (error) {
    return error;
  }
  throw new Error('it gave a result');
};

describe('what became of a node', () => {
  test.each<[string, Partial<NodeState>, Partial<DrivenNode>, create: string, remove: string, undo: string]>([
    ['had it', { at: 'had' }, {}, 'existed', 'absent', 'existed'],
    ['was never asked', { at: 'had' }, { attempts: 0 }, 'untouched', 'untouched', 'untouched'],
    [
      'had it by the time it was written',
      { step: 'write', at: 'had' },
      { attempts: 0 },
      'existed',
      'absent',
      'existed',
    ],
    ['was written', { step: 'write', at: 'good', whose: 'ours' }, {}, 'created', 'deleted', 'created'],
    [
      'was written by somebody else',
      { step: 'write', at: 'good', whose: 'theirs' },
      {},
      'existed',
      'absent',
      'existed',
    ],
    ['was undone', { at: 'clean', whose: 'ours' }, { undid: true }, 'undone', 'restored', 'undone'],
    ['had nothing to undo', { at: 'clean', unknown: true }, {}, 'undone', 'restored', 'untouched'],
    ['was somebody else’s all along', { at: 'clean', whose: 'theirs' }, {}, 'existed', 'absent', 'existed'],
    ['was not written', { at: 'clean' }, {}, 'untouched', 'untouched', 'untouched'],
    ['could not be undone', { at: 'stuck', whose: 'ours' }, {}, 'unknown', 'unknown', 'unknown'],
    ['lacks it', { at: 'lacks' }, {}, 'untouched', 'untouched', 'untouched'],
    ['failed', { at: 'failed' }, {}, 'untouched', 'untouched', 'untouched'],
  ])('that %s', (_, state, more, create, remove, undo) => {
    const end = driven('good', [node(state, more)]);
    const outcome = (of: Task) => conclusion(of, end).nodes[0]?.outcome;
    expect([outcome(task), outcome({ ...task, operation: 'delete' }), outcome(rollback)]).toEqual([
      create,
      remove,
      undo,
    ]);
  });
});

const had = node({ at: 'had' });
const good = node({ step: 'write', at: 'good', whose: 'ours' });
const clean = node({ at: 'clean' });
const stuck = node({ at: 'stuck', whose: 'ours' });

test('it has changed something where one node has changed', () => {
  expect(conclusion(task, driven('good', [had, good, had]))).toMatchObject({ changed: true });
  expect(conclusion({ ...task, operation: 'delete' }, driven('good', [had, good]))).toMatchObject({
    changed: true,
  });
  expect(conclusion(task, driven('unchanged', [had, had]))).toMatchObject({ changed: false });
});

test('a rollback has changed something where one node was taken back', () => {
  const undone = node({ at: 'clean', whose: 'ours' }, { undid: true });
  expect(conclusion(rollback, driven('undone', [clean, undone]))).toMatchObject({ changed: true });
  expect(conclusion({ ...rollback, operation: 'delete' }, driven('undone', [undone, clean]))).toMatchObject({
    changed: true,
  });
  expect(conclusion(rollback, driven('undone', [clean, clean]))).toMatchObject({ changed: false });
});

const cause = new HoldfastError('no', { code: 'TEST' });
const failures = [
  { node: 'b', step: 'write', error: cause },
  { node: 'b', step: 'undo', error: new HoldfastError('next', { code: 'TEST' }) },
  { node: 'b', step: 'undo', error: new HoldfastError('last', { code: 'TEST' }) },
] as const;
const turn = { by: 'node', cause, nodes: ['b'], failedBefore: 0 } as const;

test('what was stopped before anything was written ends with the reason, or says why', () => {
  const reason = new Error('enough');
  const stopped = driven('unwritten', [had], {
    turn: { by: 'signal', cause: reason, nodes: [], failedBefore: 0 },
  });
  expect(rejection(task, stopped)).toBe(reason);
  expect(rejection(task, driven('unwritten', [had], { turn, failures }))).toMatchObject({
    code: 'NODE_UNAVAILABLE',
    retryable: true,
    cause,
    attempts: failures,
    nodes: [{ node: 'a', outcome: 'existed' }],
  });
  const unbegun = rejection(rollback, driven('unwritten', [had]));
  expect(unbegun).toMatchObject({ message: 'create of group "g" wrote nothing: it was not begun' });
  expect(unbegun).not.toHaveProperty('cause');
});

test('what was taken back says why', () => {
  expect(rejection(task, driven('undone', [clean], { turn, failures }))).toMatchObject({
    code: 'ROLLED_BACK',
    retryable: true,
    cause,
  });
});

test('what is left names every node that may differ, and no other', () => {
  const error = rejection(task, driven('apart', [had, stuck, clean], { turn, failures }));
  expect(error).toMatchObject({
    code: 'CLUSTER_INCONSISTENT',
    retryable: false,
    cause,
    nodes: [{ node: 'b', outcome: 'unknown' }],
    message:
      'create of group "g" left b uncertain: b failed in one attempt to write (last: no); ' +
      'the undo did not end: b failed in 2 attempts to undo (last: last)',
  });
  const lost = { by: 'lock', cause, nodes: [], failedBefore: 0 } as const;
  expect(rejection(task, driven('apart', [had, good, stuck], { turn: lost }))).toMatchObject({
    nodes: [{ node: 'b' }, { node: 'c' }],
    message: expect.stringContaining('left b, c uncertain: its lock was lost'),
  });
});

test('a rollback that could not end has the last failure for its cause', () => {
  const end = driven('apart', [stuck], { failures: failures.map((failure) => ({ ...failure, node: 'a' })) });
  expect(rejection(rollback, end)).toMatchObject({
    cause: failures[2].error,
    message:
      'create of group "g" left a uncertain: the undo did not end: a failed in 2 attempts to undo (last: last)',
  });
  expect(rejection(rollback, driven('apart', [stuck]))).toMatchObject({ cause: undefined });
});
