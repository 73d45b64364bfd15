import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type GroupNodes, startGroupNodes } from '../../src/testing/group-nodes.ts';
import { QUICK } from './scenario.ts';
import { type SteadyClock, steadyClock } from './steady-clock.ts';
import { type Arrival, type FetchHooks, watchedFetch, watchedPlan } from './watched.ts';

export interface ClusterSetup {
  readonly dialect: 'path' | 'header';
  readonly steps?: readonly FaultStep[];
  readonly options?: ClusterClientOptions;
  /** Hears of every request right before a node carries it out. */
  readonly onArrival?: (arrival: Arrival, cluster: Cluster) => void;
  readonly onSend?: (sent: Parameters<NonNullable<FetchHooks['before']>>[0], cluster: Cluster) => void;
  readonly onDone?: FetchHooks['after'];
}

export interface Cluster extends AsyncDisposable {
  readonly dialect: ClusterSetup['dialect'];
  readonly clock: SteadyClock;
  readonly nodes: GroupNodes;
  readonly client: ClusterClient;
  /** Everything that reached a node, as `POST node01`, in the order of arrival. */
  readonly arrivals: readonly string[];
  /** One more client of the same nodes. */
  connect(options?: ClusterClientOptions): ClusterClient;
}

/** Three nodes that fail by the letter, a client with quick settings, and one clock for all of them. */
export async function startCluster(setup: ClusterSetup): Promise<Cluster> {
  const { dialect, steps = [], options, onArrival, onSend, onDone } = setup;
  const clock = steadyClock();
  const arrivals: string[] = [];
  const faults = watchedPlan(FaultPlan.script(steps), (arrival) => {
    arrivals.push(`${arrival.method} ${arrival.node}`);
    onArrival?.(arrival, cluster);
  });
  const nodes = await startGroupNodes({ dialect, faults, clock });
  const clients: ClusterClient[] = [];
  const fetch = watchedFetch(nodes.urls, {
    before: (sent) => onSend?.(sent, cluster),
    ...(onDone === undefined ? {} : { after: onDone }),
  });
  const connect = (more?: ClusterClientOptions) => {
    const client = new ClusterClient(nodes.urls, { ...QUICK, dialect, clock, fetch, ...options, ...more });
    clients.push(client);
    return client;
  };
  const cluster: Cluster = {
    dialect,
    clock,
    nodes,
    client: connect(),
    arrivals,
    connect,
    async [Symbol.asyncDispose]() {
      clock.resume();
      await Promise.all(clients.map((client) => client.close()));
      await nodes.close();
      clock[Symbol.dispose]();
    },
  };
  return cluster;
}

/** The writes among the arrivals. */
export const writesOf = ({ arrivals }: Cluster): string[] =>
  arrivals.filter((arrival) => !arrival.startsWith('GET'));

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it resolved');
}
