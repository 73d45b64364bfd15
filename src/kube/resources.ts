import type { V1ConfigMap, V1Job, V1Lease, V1Pod, V1Secret, V1Service } from '@kubernetes/client-node';

/**
 * What this library works with, by the name that stands in the API's paths.
 *
 * @useDeclaredType
 */
export type KubernetesResource = keyof Objects;

/**
 * The object of a resource: `V1Pod`, `V1Job` and so on of `@kubernetes/client-node`, but as the API writes it, where times are
 * texts.
 */
export type KubernetesObject<R extends KubernetesResource> = Objects[R];

interface Objects {
  pods: Wire<V1Pod>;
  services: Wire<V1Service>;
  jobs: Wire<V1Job>;
  secrets: Wire<V1Secret>;
  configmaps: Wire<V1ConfigMap>;
  leases: Wire<V1Lease>;
}

/** A type of the client as its JSON is: the client itself makes Date objects of times. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T;

interface ResourceInfo {
  readonly apiVersion: string;
  readonly kind: string;
  /** Where it begins: `/api/v1`, `/apis/batch/v1`. */
  readonly root: string;
}

const core = { apiVersion: 'v1', root: '/api/v1' };

export const RESOURCES: Readonly<Record<KubernetesResource, ResourceInfo>> = {
  pods: { ...core, kind: 'Pod' },
  services: { ...core, kind: 'Service' },
  secrets: { ...core, kind: 'Secret' },
  configmaps: { ...core, kind: 'ConfigMap' },
  jobs: { apiVersion: 'batch/v1', root: '/apis/batch/v1', kind: 'Job' },
  leases: { apiVersion: 'coordination.k8s.io/v1', root: '/apis/coordination.k8s.io/v1', kind: 'Lease' },
};

/** The path of all objects of a resource, in one namespace or in all of them. */
export function collectionPath(resource: KubernetesResource, namespace: string | undefined): string {
  const { root } = RESOURCES[resource];
  return namespace === undefined ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`;
}
