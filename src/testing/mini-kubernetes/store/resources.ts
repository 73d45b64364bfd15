import type { ResourceName } from './objects.ts';

export interface Resource {
  readonly name: ResourceName;
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
}

/** Every resource by its plural name. */
export const RESOURCES: { readonly [Name in ResourceName]: Resource } = {
  pods: core('pods', 'Pod'),
  services: core('services', 'Service'),
  secrets: core('secrets', 'Secret'),
  configmaps: core('configmaps', 'ConfigMap'),
  serviceaccounts: core('serviceaccounts', 'ServiceAccount'),
  persistentvolumeclaims: core('persistentvolumeclaims', 'PersistentVolumeClaim'),
  namespaces: { ...core('namespaces', 'Namespace'), namespaced: false },
  deployments: inGroup('apps', 'deployments', 'Deployment'),
  jobs: inGroup('batch', 'jobs', 'Job'),
  leases: inGroup('coordination.k8s.io', 'leases', 'Lease'),
  ingresses: inGroup('networking.k8s.io', 'ingresses', 'Ingress'),
  roles: inGroup('rbac.authorization.k8s.io', 'roles', 'Role'),
  rolebindings: inGroup('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding'),
};

export const isResourceName = (name: string): name is ResourceName => Object.hasOwn(RESOURCES, name);

export const apiVersionOf = ({ group, version }: Resource): string =>
  group === '' ? version : `${group}/${version}`;

/** `jobs.batch`, `pods`: what messages about an object call its resource. */
export const qualifiedName = ({ name, group }: Resource): string =>
  group === '' ? name : `${name}.${group}`;

/** `Job.batch`, `Pod`: what messages about validation call it. */
export const qualifiedKind = ({ kind, group }: Resource): string =>
  group === '' ? kind : `${kind}.${group}`;

function core(name: ResourceName, kind: string): Resource {
  return inGroup('', name, kind);
}

function inGroup(group: string, name: ResourceName, kind: string): Resource {
  return { name, kind, group, version: 'v1', namespaced: true };
}

/** A stored object as it is answered by itself: with its kind and apiVersion, which the items of lists lack. */
export const renderObject = (resource: Resource, object: object): object => ({
  kind: resource.kind,
  apiVersion: apiVersionOf(resource),
  ...object,
});
