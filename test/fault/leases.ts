import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import type { Clock } from '../../src/core/clock.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import type { Kubernetes } from '../../src/kube/kubernetes.ts';
import { leaseLock } from '../../src/kube/lease-lock.ts';
import type { LeaseOptions } from '../../src/kube/lease-options.ts';
import type { Lease } from '../../src/kube/lease-record.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { type GroupNodes, startGroupNodes } from '../../src/testing/group-nodes.ts';
import {
  type MiniKubernetes,
  startMiniKubernetes,
} from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { QUICK } from './scenario.ts';
import { type SteadyClock, steadyClock } from './steady-clock.ts';

/** Milliseconds of the shared clock. */
export const DURATION = 1_000;

export interface FleetSetup {
  readonly steps?: readonly FaultStep[];
  readonly apiFaults?: FaultPlan;
}

/** What one machine of the fleet may have otherwise than the others. */
export interface MachineSetup {
  readonly clock?: Clock;
  /** @default the nodes' */
  readonly urls?: Readonly<Record<string, string>>;
  readonly kube?: (kube: Kubernetes) => Kubernetes;
  readonly fetch?: typeof fetch;
  readonly lease?: LeaseOptions;
  readonly options?: ClusterClientOptions;
}

export interface Fleet extends AsyncDisposable {
  readonly clock: SteadyClock;
  readonly nodes: GroupNodes;
  readonly mini: MiniKubernetes;
  readonly kube: Kubernetes;
  join(setup?: MachineSetup): ClusterClient;
  leases(): Promise<Lease[]>;
}

/** Machines that share three nodes, and a Kubernetes whose Leases keep their operations apart; one clock for all. */
export async function startFleet({ steps = [], apiFaults }: FleetSetup = {}): Promise<Fleet> {
  const clock = steadyClock(8);
  const nodes = await startGroupNodes({ dialect: 'path', faults: FaultPlan.script(steps), clock });
  const mini = await startMiniKubernetes({ clock, faults: apiFaults });
  const open: AsyncDisposable[] = [];
  const connect = (machineClock: Clock = clock) => {
    const { kubeconfig } = mini;
    const kube = connectKubernetes({
      kubeconfig,
      clock: machineClock,
      rateLimit: false,
      retry: { attempts: 3, baseDelay: 10 },
    });
    open.push(kube);
    return kube;
  };
  const kube = connect();
  return {
    clock,
    nodes,
    mini,
    kube,
    join({
      clock: own = clock,
      kube: wrap = (same) => same,
      fetch,
      urls = nodes.urls,
      lease,
      options,
    }: MachineSetup = {}) {
      const lock = leaseLock(wrap(connect(own)), { duration: DURATION, lookEvery: 50, clock: own, ...lease });
      const client = new ClusterClient(urls, {
        ...QUICK,
        clock: own,
        lock,
        ...(fetch === undefined ? {} : { fetch }),
        ...options,
      });
      open.push(client);
      return client;
    },
    async leases() {
      const all: Lease[] = [];
      for await (const lease of kube.list('leases')) all.push(lease);
      return all;
    },
    async [Symbol.asyncDispose]() {
      clock.resume();
      for (const each of open.reverse()) await each[Symbol.asyncDispose]();
      await Promise.all([mini.close(), nodes.close()]);
      clock[Symbol.dispose]();
    },
  };
}
