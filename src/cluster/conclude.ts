import type { Driven, DrivenNode, Task } from './drive.ts';
import { InconsistentClusterError, NodeUnavailableError, RolledBackError } from './errors.ts';
import { describeStuck, describeTurn } from './failure-words.ts';
import type { ReachableNode } from './node-list.ts';
import type { GroupResult, NodeResult } from './result.ts';
import { needsUndo } from './saga-node.ts';

/**
 * Turns the end of a saga into what the caller sees.
 *
 * @throws the signal's reason where the caller stopped it before anything was written, else `NodeUnavailableError`,
 * `RolledBackError` or `InconsistentClusterError`
 */
export function conclude(task: Task, nodes: readonly ReachableNode[], driven: Driven): GroupResult {
  const { operation, groupId, operationId } = task;
  const results = driven.nodes.map((node, index) => resultOf(task, nodes[index]?.name ?? '', node));
  const { turn, failures } = driven;
  const rollback = task.rollback !== undefined;
  const failure = {
    operation,
    groupId,
    operationId,
    nodes: results,
    attempts: failures,
    ...(turn === undefined ? {} : { cause: turn.cause }),
  };
  switch (driven.ending) {
    case 'unchanged':
    case 'good':
      return { operation, groupId, operationId, changed: results.some(isChange), nodes: results };
    case 'unwritten':
      if (turn?.by === 'signal') throw turn.cause;
      throw new NodeUnavailableError(describeTurn(turn, failures), failure);
    case 'undone':
      if (rollback) {
        return { operation, groupId, operationId, changed: results.some(isTakenBack), nodes: results };
      }
      throw new RolledBackError(describeTurn(turn, failures), failure);
    case 'apart': {
      const uncertain = results.filter((_, index) => mayDiffer(driven.nodes[index]));
      const stuck = describeStuck(
        uncertain.map(({ node }) => node),
        turn,
        failures,
      );
      const why = turn === undefined ? stuck : [describeTurn(turn, failures), ...stuck];
      throw new InconsistentClusterError(why.join('; '), {
        ...failure,
        nodes: uncertain,
        // A rollback that was asked for has no failure before its own.
        cause: turn === undefined ? failures.at(-1)?.error : turn.cause,
      });
    }
  }
}

const isChange = ({ outcome }: NodeResult) => outcome === 'created' || outcome === 'deleted';

const isTakenBack = ({ outcome }: NodeResult) => outcome === 'undone' || outcome === 'restored';

/** A node left where an undo could not end; or changed, where nothing could be undone at all. */
const mayDiffer = (node: DrivenNode | undefined): boolean =>
  node !== undefined && (node.state.at === 'stuck' || (node.state.at === 'good' && needsUndo(node.state)));

function resultOf(
  { operation, rollback }: Task,
  node: string,
  { state, attempts, operationId, undid }: DrivenNode,
): NodeResult {
  const words = WORDS[operation];
  return { node, attempts, operationId, outcome: outcomeOf() };

  function outcomeOf(): NodeResult['outcome'] {
    switch (state.at) {
      case 'had':
        return state.step === 'look' && attempts === 0 ? 'untouched' : words.already;
      case 'good':
        return state.whose === 'theirs' ? words.already : words.changed;
      case 'clean':
        // Whoever only undoes may find nothing to take back.
        if (needsUndo(state)) return rollback === undefined || undid ? words.undone : 'untouched';
        return state.whose === 'theirs' ? words.already : 'untouched';
      case 'stuck':
        return 'unknown';
      default:
        return 'untouched';
    }
  }
}

const WORDS = {
  create: { changed: 'created', already: 'existed', undone: 'undone' },
  delete: { changed: 'deleted', already: 'absent', undone: 'restored' },
} as const;
