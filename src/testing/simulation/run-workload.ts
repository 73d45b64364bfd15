import { AsyncLocalStorage } from 'node:async_hooks';
import type { OperationEvent } from '../../cluster/operations.ts';
import { sleep } from '../../core/abort.ts';
import { tracingChannel } from '../../core/observe.ts';
import { drawsOf } from './draws.ts';
import { runToEnd } from './run-to-end.ts';
import { drawRates, splitRates } from './scenario.ts';
import type { SimulationContext, WorkloadSettings } from './simulation-options.ts';
import { World } from './world.ts';

/** A run of somebody's own code. */
export async function runWorkload(settings: WorkloadSettings): Promise<World> {
  const { seed, nodes, dialect, client } = settings;
  const draws = drawsOf(seed, 'scenario');
  const attemptTimeout = client.attemptTimeout ?? 5_000;
  const settle = client.settle ?? attemptTimeout;
  const { rates, faults } = splitRates(settings.faults ?? drawRates(draws, 0.3), draws.whole(0, 1));
  const world = new World(seed, {
    dialect,
    nodes: Array.from({ length: nodes }, (_, index) => `node${String(index + 1).padStart(2, '0')}`),
    client: { ...client, attemptTimeout, settle },
    journal: false,
    lock: false,
    rates,
    network: {
      faults,
      settle,
      latency: draws.one([0, 5, 50]),
      late: attemptTimeout + settle,
      readFaults: 1,
      beyondSettle: false,
    },
    journalFailing: 0,
  });
  const named = await work(world, settings, settle);
  world.calmDown();
  await world.settle();
  await judge(world, settings, named);
  return world;
}

/** The groups of which `cluster` has said that their nodes may differ. */
async function work(
  world: World,
  { seed, workload }: WorkloadSettings,
  settle: number,
): Promise<ReadonlySet<string>> {
  const { timeline, ledger, trace, urls } = world;
  const process = world.start('workload');
  const { clock } = process;
  const cluster = world.clientOf(process);
  const context: SimulationContext = {
    cluster,
    fetch: world.network.fetchOf(process),
    clock,
    random: drawsOf(seed, 'workload').random,
    sleep: (milliseconds, signal) => sleep(milliseconds, clock, signal),
    urls,
    settle,
    log: (line) => trace.say(`workload: ${line}`),
  };
  let ended = false;
  const watched = watchOperations(world, async () => {
    try {
      await workload(context);
    } catch (error) {
      ledger.violate(`the workload rejected: ${String(error)}`);
    }
    await cluster.close();
    ended = true;
  });
  if (!(await runToEnd(timeline, () => ended))) {
    ledger.violate(
      'the workload has not ended: it waits for something that never comes, or that is not of this simulation',
    );
    process.crash();
  }
  return watched.named;
}

/** Hears of every operation of the library's clients that `run` begins. */
function watchOperations(world: World, run: () => Promise<void>): { readonly named: ReadonlySet<string> } {
  const named = new Set<string>();
  const hear = (event: unknown) => {
    if (running.getStore() !== world) return;
    const { groupId, outcome } = event as OperationEvent;
    if (outcome === 'inconsistent') named.add(groupId);
    if (outcome !== undefined) world.tally.operation(outcome);
  };
  const subscribers = { asyncEnd: hear };
  const channel = tracingChannel('holdfast:cluster.operation');
  channel.subscribe(subscribers as Parameters<typeof channel.subscribe>[0]);
  const end = () => channel.unsubscribe(subscribers as Parameters<typeof channel.unsubscribe>[0]);
  void running.run(world, run).finally(end);
  return { named };
}

const running = new AsyncLocalStorage<World>();

async function judge(
  { ledger, records }: World,
  { check }: WorkloadSettings,
  named: ReadonlySet<string>,
): Promise<void> {
  const held = records.all();
  if (check !== undefined) {
    try {
      await check(held);
    } catch (error) {
      ledger.violate(`the check failed: ${String(error)}`);
    }
    return;
  }
  const groups = new Set([...held.values()].flat().map(({ groupId }) => groupId));
  for (const groupId of [...groups].sort()) {
    const holders = [...held]
      .filter(([, own]) => own.some((record) => record.groupId === groupId))
      .map(([node]) => node);
    if (holders.length === held.size || named.has(groupId)) continue;
    ledger.violate(`${groupId} is on ${holders.join(', ')} only, of ${[...held.keys()].join(', ')}`);
  }
}
