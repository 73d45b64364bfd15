import type { KubernetesObject } from '../kube/resources.ts';
import type { SelectedPod } from './pod-source.ts';
import type { ConfigTarget } from './requester-config.ts';

/** What is kept of a pod of the cluster. */
export interface PodRecord {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly ip: string | undefined;
  readonly ended: boolean;
  /** The StatefulSet that is its only owner. */
  readonly statefulSet: string | undefined;
}

export function recordOf({ metadata, status }: KubernetesObject<'pods'>): PodRecord {
  const [first, ...others] = metadata?.ownerReferences ?? [];
  const isOwned =
    first?.kind === 'StatefulSet' &&
    others.every((one) => one.kind === first.kind && one.name === first.name);
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace,
    ip: status?.podIP,
    ended: status?.phase === 'Succeeded' || status?.phase === 'Failed',
    statefulSet: isOwned ? first.name : undefined,
  };
}

/** The pod as a target selects it; the target's service was asked for in the list already. */
export function selectPod(record: PodRecord, target: ConfigTarget): SelectedPod | undefined {
  if (target.statefulSet !== undefined && record.statefulSet !== target.statefulSet) return undefined;
  if (target.namePattern?.foundIn(record.name) === false) return undefined;
  const { name, namespace, ip, ended } = record;
  return { target, name, namespace, ip, ended };
}
