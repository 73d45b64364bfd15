import { type Clock, type Random, systemClock, systemRandom } from '../../../core/clock.ts';
import type { FaultPlan } from '../../fault-plan.ts';
import type { Images } from '../kubelet/image.ts';
import { startKubelet } from '../kubelet/kubelet.ts';
import type { PodLogs } from '../kubelet/pod-logs.ts';
import type { Store } from '../store/store.ts';
import { Dependents } from './dependents.ts';
import { startDeploymentController } from './deployment-controller.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobController } from './job-controller.ts';
import { startScheduler } from './scheduler.ts';
import { startTtlController } from './ttl-controller.ts';

export interface ControllersOptions {
  /** What containers do, by the name of their image, with or without its tag. @default none */
  readonly images?: Images;
  /** Names of the nodes that pods are bound to, in turn. @default ['mini-node-1'] */
  readonly nodes?: readonly string[];
  /** Asked once for each pod that starts, with its node, the method `START` and the pod's name. @default no faults */
  readonly faults?: FaultPlan;
  /**
   * Milliseconds until a failed pod of a Job is followed by another, and before a failing container is started for
   * the third time; doubles with each further failure. @default 10_000, as in a real cluster
   */
  readonly retryDelay?: number;
  /** Milliseconds from a change of a pod until its Job's status follows; a real one takes 1000. @default 20 */
  readonly syncDelay?: number;
  /** Milliseconds from any other change until a controller acts on it. @default 0 */
  readonly reactDelay?: number;
  /** Milliseconds from the binding of a pod until its containers run. @default 0 */
  readonly startDelay?: number;
  /** @default the system's */
  readonly clock?: Clock;
  /** Draws where the pods' addresses begin. @default the system's */
  readonly random?: Random;
}

export interface Controllers {
  /** What the containers wrote. */
  readonly logs: PodLogs;
  /** Stops all; containers that run are told to end. May be called twice. */
  close(): Promise<void>;
}

/** The parts of a cluster that act by themselves: scheduler, kubelet, Job and Deployment controllers, TTL, garbage
 * collection. */
export function startControllers(store: Store, options: ControllersOptions = {}): Controllers {
  const { clock = systemClock, random = systemRandom, retryDelay = 10_000, reactDelay = 0 } = options;
  const { images = {}, nodes = ['mini-node-1'], syncDelay = 20, startDelay = 0, faults } = options;
  // Before the controllers that ask it: it has to hear of each change first.
  const dependents = new Dependents(store);
  const common = { store, dependents, clock, reactDelay };
  // The Job controller before the garbage collector: pods of a deleted Job are not to be counted as failed.
  const stops = [
    startJobController({ ...common, syncDelay, retryDelay }),
    startDeploymentController(common),
    startTtlController(common),
    startGarbageCollector(common),
    startScheduler({ ...common, nodes }),
  ];
  const kubelet = startKubelet({
    ...common,
    random,
    images,
    startDelay,
    retryDelay,
    startsTwice: ({ metadata, spec }) =>
      faults?.next({ node: spec.nodeName ?? '', method: 'START', key: metadata.name }) !== undefined,
  });
  return {
    logs: kubelet.logs,
    close: async () => {
      for (const stop of stops) stop();
      kubelet.stop();
      dependents.close();
    },
  };
}
