import type { FaultPlan } from '../fault-plan.ts';
import { NO_SUCH_PAGE, text } from '../group-answer.ts';
import { type GroupApi, type GroupRequest, isAnswer, statsJson } from '../group-api.ts';
import { networkError, responseOf } from './answer-response.ts';
import type { Draws } from './draws.ts';
import { type FetchRequest, readFetch } from './fetch-request.ts';
import type { Ledger } from './ledger.ts';
import type { Machine } from './machine.ts';
import type { MemoryRecords } from './memory-records.ts';
import type { NetworkFault } from './network-faults.ts';
import { Passage } from './passage.ts';
import { never, type Process } from './process.ts';
import type { Tally } from './tally.ts';
import type { Trace } from './trace.ts';

/** How the network and the nodes behave. */
export interface NetworkRules {
  /** Milliseconds that a way takes at most, there or back. */
  readonly latency: number;
  /** For how long a request in doubt may still take effect: what the clients are told as `settle`. */
  readonly settle: number;
  /** Milliseconds by which late things may be late; beyond `settle` they are only with `beyondSettle`. */
  readonly late: number;
  /** The probability of each, beyond the faults of the nodes. */
  readonly faults: ReadonlyMap<NetworkFault, number>;
  /** The share of the reads that anything may go wrong with. What has no effect has few ways to go wrong. */
  readonly readFaults: number;
  /** Whether requests may take effect later than `settle`, which no client can notice. */
  readonly beyondSettle: boolean;
}

export interface NetworkParts {
  readonly machine: Machine;
  readonly draws: Draws;
  readonly trace: Trace;
  readonly tally: Tally;
  readonly records: MemoryRecords;
  readonly ledger: Ledger;
  /** A server for each origin. */
  readonly servers: ReadonlyMap<string, GroupApi>;
  readonly plan: FaultPlan | undefined;
  readonly rules: NetworkRules;
}

/** Carries requests of simulated processes to simulated nodes, and answers back; in the order that chance has it. */
export class Network {
  readonly parts: NetworkParts;
  readonly #underWay = new Set<Passage>();
  readonly #troubled = new Map<string, 'down' | 'sick'>();
  #calm = false;

  constructor(parts: NetworkParts) {
    this.parts = parts;
  }

  get calm(): boolean {
    return this.#calm;
  }

  /** From now on nothing goes wrong any more that has not gone wrong yet. */
  calmDown(): void {
    this.#calm = true;
    for (const node of [...this.#troubled.keys()]) this.takeUp(node);
  }

  /** The fetch of one process. */
  fetchOf(process: Process): typeof fetch {
    process.onCrash.push(() => {
      for (const passage of this.#underWay) if (passage.process === process) passage.forsake();
    });
    return async (input, init) => {
      const read = readFetch(input, init);
      const request = read instanceof Promise ? await read : read;
      request.signal?.throwIfAborted();
      if (!process.reach()) return never();
      return this.#send(process, request);
    };
  }

  /** Until it is up again, the node refuses connections, and what it had begun to answer is reset. */
  takeDown(node: string): void {
    const { trace, draws } = this.parts;
    trace.say(`${node} goes down`);
    this.#troubled.set(node, 'down');
    for (const passage of this.#underWay) {
      if (passage.node !== node || !passage.arrived) continue;
      if (draws.chance(0.5)) passage.dropLate();
      passage.reset();
    }
  }

  /** Until it is up again, the node carries nothing out and says so. */
  makeSick(node: string): void {
    this.parts.trace.say(`${node} refuses everything`);
    this.#troubled.set(node, 'sick');
  }

  takeUp(node: string): void {
    if (this.#troubled.delete(node)) this.parts.trace.say(`${node} is up`);
  }

  troubleOf(node: string): 'down' | 'sick' | undefined {
    return this.#troubled.get(node);
  }

  /** Milliseconds that one way takes, there or back. */
  way(): number {
    const { draws, rules } = this.parts;
    return draws.whole(0, this.#calm ? Math.min(1, rules.latency) : rules.latency);
  }

  left(passage: Passage): void {
    this.#underWay.delete(passage);
  }

  #send(process: Process, request: FetchRequest): Promise<Response> {
    const { servers, machine } = this.parts;
    const api = servers.get(request.origin);
    const route = api?.route(request) ?? NO_SUCH_PAGE;
    const direct = (make: () => Response) =>
      new Promise<Response>((resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason), { once: true });
        machine.timeline.after(this.way(), () => {
          if (process.reach()) resolve(make());
        });
      });
    if (api === undefined) return Promise.reject(networkError('fetch failed', 'ENOTFOUND'));
    if (isAnswer(route)) return direct(() => responseOf(route));
    // Only `/stats`, which is asked of no group and never fails.
    if (route.kind === 'stats')
      return direct(() => responseOf(text(200, statsJson(this.parts.records.stats()))));
    if (route.kind === 'read') return this.#pass(process, request, api, route);
    const groupId = api.readId(request.body);
    if (typeof groupId === 'object') return direct(() => responseOf(groupId));
    return this.#pass(process, request, api, { ...route, groupId });
  }

  #pass(process: Process, request: FetchRequest, api: GroupApi, asked: GroupRequest): Promise<Response> {
    return new Promise((resolve, reject) => {
      const passage = new Passage(this, { process, request, api, asked, resolve, reject });
      this.#underWay.add(passage);
      passage.begin();
    });
  }
}
