import type { Condition, Deployment, DeploymentStatus, Pod } from '../store/objects.ts';
import { isActive, isReady, isTerminating } from './controlled-pods.ts';

export interface DeploymentView {
  readonly deployment: Deployment;
  /** All that it controls. */
  readonly pods: readonly Pod[];
  /** Whether a pod is of the template that the Deployment has now. */
  readonly isCurrent: (pod: Pod) => boolean;
  /** RFC 3339. */
  readonly now: string;
}

/** What the controller does next. */
export interface DeploymentPlan {
  /** How many pods of the template come. */
  readonly create: number;
  readonly remove: readonly Pod[];
  /** Of the pods as they are now. */
  readonly status: DeploymentStatus;
}

/** One turn of a Deployment controller that keeps its pods without a ReplicaSet between them. */
export function planDeployment(view: DeploymentView): DeploymentPlan {
  const { deployment, pods, isCurrent } = view;
  const { replicas = 1, strategy } = deployment.spec;
  const active = pods.filter(isActive);
  const current = active.filter(isCurrent);
  const old = active.filter((pod) => !isCurrent(pod));
  const missing = Math.max(0, replicas - current.length);
  const surplus = leastUseful(current).slice(0, Math.max(0, current.length - replicas));
  const status = statusOf(view, active, current);
  if (strategy?.type === 'Recreate') {
    const mayCome = old.length === 0 && !pods.some((pod) => isTerminating(pod) && !isCurrent(pod));
    return { create: mayCome ? missing : 0, remove: [...surplus, ...old], status };
  }
  const { surge, unavailable } = limitsOf(deployment, replicas);
  const unready = current.filter((pod) => !isReady(pod)).length;
  // Those that are not ready may all go: they are missed by nobody.
  const mayGo = Math.max(0, active.length - (replicas - unavailable) - unready);
  return {
    create: Math.max(0, Math.min(missing, replicas + surge - active.length)),
    remove: [...surplus, ...leastUseful(old).slice(0, mayGo)],
    status,
  };
}

/** Those that are not ready first, then the youngest. */
const leastUseful = (pods: readonly Pod[]) =>
  [...pods].sort(
    (one, other) => Number(isReady(one)) - Number(isReady(other)) || bornAt(other) - bornAt(one),
  );

const bornAt = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp);

function limitsOf({ spec: { strategy } }: Deployment, replicas: number) {
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = Math.ceil(amountOf(maxSurge, replicas));
  const unavailable = Math.floor(amountOf(maxUnavailable, replicas));
  // Shares that both come to nothing would let nothing happen.
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

const amountOf = (amount: number | string, replicas: number) =>
  typeof amount === 'number' ? amount : (Number.parseInt(amount, 10) * replicas) / 100;

function statusOf(
  { deployment, now }: DeploymentView,
  active: readonly Pod[],
  current: readonly Pod[],
): DeploymentStatus {
  const { metadata, spec, status } = deployment;
  const { replicas = 1 } = spec;
  const ready = active.filter(isReady).length;
  const isAvailable = ready >= replicas - limitsOf(deployment, replicas).unavailable;
  const before = status.conditions?.find(({ type }) => type === 'Available');
  const word = isAvailable ? 'True' : 'False';
  const available: Condition = {
    type: 'Available',
    status: word,
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.`,
    lastTransitionTime: (before?.status === word ? before.lastTransitionTime : now) ?? now,
  };
  return {
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    ...counted('replicas', active.length),
    ...counted('updatedReplicas', current.length),
    ...counted('readyReplicas', ready),
    ...counted('availableReplicas', ready),
    ...counted('unavailableReplicas', Math.max(0, replicas - ready)),
    conditions: [available],
  };
}

/** Go leaves out what is 0. */
const counted = <Name extends keyof DeploymentStatus>(name: Name, count: number) =>
  (count === 0 ? {} : { [name]: count }) as { readonly [N in Name]?: number };
