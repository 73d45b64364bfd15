import type { Clock } from '../../../core/clock.ts';
import { deleteObject, FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '../store/deletion.ts';
import type { KubeObject, OwnerReference, ResourceName } from '../store/objects.ts';
import { apiVersionOf, RESOURCES } from '../store/resources.ts';
import type { Store } from '../store/store.ts';
import type { Dependent, Dependents } from './dependents.ts';
import { WorkQueue } from './work-queue.ts';

export interface GarbageCollectorOptions {
  readonly store: Store;
  readonly dependents: Dependents;
  readonly clock: Clock;
  /** Milliseconds from a change of an owner until its dependents follow. */
  readonly reactDelay: number;
}

/**
 * Deletes what no owner is left of, and ends deletions with the policies Foreground (dependents first) and Orphan
 * (dependents lose the reference). An owner of a kind that this server does not store is taken to be there.
 * @returns the function that stops it.
 */
export function startGarbageCollector(options: GarbageCollectorOptions): () => void {
  const { store, dependents, clock, reactDelay } = options;

  const collect = ({ resource, object }: Dependent) => {
    const { namespace = '', name, uid, ownerReferences = [] } = object.metadata;
    const current = store.get(resource, namespace, name);
    if (current?.metadata.uid !== uid || isGoing(current)) return;
    const left = ownerReferences.filter((owner) => ownerIsThere(store, namespace, owner));
    if (left.length === ownerReferences.length) return;
    if (left.length > 0) return setOwners(store, resource, current, left);
    deleteObject(store, resource, namespace, name, {
      propagationPolicy: 'Background',
      preconditions: { uid },
    });
  };

  const ownerQueue = new WorkQueue(clock, (key) => {
    const [uid = '', resource = '', namespace = '', name = ''] = key.split('/');
    const owner = store.get(resource as ResourceName, namespace, name);
    if (owner?.metadata.uid !== uid) {
      for (const dependent of dependents.of(uid)) collect(dependent);
    } else if (hasFinalizer(owner, ORPHAN_FINALIZER)) {
      orphan(options, resource as ResourceName, owner);
    } else if (hasFinalizer(owner, FOREGROUND_FINALIZER)) {
      deleteBefore(options, resource as ResourceName, owner);
    }
  });
  const dependentQueue = new WorkQueue(clock, (key) => {
    const [resource = '', namespace = '', name = ''] = key.split('/');
    const object = store.get(resource as ResourceName, namespace, name);
    if (object !== undefined) collect({ resource: resource as ResourceName, object });
  });

  const keyOf = (resource: ResourceName, { metadata }: KubeObject) =>
    `${metadata.uid}/${resource}/${metadata.namespace ?? ''}/${metadata.name}`;

  const onDependentGone = ({ metadata }: KubeObject) => {
    for (const owner of metadata.ownerReferences ?? []) {
      const resource = resourceOf(owner);
      const object = resource && store.get(resource, metadata.namespace ?? '', owner.name);
      if (resource !== undefined && object !== undefined && isGoing(object)) {
        ownerQueue.add(keyOf(resource, object), reactDelay);
      }
    }
  };

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    const { metadata } = object;
    if (type === 'DELETED') {
      if (dependents.of(metadata.uid).length > 0) ownerQueue.add(keyOf(resource, object), reactDelay);
      onDependentGone(object);
    } else if (isGoing(object)) {
      ownerQueue.add(keyOf(resource, object), reactDelay);
    }
    if (
      type === 'ADDED' &&
      metadata.ownerReferences?.some((owner) => !ownerIsThere(store, metadata.namespace ?? '', owner))
    ) {
      dependentQueue.add(`${resource}/${metadata.namespace ?? ''}/${metadata.name}`, reactDelay);
    }
  });
  return () => {
    unsubscribe();
    ownerQueue.close();
    dependentQueue.close();
  };
}

function orphan(
  { store, dependents }: GarbageCollectorOptions,
  resource: ResourceName,
  owner: KubeObject,
): void {
  for (const dependent of dependents.of(owner.metadata.uid)) {
    const { ownerReferences = [] } = dependent.object.metadata;
    const others = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid);
    setOwners(store, dependent.resource, dependent.object, others);
  }
  release(store, resource, owner, ORPHAN_FINALIZER);
}

function deleteBefore(options: GarbageCollectorOptions, resource: ResourceName, owner: KubeObject): void {
  const { store, dependents } = options;
  const { uid } = owner.metadata;
  for (const { resource: kind, object } of dependents.of(uid)) {
    const { namespace = '', name, ownerReferences = [] } = object.metadata;
    if (
      isGoing(object) ||
      ownerReferences.some((other) => other.uid !== uid && ownerIsThere(store, namespace, other))
    ) {
      continue;
    }
    deleteObject(store, kind, namespace, name, { propagationPolicy: 'Background' });
  }
  const blocks = ({ object }: Dependent) =>
    object.metadata.ownerReferences?.some((each) => each.uid === uid && each.blockOwnerDeletion) ?? false;
  if (!dependents.of(uid).some(blocks)) release(store, resource, owner, FOREGROUND_FINALIZER);
}

/** Takes a finalizer off; the last one lets the object go. */
function release(store: Store, resource: ResourceName, { metadata }: KubeObject, finalizer: string): void {
  const current = store.get(resource, metadata.namespace ?? '', metadata.name);
  if (current?.metadata.uid !== metadata.uid) return;
  const { finalizers = [], ...rest } = current.metadata;
  const left = finalizers.filter((each) => each !== finalizer);
  store.update(resource, { ...current, metadata: left.length === 0 ? rest : { ...rest, finalizers: left } });
}

function setOwners(
  store: Store,
  resource: ResourceName,
  object: KubeObject,
  ownerReferences: readonly OwnerReference[],
): void {
  const { ownerReferences: _, ...rest } = object.metadata;
  const metadata = ownerReferences.length === 0 ? rest : { ...rest, ownerReferences };
  store.update(resource, { ...object, metadata });
}

function ownerIsThere(store: Store, namespace: string, owner: OwnerReference): boolean {
  const resource = resourceOf(owner);
  return resource === undefined || store.get(resource, namespace, owner.name)?.metadata.uid === owner.uid;
}

function resourceOf({ kind, apiVersion }: OwnerReference): ResourceName | undefined {
  return Object.values(RESOURCES).find((each) => each.kind === kind && apiVersionOf(each) === apiVersion)
    ?.name;
}

const isGoing = ({ metadata }: KubeObject) => metadata.deletionTimestamp !== undefined;

const hasFinalizer = ({ metadata }: KubeObject, finalizer: string) =>
  isGoing({ metadata }) && (metadata.finalizers?.includes(finalizer) ?? false);
