import {
  type Advance,
  advance,
  beginRollback,
  beginSaga,
  type SagaEvent,
  type SagaState,
} from '../../../src/cluster/saga.ts';
import type { SagaRules, UndoStart } from '../../../src/cluster/saga-node.ts';

/** The saga, or a broken variant of it. */
export interface Machine {
  advance(rules: SagaRules, state: SagaState, event: SagaEvent): Advance;
  begin(rules: SagaRules, nodeCount: number): Advance;
  beginRollback(rules: SagaRules, nodes: readonly UndoStart[]): Advance;
}

export const saga: Machine = { advance, begin: beginSaga, beginRollback };
