import { expect, test } from 'vitest';
import { type Advance, advance, beginSaga, type SagaEvent } from '../../src/cluster/saga.ts';
import type { SagaRules } from '../../src/cluster/saga-node.ts';

const rules: SagaRules = { strategy: 'parallel', provable: true, attempts: 1, undoAttempts: 1 };

/** What is commanded, event by event. */
function play(...events: SagaEvent[]) {
  const steps: Advance[] = [beginSaga(rules, 2)];
  for (const event of events) {
    const { state } = steps.at(-1) ?? beginSaga(rules, 2);
    steps.push(advance(rules, state, event));
  }
  return { commands: steps.map(({ commands }) => commands), phase: steps.at(-1)?.state.phase };
}

const looked = (node: number, answer: 'wanted' | 'unwanted'): SagaEvent => ({ type: 'looked', node, answer });
const wrote = (node: number, answer: 'done' | 'refused'): SagaEvent => ({ type: 'wrote', node, answer });
const write = [looked(0, 'unwanted'), looked(1, 'unwanted'), { type: 'recorded' }] as const;

test('where every node is as wanted nothing is recorded and nothing written', () => {
  const { commands, phase } = play(looked(0, 'wanted'), looked(1, 'wanted'));
  expect(commands).toEqual([
    [
      { type: 'send', node: 0, step: 'look' },
      { type: 'send', node: 1, step: 'look' },
    ],
    [],
    [{ type: 'end', ending: 'unchanged' }],
  ]);
  expect(phase).toBe('ended');
});

test('what is written everywhere is closed, and has ended well only once that is recorded', () => {
  const events = [...write, wrote(0, 'done'), wrote(1, 'done')];
  expect(play(...events).commands.slice(2)).toEqual([
    [{ type: 'record' }],
    [
      { type: 'send', node: 0, step: 'write' },
      { type: 'send', node: 1, step: 'write' },
    ],
    [],
    [{ type: 'close', as: 'closed' }],
  ]);
  expect(play(...events, { type: 'closed' }).commands.at(-1)).toEqual([{ type: 'end', ending: 'good' }]);
  // Recovery would undo it.
  const unrecorded = play(...events, { type: 'close-failed' });
  expect(unrecorded.commands.at(-1)).toEqual([{ type: 'end', ending: 'apart' }]);
});

test('what is undone everywhere is undone, whether that could be recorded or not', () => {
  const events = [...write, wrote(0, 'done'), wrote(1, 'refused'), wrote(0, 'done')];
  expect(play(...events).commands.slice(-2)).toEqual([
    [{ type: 'undoing' }, { type: 'send', node: 0, step: 'undo' }],
    [{ type: 'close', as: 'closed' }],
  ]);
  for (const type of ['closed', 'close-failed'] as const) {
    expect(play(...events, { type }).commands.at(-1)).toEqual([{ type: 'end', ending: 'undone' }]);
  }
});
