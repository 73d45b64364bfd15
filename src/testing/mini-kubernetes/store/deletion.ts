import type { KubeObject, ObjectMeta, ResourceName } from './objects.ts';
import { notFound } from './refusals.ts';
import { qualifiedKind, RESOURCES } from './resources.ts';
import { StatusError } from './status-error.ts';
import type { Store } from './store.ts';
import { timestamp } from './time.ts';

export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan';

export interface DeleteOptions {
  /** @default Orphan for Jobs, Background for all else */
  readonly propagationPolicy?: PropagationPolicy | undefined;
  /** Pods only. @default what the pod's spec says; 0 where it is on no node or has ended */
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  /** Only says what would come of it. */
  readonly dryRun?: boolean;
}

export interface Deletion {
  /** Whether it is gone now, or stays until finalizers or the kubelet let it go. */
  readonly gone: boolean;
  /** As it was last, with all that its deletion changed. */
  readonly object: KubeObject;
}

/**
 * Deletes as a DELETE request does: at once, or by a deletionTimestamp where finalizers, a propagation policy or a
 * pod's grace period ask for it.
 * @throws StatusError 404; 409 where a precondition fails.
 */
export function deleteObject(
  store: Store,
  resource: ResourceName,
  namespace: string,
  name: string,
  options: DeleteOptions = {},
): Deletion {
  const existing = store.get(resource, namespace, name);
  if (existing === undefined) throw notFound(RESOURCES[resource], name);
  checkPreconditions(resource, existing, options.preconditions);

  const finalizers = finalizersFor(existing, options.propagationPolicy ?? defaultPolicy(resource));
  const grace = resource === 'pods' ? podGrace(store, namespace, name, options) : undefined;
  const gone = finalizers.length === 0 && (grace ?? 0) === 0;
  const metadata = withDeletion(existing.metadata, finalizers, grace ?? 0, store.clock.now());
  if (options.dryRun === true) return { gone, object: { ...existing, metadata } };
  // A pod is marked before it goes, even where it goes at once: a watch sees both.
  const isMarked = !gone || grace !== undefined;
  const marked = isMarked ? store.update(resource, { ...existing, metadata }) : existing;
  return { gone, object: (gone && store.remove(resource, namespace, name)) || marked };
}

/** Jobs made through batch/v1 leave their pods behind unless told otherwise. */
const defaultPolicy = (resource: ResourceName): PropagationPolicy =>
  resource === 'jobs' ? 'Orphan' : 'Background';

export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

function finalizersFor({ metadata }: KubeObject, policy: PropagationPolicy): readonly string[] {
  const own = (metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== FOREGROUND_FINALIZER && finalizer !== ORPHAN_FINALIZER,
  );
  if (policy === 'Foreground') return [...own, FOREGROUND_FINALIZER];
  return policy === 'Orphan' ? [...own, ORPHAN_FINALIZER] : own;
}

function podGrace(store: Store, namespace: string, name: string, options: DeleteOptions): number {
  const pod = store.get('pods', namespace, name);
  const ended = pod?.status.phase === 'Succeeded' || pod?.status.phase === 'Failed';
  if (pod?.spec.nodeName === undefined || ended) return 0;
  const grace = options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  return grace < 0 ? 1 : grace;
}

function withDeletion(
  metadata: ObjectMeta,
  finalizers: readonly string[],
  grace: number,
  now: number,
): ObjectMeta {
  const { finalizers: _, ...rest } = metadata;
  const held = finalizers.length > 0 ? { finalizers } : {};
  // A second delete changes nothing but a grace period, and that one only downwards.
  if (metadata.deletionTimestamp !== undefined && grace >= (metadata.deletionGracePeriodSeconds ?? 0)) {
    return { ...rest, ...held };
  }
  return {
    ...rest,
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
    deletionTimestamp: timestamp(now + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...held,
  };
}

function checkPreconditions(
  resource: ResourceName,
  { metadata }: KubeObject,
  preconditions: DeleteOptions['preconditions'],
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    throw failed(
      resource,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw failed(
      resource,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** Unlike other conflicts this one names the kind. */
function failed(resourceName: ResourceName, name: string, why: string): StatusError {
  const resource = RESOURCES[resourceName];
  const group = resource.group === '' ? {} : { group: resource.group };
  const message = `Operation cannot be fulfilled on ${qualifiedKind(resource)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, { name, ...group, kind: resource.kind });
}
