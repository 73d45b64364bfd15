import { admitPodSpec, qosClass } from '../admission/pod-spec.ts';
import type { Draft, KubeObject, ObjectMeta, OwnerReference, Pod, PodSpec } from '../store/objects.ts';
import type { Dependents } from './dependents.ts';

/** The owner that made a pod and looks after it. */
export const controllerOf = ({ metadata }: Pod): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);

/** The pods that `owner` controls. */
export const podsOf = (dependents: Dependents, { metadata: { uid } }: KubeObject): readonly Pod[] =>
  dependents
    .of(uid)
    .filter(({ resource }) => resource === 'pods')
    .map(({ object }) => object as Pod)
    .filter((pod) => controllerOf(pod)?.uid === uid);

/** How its controller refers to an owner. */
export const controllerReference = (
  apiVersion: string,
  kind: string,
  { name, uid }: ObjectMeta,
): OwnerReference => ({ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true });

/** A pod as a controller first stores it; `spec` is one that was defaulted as a template's. */
export const newPod = (metadata: Draft<Pod>['metadata'], spec: PodSpec): Draft<Pod> => ({
  metadata,
  spec: { ...spec, ...admitPodSpec({ ...spec }) },
  status: { phase: 'Pending', qosClass: qosClass({ ...spec }) },
});

/** Ready pods count as what their owner is to keep. */
export const isReady = ({ status }: Pod) =>
  status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;

export const isEnded = ({ status }: Pod) => status.phase === 'Succeeded' || status.phase === 'Failed';

const isDeleted = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;

export const isActive = (pod: Pod) => !isEnded(pod) && !isDeleted(pod);

/** On its way out, and perhaps still running. */
export const isTerminating = (pod: Pod) => !isEnded(pod) && isDeleted(pod);

export const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;
