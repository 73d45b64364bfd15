import { Actor } from './actor.ts';
import { type Draws, drawsOf } from './draws.ts';
import type { Process } from './process.ts';
import { runToEnd } from './run-to-end.ts';
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
  #crashesLeft: number;
  /** Milliseconds by which the wall clock was set forward, all in all. */
  #setForward = 0;

  constructor(world: World, scenario: Scenario, draws: Draws) {
    this.#world = world;
    this.#scenario = scenario;
    this.#draws = draws;
    this.#crashesLeft = scenario.crashes;
  }

  async run(): Promise<void> {
    const { processes, steps, journal } = this.#scenario;
    const { ledger, timeline } = this.#world;
    this.#putRecords();
    this.#planTrouble();
    for (let index = 1; index <= processes; index++) this.#start({ name: `client${index}`, life: 1, steps });
    await this.#untilDone();
    this.#world.calmDown();
    if (journal) await this.#recover();
    await this.#world.settle();
    ledger.finish();
    this.#world.trace.say(`the end, after ${timeline.time.toFixed(0)} ms`);
  }

  async #recover(): Promise<void> {
    const { timeline, ledger } = this.#world;
    const { attemptTimeout, settle, deadline = 0, rollbackDeadline = 0 } = this.#scenario.client;
    const start = timeline.time;
    this.#start({ name: 'recovery', life: 2, steps: 0 });
    await this.#untilDone();
    const took = timeline.time - start;
    // It may crash some times on its way; and by how much the clock was set forward while an operation ran, and back
    // since, nobody can tell from the journal.
    const most = 10 * (attemptTimeout + settle + deadline + rollbackDeadline) + this.#setForward;
    if (took > most) ledger.violate(`the recovery took ${took} ms, and nothing went wrong in it`);
  }

  async #untilDone(): Promise<void> {
    const { timeline, ledger } = this.#world;
    if (await runToEnd(timeline, () => this.#working === 0)) return;
    ledger.violate('the clients are not done, and nothing is left to happen, or too much has happened');
    this.#working = 0;
  }

  #start(service: Service): void {
    this.#working += 1;
    const { name, life } = service;
    const process = this.#world.start(life === 1 ? name : `${name}.${life}`);
    process.onCrash.push(() => this.#hearOfEnd(process, service));
    if (this.#crashesLeft > 0 && this.#draws.chance(0.7)) {
      this.#crashesLeft -= 1;
      process.crashAfter(this.#draws.whole(1, 120));
    }
    void this.#work(new Actor(this.#world, this.#scenario, this.#draws, process), service);
  }

  async #work(actor: Actor, service: Service): Promise<void> {
    const { process } = actor;
    if (service.life > 1) await actor.recover();
    for (; service.steps > 0; service.steps--) await actor.step();
    if (!process.alive) return;
    this.#working -= 1;
    service.done = true;
    process.crash();
  }

  /** A service that crashed is started again, and goes on where it was. */
  #hearOfEnd(process: Process, service: Service): void {
    const { trace, tally, ledger, timeline } = this.#world;
    trace.say(`${process.name} ${service.done === true ? 'ends' : 'crashes'}`);
    for (let died = ledger.crashed(process.name); died > 0; died--) tally.operation('crashed');
    if (service.done === true) return;
    tally.crashes += 1;
    timeline.after(this.#draws.whole(0, this.#scenario.client.attemptTimeout), () => {
      this.#working -= 1;
      this.#start({ ...service, life: service.life + 1 });
    });
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
    const { troubles, jumps, losses, nodes, lock } = this.#scenario;
    const { one } = this.#draws;
    const [first = '', ...others] = nodes;
    this.#some(troubles, () => this.#trouble(one([first, ...others])));
    this.#some(jumps, () => this.#jump());
    if (lock) this.#some(losses, () => this.#lose());
  }

  #some(times: number, happen: () => void): void {
    for (let left = times; left > 0; left--) {
      this.#world.timeline.after(this.#draws.whole(0, this.#scenario.span), () => {
        if (!this.#world.network.calm) happen();
      });
    }
  }

  #trouble(node: string): void {
    const { network, timeline, tally } = this.#world;
    if (network.troubleOf(node) !== undefined) return;
    if (this.#draws.chance(0.5)) {
      tally.fault('node-restart');
      network.takeDown(node);
    } else {
      tally.fault('node-refuses');
      network.makeSick(node);
    }
    const { attemptTimeout } = this.#scenario.client;
    timeline.after(this.#draws.whole(1, 2 * attemptTimeout), () => network.takeUp(node));
  }

  #jump(): void {
    const { machine, trace, tally } = this.#world;
    const by = this.#draws.one([-3_600_000, -500, 500, 3_600_000]);
    tally.fault('clock-jump');
    trace.say(`the wall clock is set by ${by} ms`);
    machine.offset += by;
    this.#setForward += Math.max(0, by);
  }

  #lose(): void {
    const { keys, trace, tally } = this.#world;
    const key = keys.lose((held) => held[this.#draws.whole(0, held.length - 1)]);
    if (key === undefined) return;
    tally.fault('lock-lost');
    trace.say(`the lock of ${key} is lost`);
  }
}

/** One that has so many things to do, in a process that may not live that long. */
interface Service {
  readonly name: string;
  /** Counts its processes. */
  readonly life: number;
  steps: number;
  done?: boolean;
}
