import * as v from 'valibot';
import type { ClusterClient } from '../../cluster/cluster-client.ts';
import type { ClusterClientOptions } from '../../cluster/options.ts';
import type { Clock, Random } from '../../core/clock.ts';
import { ConfigError } from '../../core/errors.ts';
import { callable, count, oneOf, validate } from '../../core/validate.ts';
import { FAULT_KINDS, type FaultRates, probability, ROUNDING, seedSchema } from '../fault-schema.ts';
import type { GroupRecord } from '../group-records.ts';
import { NETWORK_FAULTS, type NetworkFault } from './network-faults.ts';

/** Options of `simulate`. */
export interface SimulationOptions {
  /** A whole number. The same one replays the same run. */
  readonly seed: number;
  /**
   * Your own code. All that it waits for has to be of the context: its `fetch`, its `clock`, its `sleep`. Where it rejects,
   * the run has failed. The options below are for it.
   * @default clients that create, delete and roll back groups side by side, crash and recover, each seed in its own mix
   */
  readonly workload?: ((context: SimulationContext) => Promise<unknown>) | undefined;
  /**
   * Looks at what the nodes hold in the end, when everything has settled and nothing goes wrong any more; throws where that is
   * not as it has to be.
   * @default every group is on all nodes or on none, but for those that an `InconsistentClusterError` of `cluster` has named
   */
  readonly check?: ((records: SimulatedRecords) => void | Promise<void>) | undefined;
  /** How many nodes there are: node01, node02, … @default 3 */
  readonly nodes?: number | undefined;
  /** @default 'path' */
  readonly dialect?: 'path' | 'header' | undefined;
  /**
   * The probability of each kind of fault, together at most 1; `{}` for none.
   * @default some of them, drawn from the seed, together at most 0.3
   */
  readonly faults?: SimulatedFaultRates | undefined;
  /**
   * Options of `cluster`, without those that the simulation gives it. Its `settle` is also for how long any request without
   * an answer may still take effect.
   * @default none
   */
  readonly client?: Omit<ClusterClientOptions, SimulatedPort> | undefined;
}

type SimulatedPort = (typeof PORTS)[number];

/** A node's name to its records, sorted by id. */
export type SimulatedRecords = ReadonlyMap<string, readonly GroupRecord[]>;

/** The faults of the nodes, and those of the network before them. Their timing is drawn from the seed. */
export type SimulatedFaultRates = Omit<FaultRates, 'lateBy' | 'slowBy' | 'retryAfter'> & {
  readonly [K in NetworkFault]?: number;
};

/** What a workload works with. */
export interface SimulationContext {
  /** A client of the nodes. */
  readonly cluster: ClusterClient;
  /** Reaches the nodes by their `urls`, and nothing else. */
  readonly fetch: typeof fetch;
  /** The virtual time of the run. */
  readonly clock: Clock;
  /** Chance that follows from the seed. */
  readonly random: Random;
  /** Resolves after so many milliseconds of virtual time; rejects with the signal's reason when it aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** A node's name to its base url. */
  readonly urls: Readonly<Record<string, string>>;
  /** Milliseconds for which a request that got no answer may still take effect. */
  readonly settle: number;
  /** Adds a line to the trace. */
  readonly log: (line: string) => void;
}

export interface WorkloadSettings {
  readonly seed: number;
  readonly workload: (context: SimulationContext) => Promise<unknown>;
  readonly check: SimulationOptions['check'];
  readonly nodes: number;
  readonly dialect: 'path' | 'header';
  readonly faults: SimulatedFaultRates | undefined;
  readonly client: Omit<ClusterClientOptions, SimulatedPort>;
}

/** @throws ConfigError that names every mistake, but for those in `client`, which `ClusterClient` finds */
export function parseSimulation(
  options: unknown,
): WorkloadSettings | { readonly seed: number; readonly workload?: undefined } {
  const { seed, workload, check, nodes, dialect, faults, client } = validate(schema, options, 'options');
  if (workload === undefined) {
    const given = Object.entries({ check, nodes, dialect, faults, client });
    refuse(
      given.filter(([, value]) => value !== undefined).map(([name]) => name),
      'has no effect without a workload, for then the seed decides; leave it out',
    );
    return { seed };
  }
  refuse(
    PORTS.filter((port) => client !== undefined && port in client).map((port) => `client.${port}`),
    'is what the simulation itself gives to the client; leave it out',
  );
  return {
    seed,
    workload,
    check,
    nodes: nodes ?? 3,
    dialect: dialect ?? 'path',
    faults,
    client: client ?? {},
  };
}

function refuse(names: readonly string[], message: string): void {
  if (names.length > 0) throw new ConfigError(names.map((name) => ({ path: `options.${name}`, message })));
}

const PORTS = ['dialect', 'journal', 'lock', 'transport', 'fetch', 'clock', 'random'] as const;

const sumOf = (rates: object) =>
  Object.values(rates).reduce<number>((sum, rate) => sum + (typeof rate === 'number' ? rate : 0), 0);

const faultRates = v.pipe(
  v.strictObject(
    Object.fromEntries([...FAULT_KINDS, ...NETWORK_FAULTS].map((kind) => [kind, v.optional(probability)])),
  ),
  v.check(
    (rates) => sumOf(rates) <= 1 + ROUNDING,
    ({ input }) => `expected probabilities of at most 1 together, received ${sumOf(input)}`,
  ),
  v.transform((rates) => rates as SimulatedFaultRates),
);

const schema = v.strictObject({
  seed: seedSchema,
  workload: v.optional(callable<(context: SimulationContext) => Promise<unknown>>()),
  check: v.optional(callable<NonNullable<SimulationOptions['check']>>()),
  nodes: v.optional(count(1)),
  dialect: v.optional(oneOf('path', 'header')),
  faults: v.optional(faultRates),
  client: v.optional(
    v.custom<NonNullable<SimulationOptions['client']>>(
      (value) => typeof value === 'object' && value !== null,
      ({ received }) => `expected options of ClusterClient, received ${received}`,
    ),
  ),
});
