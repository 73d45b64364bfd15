import type { Clock } from '../../../core/clock.ts';
import type { Condition, KubeObject, Pod, PodSpec } from '../store/objects.ts';
import type { Store } from '../store/store.ts';
import { timestamp } from '../store/time.ts';
import { WorkQueue } from './work-queue.ts';

export interface SchedulerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Names of the nodes; pods go to each in turn. */
  readonly nodes: readonly string[];
  /** Milliseconds from a pod's creation until it is bound. */
  readonly reactDelay: number;
}

/** Binds pods to nodes. @returns the function that stops it. */
export function startScheduler({ store, clock, nodes, reactDelay }: SchedulerOptions): () => void {
  let turn = 0;

  const bind = (pod: Pod) => {
    const fitting = nodes.filter((node) => fits(pod.spec, node));
    const node = fitting[turn % fitting.length];
    turn += 1;
    const now = timestamp(clock.now());
    const scheduled: Condition = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: now,
    };
    if (node !== undefined) {
      const spec = { ...pod.spec, nodeName: node };
      store.update('pods', { ...pod, spec, status: { ...pod.status, conditions: [scheduled] } });
    } else if (pod.status.conditions === undefined) {
      const condition: Condition = {
        ...scheduled,
        status: 'False',
        reason: 'Unschedulable',
        message: unschedulable(nodes.length),
      };
      store.update('pods', { ...pod, status: { ...pod.status, conditions: [condition] } });
    }
  };

  const queue = new WorkQueue(clock, (key) => {
    const [namespace = '', name = ''] = key.split('/');
    const pod = store.get('pods', namespace, name);
    if (pod !== undefined && isToBind(pod)) bind(pod);
  });
  const look = (object: KubeObject) => {
    if (isToBind(object as Pod))
      queue.add(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, reactDelay);
  };
  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource === 'pods' && type === 'ADDED') look(object);
  });
  for (const pod of store.list('pods')) look(pod);
  return () => {
    unsubscribe();
    queue.close();
  };
}

const isToBind = ({ metadata, spec, status }: Pod) =>
  spec.nodeName === undefined && metadata.deletionTimestamp === undefined && status.phase === 'Pending';

/** Nodes have one label here, their name. */
function fits(spec: PodSpec, node: string): boolean {
  const { nodeSelector = {} } = spec as PodSpec & {
    readonly nodeSelector?: Readonly<Record<string, string>>;
  };
  return Object.entries(nodeSelector).every(
    ([key, value]) => key === 'kubernetes.io/hostname' && value === node,
  );
}

const unschedulable = (count: number) =>
  `0/${count} nodes are available: ${count} node(s) didn't match Pod's node affinity/selector. preemption: ` +
  `0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
