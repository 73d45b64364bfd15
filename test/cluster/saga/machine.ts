import {
  type Advance,
  advance,
  beginFinish,
  beginRollback,
  beginSaga,
  type SagaEvent,
  type SagaState,
} from '../../../src/cluster/saga.ts';
import type { FinishStart, SagaRules, UndoStart } from '../../../src/cluster/saga-node.ts';
import type { Start } from './simulation.ts';

/** The saga, or a broken variant of it. */
export interface Machine {
  advance(rules: SagaRules, state: SagaState, event: SagaEvent): Advance;
  begin(rules: SagaRules, nodeCount: number): Advance;
  beginRollback(rules: SagaRules, nodes: readonly UndoStart[]): Advance;
  beginFinish(rules: SagaRules, nodes: readonly FinishStart[]): Advance;
}

export const saga: Machine = { advance, begin: beginSaga, beginRollback, beginFinish };

/** However it begins. */
export function beginAt(machine: Machine, rules: SagaRules, start: Start): Advance {
  if (start.rollback !== undefined) return machine.beginRollback(rules, start.rollback);
  if (start.finish !== undefined) return machine.beginFinish(rules, start.finish);
  return machine.begin(rules, start.worlds.length);
}
