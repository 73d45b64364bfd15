import type { ClusterClientOptions } from '../../cluster/options.ts';
import { FAULT_KINDS, type FaultRates } from '../fault-schema.ts';
import { type Draws, drawsOf } from './draws.ts';
import type { NetworkRules } from './network.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import type { SimulatedFaultRates } from './simulation-options.ts';

/** One mix of everything that can be chosen, the same for the same seed. */
export interface Scenario {
  readonly dialect: 'path' | 'header';
  readonly nodes: readonly string[];
  readonly groups: readonly [string, ...string[]];
  /** Processes that work on the groups at the same time. */
  readonly processes: number;
  /** What each of them does, one thing after the other. */
  readonly steps: number;
  readonly client: TimedOptions;
  readonly journal: boolean;
  readonly lock: boolean;
  readonly rates: FaultRates;
  readonly network: NetworkRules;
  /** The probability that a write of the journal fails. */
  readonly journalFailing: number;
  /** How often each happens, all in all. */
  readonly troubles: number;
  readonly jumps: number;
  readonly crashes: number;
  readonly losses: number;
  /** Milliseconds within which they happen. */
  readonly span: number;
}

type TimedOptions = ClusterClientOptions & {
  readonly attemptTimeout: number;
  readonly settle: number;
};

/**
 * Swarm testing (Groce et al., 2012): each seed has some kinds of faults and none of the others, which finds more than one
 * mix that has a little of everything.
 */
export function drawScenario(seed: number): Scenario {
  const draws = drawsOf(seed, 'scenario');
  const { whole, chance, one } = draws;
  const processes = one([1, 1, 2, 3]);
  const journal = chance(0.6);
  const attemptTimeout = one([20, 100, 500, 2_000]);
  const settle = one([1, attemptTimeout >> 1, attemptTimeout, 4 * attemptTimeout]);
  const latency = one([0, 1, 5, 20, attemptTimeout >> 1]);
  const troubled = chance(0.9);
  const client: TimedOptions = {
    strategy: one(['parallel', 'parallel', 'sequential']),
    writers: one(['exclusive', 'exclusive', 'shared']),
    attemptTimeout,
    settle,
    deadline: one([4, 20, 100]) * attemptTimeout,
    rollbackDeadline: settle + one([2, 10, 100]) * attemptTimeout,
    retry: { attempts: whole(1, 8), baseDelay: whole(1, 50), maxDelay: 500 },
    rollbackRetry: { attempts: whole(1, 30), baseDelay: whole(1, 50), maxDelay: 500 },
  };
  const { rates, faults } = splitRates(troubled ? drawRates(draws, 0.6) : {}, whole(0, 1));
  return {
    dialect: one(['path', 'header']),
    nodes: Array.from({ length: one([1, 2, 3, 3, 4, 5]) }, (_, index) => `node0${index + 1}`),
    groups: one<readonly [string, ...string[]]>([['a'], ['a', 'b'], ['a', 'b', 'c', 'd']]),
    processes,
    steps: whole(2, 6),
    client,
    journal,
    // Processes without either do not know of each other, and nothing is promised.
    lock: chance(0.25) || (processes > 1 && !journal),
    rates,
    network: {
      latency,
      settle,
      late: attemptTimeout + settle,
      readFaults: one([1, 0.2, 0.2]),
      beyondSettle: chance(0.1),
      faults,
    },
    journalFailing: chance(0.2) ? 0.1 : 0,
    troubles: troubled && chance(0.5) ? whole(1, 6) : 0,
    jumps: chance(0.3) ? whole(1, 4) : 0,
    crashes: journal && chance(0.6) ? whole(1, 4) : 0,
    losses: chance(0.3) ? whole(1, 3) : 0,
    span: 10 * attemptTimeout,
  };
}

/** Rates of some of the kinds, together at most `most`. */
export function drawRates({ chance, random }: Draws, most: number): SimulatedFaultRates {
  const kinds = [...FAULT_KINDS, ...NETWORK_FAULTS].filter(() => chance(0.4));
  const total = random() * most;
  const weights = kinds.map((kind) => [kind, random() * (LATE_KINDS.has(kind) ? 4 : 1)] as const);
  const sum = weights.reduce((all, [, weight]) => all + weight, 0);
  return Object.fromEntries(weights.map(([kind, weight]) => [kind, (weight / sum) * total]));
}

/** What is easily overlooked, and most often overtaken by something else, happens more often. */
const LATE_KINDS: ReadonlySet<string> = new Set([
  'late-commit',
  'late-reset',
  'request-held',
  'gateway-late',
]);

/** Which of the rates are the nodes' and which the network's. */
export function splitRates(
  rates: SimulatedFaultRates,
  retryAfter: number,
): { readonly rates: FaultRates; readonly faults: NetworkRules['faults'] } {
  const pick = <Kind extends keyof SimulatedFaultRates>(kinds: readonly Kind[]) =>
    kinds.flatMap((kind) => (rates[kind] === undefined ? [] : [[kind, rates[kind]] as const]));
  return {
    rates: { ...Object.fromEntries(pick(FAULT_KINDS)), retryAfter },
    faults: new Map(pick(NETWORK_FAULTS)),
  };
}
