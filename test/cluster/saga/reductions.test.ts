import { describe, expect, test } from 'vitest';
import type { Advance, SagaCommand, SagaEvent, SagaState } from '../../../src/cluster/saga.ts';
import type { SagaRules } from '../../../src/cluster/saga-node.ts';
import { finishStarts, rollbackStarts, starts } from './configurations.ts';
import { Control } from './control.ts';
import { edgesOf } from './control-graph.ts';
import { explore } from './exploration.ts';
import { forget } from './forget.ts';
import { saga } from './machine.ts';
import { plainlyExplored } from './plain-exploration.ts';
import { at, type Start } from './simulation.ts';

const WHOLE = (state: SagaState) => state;

const RULES: readonly SagaRules[] = (['parallel', 'sequential'] as const).flatMap((strategy) =>
  [true, false].map((provable) => ({ strategy, provable, attempts: 2, undoAttempts: 2 })),
);

/** The machine does not see what the nodes hold, so any setting will do. */
const startsOf = (nodeCount: number): readonly Start[] => [
  ...starts(nodeCount),
  ...rollbackStarts({ operation: 'create', dialect: 'path', writers: 'exclusive' }, nodeCount),
  ...finishStarts({ operation: 'create', dialect: 'path', writers: 'exclusive' }, nodeCount),
];

describe.for(RULES)('$strategy, provable: $provable', (rules) => {
  test('once the undo has begun, the past of a node changes nothing that the machine does', () => {
    let checked = 0;
    for (const { from, event } of edgesOf(new Control(saga, rules, WHOLE), startsOf(2))) {
      if (!from.monitor.undoing) continue;
      const whole = saga.advance(rules, from.saga, event);
      const without = saga.advance(rules, forget(from.saga), event);
      if (!isSame(without.commands, whole.commands) || !isSame(forget(without.state), forget(whole.state))) {
        expect({ event, advanced: without }).toEqual({ event, advanced: whole });
      }
      checked++;
    }
    expect(checked).toBeGreaterThan(1_000);
  });

  test('nodes are interchangeable, in sequence once nothing goes forward any more', () => {
    let checked = 0;
    for (const { from, event } of edgesOf(new Control(saga, rules), startsOf(3))) {
      if (!from.sorted) continue;
      const advanced = saga.advance(rules, from.saga, event);
      for (const order of [
        [1, 0, 2],
        [0, 2, 1],
      ]) {
        const renamed = saga.advance(rules, renameState(from.saga, order), renameEvent(event, order));
        const expected = renameAdvance(advanced, order);
        if (!isSame(byNode(renamed), byNode(expected)))
          expect({ event, order, renamed }).toEqual({ event, order, expected });
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(1_000);
  });
});

test.for([
  { operation: 'create', dialect: 'path', writers: 'shared', strategy: 'parallel' },
  { operation: 'delete', dialect: 'path', writers: 'shared', strategy: 'sequential' },
] as const)('no state gets lost by a reduction: $operation, $strategy', ({ strategy, ...setting }) => {
  const rules = { strategy, provable: false, attempts: 2, undoAttempts: 1 };
  const plain = plainlyExplored({ machine: saga, rules, setting }, starts(2));
  const reduced = explore(setting, new Control(saga, rules), starts(2));
  expect(reduced.trace).toBeUndefined();
  expect(plain.reducedStates).toBe(reduced.states);
  expect(plain.states).toBeGreaterThan(4 * reduced.states);
});

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const renameState = (state: SagaState, order: readonly number[]): SagaState => ({
  ...state,
  nodes: order.map((old) => at(state.nodes, old)),
});

/** These orders are their own inverses. */
function renameEvent(event: SagaEvent, order: readonly number[]): SagaEvent {
  return 'node' in event ? { ...event, node: at(order, event.node) } : event;
}

function renameAdvance({ state, commands }: Advance, order: readonly number[]): Advance {
  const rename = (command: SagaCommand) =>
    'node' in command ? { ...command, node: at(order, command.node) } : command;
  return { state: renameState(state, order), commands: commands.map(rename) };
}

/** Commands to different nodes need no order among themselves. */
function byNode({ state, commands }: Advance) {
  const ofNode = (index: number) => commands.filter((command) => 'node' in command && command.node === index);
  const others = commands.filter((command) => !('node' in command));
  return { state, others, commands: state.nodes.map((_, index) => ofNode(index)) };
}
