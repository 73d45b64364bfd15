import { once } from 'node:events';
import { type Clock, systemClock } from '../../../../src/core/clock.ts';
import type { FaultPlan } from '../../../../src/testing/fault-plan.ts';
import type { Tokens } from '../../../../src/testing/mini-kubernetes/api/access.ts';
import { createApiServer } from '../../../../src/testing/mini-kubernetes/api/api-server.ts';
import { PodLogs } from '../../../../src/testing/mini-kubernetes/kubelet/pod-logs.ts';
import { isJsonObject, objectAt, stringAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';
import type { Draft, ObjectOf, ResourceName } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import { Store } from '../../../../src/testing/mini-kubernetes/store/store.ts';
import { TimerSet } from '../../../../src/testing/timer-set.ts';
import type { Translation } from '../replay/replayer.ts';

/** The API server alone: nothing happens to its objects but what the test does. */
export async function startApi(
  options: {
    readonly tokens?: Tokens;
    readonly namespaces?: readonly string[];
    readonly clock?: Clock;
    readonly faults?: FaultPlan;
    readonly historyLimit?: number;
  } = {},
) {
  const {
    clock = hurriedClock(20),
    tokens,
    faults,
    namespaces = ['default'],
    historyLimit = 20_000,
  } = options;
  const store = new Store({ clock, historyLimit });
  for (const name of namespaces) store.create('namespaces', { metadata: { name } });
  const later = new TimerSet(clock);
  const server = createApiServer({ store, tokens, faults, logs: new PodLogs(), later });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = objectAt(server.address());
  return {
    store,
    server,
    url: `http://127.0.0.1:${address['port']}`,
    [Symbol.asyncDispose]: async () => {
      later.drop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Time that goes `factor` times as fast. */
const hurriedClock = (factor: number): Clock => ({
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * factor,
  setTimer: (callback, delay, options) => systemClock.setTimer(callback, delay / factor, options),
});

/** Stores objects as they were recorded, which are told of in the translation. */
export function restore(
  store: Store,
  resource: ResourceName,
  translation: Translation,
  objects: readonly unknown[],
): void {
  for (const object of objects) apply(store, resource, translation, { type: 'ADDED', object });
}

/** Does to the store what the lines of a recorded watch say. */
export function applyLines(
  store: Store,
  resource: ResourceName,
  translation: Translation,
  lines: readonly { readonly line: unknown }[],
): void {
  for (const { line } of lines) apply(store, resource, translation, line);
}

function apply(store: Store, resource: ResourceName, translation: Translation, line: unknown): void {
  const { type, object } = objectAt(line);
  if (!isJsonObject(object)) throw new TypeError('a line without an object');
  const { kind: _, apiVersion: __, metadata, ...rest } = object;
  const { resourceVersion, creationTimestamp: ___, ...meta } = objectAt(metadata);
  const draft = { ...rest, metadata: meta } as unknown as Draft<ObjectOf[ResourceName]>;
  const name = stringAt(meta['name']);
  const namespace = stringAt(meta['namespace']);
  switch (type) {
    case 'ADDED':
      store.create(resource, draft);
      break;
    case 'MODIFIED':
      store.update(resource, draft);
      break;
    case 'DELETED':
      store.remove(resource, namespace, name);
      break;
    default:
      throw new TypeError(`a line that is no change: ${String(type)}`);
  }
  translation.set(stringAt(resourceVersion), String(store.version));
}
