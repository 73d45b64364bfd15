import fc from 'fast-check';
import type { Ending } from '../../../src/cluster/saga.ts';
import { isProvable, rollbackStarts } from './configurations.ts';
import { saga } from './machine.ts';
import { Violation } from './monitor.ts';
import { untouchedWorld } from './node-world.ts';
import { at, type Move, type Simulated, Simulation, type Start } from './simulation.ts';

/** A cluster, how it begins, and a number for every choice of what happens next. */
export interface Schedule {
  readonly of: Simulated;
  readonly start: Start;
  readonly choices: readonly number[];
}

export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    operation: fc.constantFrom('create', 'delete'),
    dialect: fc.constantFrom('header', 'path'),
    writers: fc.constantFrom('exclusive', 'shared'),
    strategy: fc.constantFrom('parallel', 'sequential'),
    attempts: fc.integer({ min: 1, max: 4 }),
    undoAttempts: fc.integer({ min: 1, max: 4 }),
    nodeCount: fc.integer({ min: 4, max: 8 }),
  })
  .chain(({ strategy, attempts, undoAttempts, nodeCount, ...setting }) => {
    const rules = { strategy, provable: isProvable(setting), attempts, undoAttempts };
    return fc.record({
      of: fc.constant({ machine: saga, rules, setting }),
      start: fc.oneof(
        {
          weight: 6,
          arbitrary: nodesOf(nodeCount, fc.boolean().map(untouchedWorld)).map((worlds) => ({ worlds })),
        },
        {
          weight: 1,
          arbitrary: fc
            .boolean()
            .map((stood) => ({ worlds: Array.from({ length: nodeCount }, () => untouchedWorld(stood)) })),
        },
        { weight: 1, arbitrary: rollbacks(nodeCount, rollbackStarts(setting, 1)) },
      ),
      choices: fc.array(fc.nat({ max: (1 << 20) - 1 }), { maxLength: 30 * nodeCount, size: 'max' }),
    });
  });

/**
 * Plays it, and then goes on with no fault at all until it ends.
 *
 * @throws with the whole log where a promise is broken or no end comes
 */
export function play({ of, start, choices }: Schedule): Ending | undefined {
  const simulation = Simulation.begin(of, start);
  try {
    for (const choice of choices) {
      const move = chosen(simulation.moves(), choice);
      if (move !== undefined) simulation.apply(move);
    }
    for (let calm = 0; !simulation.ended; calm++) {
      if (calm > 20 * start.worlds.length)
        throw new Violation('it does not end although nothing fails any more');
      const move = chosen(simulation.moves(), 0);
      if (move === undefined) throw new Violation('there is nothing left to happen');
      simulation.apply(move);
    }
    return simulation.state.saga.ending;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw new Error([...simulation.log, `BROKEN: ${error.message}`].join('\n'));
  }
}

/**
 * What turns the whole operation must be rare, or none would come far. 0 is the calm choice, so that a failing schedule
 * shrinks to its faults.
 */
function chosen(moves: readonly Move[], choice: number): Move | undefined {
  const kind = choice % 64;
  const which = Math.floor(choice / 64);
  const calm = moves.filter((move, index) => isCalm(move, moves[index - 1]));
  const turns = moves.filter((move) => move.kind === 'event' && !isCalm(move, undefined));
  const drifts = moves.filter(({ kind }) => kind === 'drift');
  const outcomes = moves.filter(({ kind }) => kind === 'outcome');
  const wanted = kind === 63 ? turns : kind > 57 ? drifts : kind > 44 ? outcomes : calm;
  const pool = wanted.length > 0 ? wanted : calm;
  return pool[which % Math.max(1, pool.length)];
}

/** The truth stands first among the outcomes of a node. */
function isCalm(move: Move, before: Move | undefined): boolean {
  if (move.kind === 'event') return move.event.type === 'recorded' || move.event.type === 'closed';
  return move.kind === 'outcome' && !(before?.kind === 'outcome' && before.node === move.node);
}

const nodesOf = <T>(nodeCount: number, node: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(node, { minLength: nodeCount, maxLength: nodeCount });

function rollbacks(nodeCount: number, single: readonly Start[]): fc.Arbitrary<Start> {
  return nodesOf(nodeCount, fc.constantFrom(...single))
    .filter((nodes) => nodes.filter(({ worlds }) => at(worlds, 0).foreign !== 'nothing').length <= 1)
    .map((nodes) => ({
      worlds: nodes.map(({ worlds }) => at(worlds, 0)),
      rollback: nodes.map(({ rollback = [] }) => at(rollback, 0)),
    }));
}
