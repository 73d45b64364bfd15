import { ConnectionError, TimeoutError } from '../core/errors.ts';
import { KubernetesError } from './errors.ts';
import type { LeaseSettings } from './lease-options.ts';
import type { Lease } from './lease-record.ts';

/** The calls a lock makes, each over before the Lease is. */
export interface LeaseApi {
  /** `undefined` where there is none. */
  get(name: string, signal: AbortSignal): Promise<Lease | undefined>;
  create(lease: Lease, signal: AbortSignal): Promise<Lease>;
  /** Only over the version that `lease` was made from. */
  replace(lease: Lease, signal: AbortSignal): Promise<Lease>;
  /** Only this version of it. */
  delete(lease: Lease, signal: AbortSignal): Promise<void>;
}

export function openLeaseApi({ kube, namespace, duration }: LeaseSettings): LeaseApi {
  const attemptTimeout = Math.min(10_000, duration / 3);
  const options = (signal: AbortSignal) => ({ namespace, attemptTimeout, deadline: duration / 2, signal });
  return {
    get: (name, signal) =>
      kube.get('leases', name, options(signal)).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      }),
    create: (lease, signal) => kube.create('leases', lease, options(signal)),
    // The uid stands in its metadata: a PUT that is late makes no new Lease where this one is gone.
    replace: (lease, signal) => kube.replace('leases', lease, options(signal)),
    delete: ({ metadata }, signal) => {
      const { name = '', uid = '', resourceVersion = '' } = metadata ?? {};
      const preconditions = { uid, resourceVersion };
      return kube.delete('leases', name, {
        ...options(signal),
        propagationPolicy: 'Background',
        preconditions,
      });
    },
  };
}

export const isNotFound = (error: unknown): boolean => isReason(error, 'NotFound');

export const isTaken = (error: unknown): boolean => isReason(error, 'AlreadyExists');

const isReason = (error: unknown, reason: string) =>
  error instanceof KubernetesError && error.reason === reason;

/** Whether only a look tells what happened, or the same may come out well later. */
export function isOpen(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true;
  return (
    error instanceof KubernetesError && (error.retryable || error.uncertain || error.reason === 'Conflict')
  );
}
