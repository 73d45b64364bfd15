import { Actor } from './actor.ts';
import { type Draws, drawsOf } from './draws.ts';
import { MAX_EVENTS, runToEnd } from './run-to-end.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { World } from './world.ts';

/** A run of the library's own `ClusterClient`, with everything that can go wrong drawn from the seed. */
export async function runSwarm(seed: number): Promise<World> {
  const scenario = drawScenario(seed);
  const world = new World(seed, scenario);
  world.trace.say(JSON.stringify(scenario, (_key, value) => (value instanceof Map ? [...value] : value)));
  const swarm = new Swarm(world, scenario, drawsOf(seed, 'swarm'));
  await swarm.run();
  return world;
}

class Swarm {
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #draws: Draws;
  /** Processes that still have something to do, or will be started again. */
  #working = 0;

  constructor(world: World, scenario: Scenario, draws: Draws) {
    this.#world = world;
    this.#scenario = scenario;
    this.#draws = draws;
  }

  async run(): Promise<void> {
    const { processes, steps } = this.#scenario;
    this.#putRecords();
    this.#planTrouble();
    for (let index = 1; index <= processes; index++) this.#start(`client${index}`, steps);
    const ended = await runToEnd(this.#world.timeline, () => this.#working === 0);
    if (!ended) this.#world.ledger.violate(`the clients were not done after ${MAX_EVENTS} events`);
    this.#world.calmDown();
    await this.#world.settle();
    this.#world.ledger.finish();
  }

  #start(name: string, steps: number): void {
    this.#working += 1;
    const process = this.#world.start(name);
    const actor = new Actor(this.#world, this.#scenario, this.#draws, process);
    void this.#work(actor, steps);
  }

  async #work(actor: Actor, steps: number): Promise<void> {
    for (let left = steps; left > 0; left--) await actor.step();
    this.#world.trace.say(`${actor.process.name} is done`);
    this.#working -= 1;
  }

  /** What the groups are at first: nowhere, everywhere, or on some nodes only. */
  #putRecords(): void {
    const { groups, nodes } = this.#scenario;
    for (const groupId of groups) {
      const share = this.#draws.one([0, 0.5, 1]);
      for (const node of nodes) {
        if (!this.#draws.chance(share)) continue;
        this.#world.records.put(node, { groupId, timestamp: '1.5' });
        this.#world.trace.say(`${node} has ${groupId}`);
      }
    }
  }

  #planTrouble(): void {
    const { restarts, jumps, losses, nodes, lock } = this.#scenario;
    const { one } = this.#draws;
    const [first = '', ...others] = nodes;
    this.#some(restarts, () => this.#restart(one([first, ...others])));
    this.#some(jumps, () => this.#jump());
    if (lock) this.#some(losses, () => this.#lose());
  }

  #some(times: number, happen: () => void): void {
    for (let left = times; left > 0; left--) {
      this.#world.timeline.after(this.#draws.whole(0, this.#scenario.span), () => {
        if (this.#working > 0) happen();
      });
    }
  }

  #restart(node: string): void {
    const { network, timeline, tally } = this.#world;
    if (network.isDown(node)) return;
    tally.fault('node-restart');
    network.takeDown(node);
    timeline.after(this.#draws.whole(1, 2 * this.#scenario.client.attemptTimeout), () =>
      network.takeUp(node),
    );
  }

  #jump(): void {
    const { machine, trace, tally } = this.#world;
    const by = this.#draws.one([-3_600_000, -500, 500, 3_600_000]);
    tally.fault('clock-jump');
    trace.say(`the wall clock is set by ${by} ms`);
    machine.offset += by;
  }

  #lose(): void {
    const { keys, trace, tally } = this.#world;
    const key = keys.lose((held) => held[this.#draws.whole(0, held.length - 1)]);
    if (key === undefined) return;
    tally.fault('lock-lost');
    trace.say(`the lock of ${key} is lost`);
  }
}
