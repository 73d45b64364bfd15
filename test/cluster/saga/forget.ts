import type { SagaState } from '../../../src/cluster/saga.ts';
import type { NodeState } from '../../../src/cluster/saga-node.ts';
import { isFinished } from './monitor.ts';

/**
 * Once the undo has begun, the machine never again asks how it came to that: whose a record is or whether an answer was
 * unknown has been decided, why it stopped matters only as far as anything may still be sent, and what a finished node
 * went through not at all. States that differ in nothing else have the same future, so one of them stands for all.
 * `reductions.test.ts` shows it of the whole machine, state by state.
 */
export function forget(state: SagaState): SagaState {
  const over = state.stopped === 'expired' || state.stopped === 'lost';
  return { ...state, stopped: over ? 'lost' : 'no', nodes: state.nodes.map(forgetNode) };
}

function forgetNode(node: NodeState): NodeState {
  const past = { whose: 'nobody', unknown: false } as const;
  return isFinished(node) ? { ...node, ...past, step: 'undo', doubt: false } : { ...node, ...past };
}
