import type { Condition, ContainerState, ContainerStatus, Pod, PodStatus } from '../store/objects.ts';

/** A container as the kubelet knows it. */
export interface ContainerRecord {
  readonly name: string;
  readonly image: string;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
  readonly restartCount: number;
}

export interface PodFacts {
  readonly containers: readonly ContainerRecord[];
  readonly ip: string | undefined;
  /** RFC 3339. */
  readonly startTime: string;
  readonly now: string;
  /** No container will be started again. */
  readonly isOver: boolean;
  /** Why the pod as a whole was ended, where the kubelet did it. */
  readonly reason?: string;
  readonly message?: string;
}

/** A pod's status, as the kubelet of a real cluster writes it. */
export function podStatus(pod: Pod, facts: PodFacts): PodStatus {
  const { ip, startTime, reason, message } = facts;
  const phase = phaseOf(facts);
  return {
    phase,
    conditions: conditionsOf(pod, facts, phase),
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...HOST,
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime,
    containerStatuses: facts.containers.map((record) => containerStatus(pod, record)),
    ...(pod.status.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
  };
}

/** Where every node is. */
const HOST = { hostIP: '127.0.0.1', hostIPs: [{ ip: '127.0.0.1' }] };

function phaseOf({ containers, isOver, reason }: PodFacts): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  if (reason !== undefined) return 'Failed';
  const ended = containers.map(({ state }) => state.terminated);
  if (isOver && !ended.includes(undefined)) {
    return ended.every((each) => each?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  const begun = containers.some(
    ({ state, lastState }) => state.waiting === undefined || lastState.terminated,
  );
  return begun ? 'Running' : 'Pending';
}

function containerStatus({ metadata }: Pod, record: ContainerRecord): ContainerStatus {
  const { name, image, state, lastState, restartCount } = record;
  const running = state.running !== undefined;
  const hasBegun = running || state.terminated !== undefined;
  return {
    name,
    state,
    lastState,
    ready: running,
    restartCount,
    image,
    imageID: hasBegun ? `mini://${image}` : '',
    ...(hasBegun ? { containerID: containerId(metadata.uid, name, restartCount) } : {}),
    started: running,
  };
}

/** Tells one run of a container from the next. */
export const containerId = (podUid: string, container: string, restartCount: number) =>
  `mini://${podUid}/${container}/${restartCount}`;

function conditionsOf(
  pod: Pod,
  { containers, now }: PodFacts,
  phase: PodStatus['phase'],
): readonly Condition[] {
  const unready = containers.filter(({ state }) => state.running === undefined).map(({ name }) => name);
  const completed = phase === 'Succeeded' ? { reason: 'PodCompleted' } : {};
  const ready =
    phase === 'Succeeded' || phase === 'Failed'
      ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
      : unready.length === 0
        ? {}
        : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const hasSandbox = phase === 'Running' || phase === 'Pending';
  const isReady = 'reason' in ready ? 'False' : 'True';
  const wanted: readonly Omit<Condition, 'lastTransitionTime'>[] = [
    { type: 'PodReadyToStartContainers', status: hasSandbox ? 'True' : 'False', lastProbeTime: null },
    { type: 'Initialized', status: 'True', lastProbeTime: null, ...completed },
    { type: 'Ready', status: isReady, lastProbeTime: null, ...ready },
    { type: 'ContainersReady', status: isReady, lastProbeTime: null, ...ready },
    { type: 'PodScheduled', status: 'True', lastProbeTime: null },
  ];
  return wanted.map((condition) => {
    const before = pod.status.conditions?.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : now;
    return { ...condition, lastTransitionTime: since ?? now };
  });
}
