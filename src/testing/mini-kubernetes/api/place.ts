import { randomInt } from 'node:crypto';
import { ConfigError } from '../../../core/errors.ts';
import { admitCreate } from '../admission/admission.ts';
import type { JsonObject } from '../store/json.ts';
import type { Draft, ObjectOf, ResourceName } from '../store/objects.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';

/**
 * Stores an object that did not come by a request, with the same defaults and checks.
 * @throws ConfigError for what a request would be refused for.
 */
export function place<R extends ResourceName>(
  store: Store,
  resource: R,
  namespace: string,
  body: JsonObject,
  change: (object: ObjectOf[R]) => ObjectOf[R] = (object) => object,
): void {
  try {
    const admitted = admitCreate(resource, namespace, body, () => freeAddress(store));
    // What was admitted has the fields of its type but for those that the store gives it.
    store.create(resource, change(admitted as unknown as ObjectOf[R]) as Draft<ObjectOf[R]>);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new ConfigError([{ path: resource, message: error.message }], { cause: error });
  }
}

/** One of the addresses of services that no service has. */
export function freeAddress(store: Store): string {
  const taken = new Set(store.list('services').map(({ spec }) => spec.clusterIP));
  for (;;) {
    const address = `10.96.${randomInt(256)}.${randomInt(1, 255)}`;
    if (!taken.has(address)) return address;
  }
}
