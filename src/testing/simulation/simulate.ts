import { runWorkload } from './run-workload.ts';
import { parseSimulation, type SimulationOptions } from './simulation-options.ts';
import { reportOf, type SimulationReport } from './simulation-report.ts';
import { runSwarm } from './swarm.ts';
import { warmUp } from './warm-up.ts';

/**
 * Runs a whole cluster, its network, its clients and their clocks in virtual time, everything that happens following from
 * one seed: the same seed replays the same run, to the byte of its trace.
 *
 * Without a `workload`, clients of this library work on the same groups at once while everything goes wrong that is drawn
 * for the seed: every fault of `FaultKind`, requests and answers lost and held back, effects that come late, nodes and
 * clients that go down, locks that are lost, clocks that jump. Each operation is held to the promise of `ClusterClient`.
 * With one, your own code takes their place: see the guide on simulation.
 *
 * @returns what happened; `ok` is `false` where a promise was broken, and `describeSimulation` shows how it came to that
 * @throws ConfigError for options that are wrong
 *
 * @example
 * const { ok, violations } = await simulate({ seed: 42 });
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const settings = parseSimulation(options);
  await warmUp();
  const world = settings.workload === undefined ? await runSwarm(settings.seed) : await runWorkload(settings);
  return reportOf(settings.seed, world);
}
