import { forget } from './forget.ts';
import { promiseOf } from './monitor.ts';
import { at, type Simulated, Simulation, type SimulationState, type Start } from './simulation.ts';

/**
 * Visits every state with no reduction at all but that equal states are one, and counts how many are left when each is
 * reduced afterwards.
 */
export function plainlyExplored(
  of: Simulated,
  starts: readonly Start[],
): { states: number; reducedStates: number } {
  const seen = new Set<string>();
  const reduced = new Set<string>();
  const open: SimulationState[] = [];
  const reach = (state: SimulationState) => {
    const key = JSON.stringify(state);
    if (seen.has(key)) return;
    seen.add(key);
    reduced.add(reducedKey(of, state));
    open.push(state);
  };
  for (const start of starts) reach(Simulation.begin(of, start).state);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const move of new Simulation(of, state).moves()) {
      const next = new Simulation(of, state);
      next.apply(move);
      reach(next.state);
    }
  }
  return { states: seen.size, reducedStates: reduced.size };
}

function reducedKey({ rules }: Simulated, { saga, watched, worlds }: SimulationState): string {
  const { monitor } = watched;
  const { nodes, ...rest } = monitor.undoing ? forget(saga) : saga;
  const isForward = saga.phase === 'look' || saga.phase === 'record' || saga.phase === 'write';
  const keys = nodes.map((node, index) => {
    const world = at(worlds, index);
    const isDone = promiseOf(saga, monitor.asked, index) !== undefined;
    return JSON.stringify([node, at(watched.nodes, index), isDone ? world.foreign === 'nothing' : world]);
  });
  if (rules.strategy === 'parallel' || !isForward) keys.sort();
  return JSON.stringify([rest, monitor, keys]);
}
