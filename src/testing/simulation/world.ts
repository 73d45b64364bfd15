import { ClusterClient } from '../../cluster/cluster-client.ts';
import { FaultPlan } from '../fault-plan.ts';
import { FAULT_KINDS } from '../fault-schema.ts';
import type { GroupApi } from '../group-api.ts';
import { headerGroupApi } from '../header-group-api.ts';
import { pathGroupApi } from '../path-group-api.ts';
import { NEW_YEAR } from '../virtual-clock.ts';
import { type Draws, drawsOf } from './draws.ts';
import { Ledger } from './ledger.ts';
import { Machine } from './machine.ts';
import { MemoryRecords } from './memory-records.ts';
import { Network } from './network.ts';
import { Process } from './process.ts';
import { runToEnd } from './run-to-end.ts';
import type { Scenario } from './scenario.ts';
import { SharedKeys } from './shared-keys.ts';
import { SimulatedJournal } from './simulated-journal.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';

/** What a world is made of; a `Scenario` has it all. */
export type WorldRules = Pick<
  Scenario,
  'dialect' | 'nodes' | 'client' | 'journal' | 'lock' | 'rates' | 'network' | 'journalFailing'
>;

/** Cluster, network, clock, journal and lock of one run, all of them simulated. */
export class World {
  readonly timeline: Timeline;
  readonly machine: Machine;
  readonly trace: Trace;
  readonly tally = new Tally();
  readonly records: MemoryRecords;
  readonly ledger: Ledger;
  readonly network: Network;
  readonly keys: SharedKeys;
  readonly journal: SimulatedJournal;
  /** A node's name to its base url. */
  readonly urls: Readonly<Record<string, string>>;
  readonly #rules: WorldRules;
  readonly #draws: Draws;

  constructor(seed: number, rules: WorldRules) {
    const { nodes, dialect, network, client, journal, rates, journalFailing } = rules;
    this.#rules = rules;
    this.#draws = drawsOf(seed, 'clients');
    this.timeline = new Timeline(drawsOf(seed, 'ties').random);
    this.machine = new Machine(this.timeline, NEW_YEAR);
    this.trace = new Trace(this.timeline);
    this.records = new MemoryRecords(nodes);
    const { machine, trace, tally, records } = this;
    this.ledger = new Ledger({
      records,
      nodes,
      usesJournal: journal,
      provable: dialect === 'header' || client.writers !== 'shared',
      say: (text) => trace.say(text),
    });
    this.urls = Object.fromEntries(nodes.map((node) => [node, urlOf(node, dialect)]));
    this.network = new Network({
      ...{ machine, trace, tally, records },
      draws: drawsOf(seed, 'network'),
      ledger: this.ledger,
      servers: serversOf(nodes, dialect),
      plan: FAULT_KINDS.some((kind) => rates[kind] !== undefined) ? FaultPlan.seeded(seed, rates) : undefined,
      rules: network,
    });
    const lag = Math.min(network.latency, 5);
    const grace = client.attemptTimeout + client.settle + 1;
    this.keys = new SharedKeys({ machine, draws: drawsOf(seed, 'lock'), lag, grace });
    this.journal = new SimulatedJournal({
      ...{ machine, trace, tally, lag },
      draws: drawsOf(seed, 'journal'),
      ledger: this.ledger,
      failing: journalFailing,
    });
  }

  start(name: string): Process {
    return new Process(name, this.machine);
  }

  /** A client as a process has it: whatever it waits for comes from this world. */
  clientOf(process: Process): ClusterClient {
    const { client, dialect, journal, lock } = this.#rules;
    return new ClusterClient(this.urls, {
      ...client,
      dialect,
      clock: process.clock,
      random: this.#draws.random,
      fetch: this.network.fetchOf(process),
      ...(journal ? { journal: this.journal.journalOf(process) } : {}),
      ...(lock ? { lock: this.keys.lockOf(process) } : {}),
    });
  }

  /** From now on nothing new goes wrong. */
  calmDown(): void {
    this.trace.say('from here on nothing goes wrong');
    this.network.calmDown();
    this.journal.calm = true;
  }

  /** Whatever may still take effect does. */
  async settle(): Promise<void> {
    const { timeline } = this;
    const end = timeline.time + 2 * this.#rules.network.late;
    timeline.after(end - timeline.time, () => undefined);
    await runToEnd(timeline, () => timeline.time >= end);
  }
}

const urlOf = (node: string, dialect: 'path' | 'header') =>
  dialect === 'header' ? `${HEADER_ORIGIN}/v1` : originOf(node);

const originOf = (node: string) => `http://${node}:5000`;

const HEADER_ORIGIN = 'http://nodes:5000';

function serversOf(nodes: readonly string[], dialect: 'path' | 'header'): ReadonlyMap<string, GroupApi> {
  if (dialect === 'header') return new Map([[HEADER_ORIGIN, headerGroupApi(new Set(nodes))]]);
  return new Map(nodes.map((node) => [originOf(node), pathGroupApi(node)]));
}
