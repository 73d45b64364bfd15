import type { StoreEvent } from '../store/event-log.ts';
import type { KubeObject, ResourceName } from '../store/objects.ts';
import { apiVersionOf, RESOURCES } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';
import type { ListOptions } from './list-options.ts';

/** Takes what a watch has to say. */
export interface WatchSink {
  /** One line of the answer. */
  line(event: WatchEvent): void;
  /** Nothing follows. */
  end(): void;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: object;
}

/**
 * Tells `sink` what happens to the objects that match, from the version of `options` on, until its time is over.
 * @returns the function that stops it, for when the client is gone; it may be called twice.
 */
export function watchObjects(
  store: Store,
  resource: ResourceName,
  namespace: string | undefined,
  options: ListOptions,
  sink: WatchSink,
): () => void {
  const { version = 0 } = options;
  const isNew = version === 0 || options.sendInitialEvents;
  const missed = isNew ? [] : store.log.since(version);
  if (missed === undefined) {
    sink.line({ type: 'ERROR', object: tooOld(version, store.log.oldest).status });
    sink.end();
    return () => undefined;
  }

  const render = (object: KubeObject) => ({ ...typeOf(resource), ...object });
  const tell = (event: StoreEvent) => {
    if (event.resource !== resource || event.version <= version) return;
    if (namespace !== undefined && event.object.metadata.namespace !== namespace) return;
    const change = changeFor(event, options.matches);
    if (change !== undefined) sink.line({ type: change.type, object: render(change.object) });
  };
  const bookmark = (annotations?: object) => {
    sink.line({ type: 'BOOKMARK', object: bookmarkObject(resource, store.version, annotations) });
  };

  if (isNew) {
    for (const object of store.list(resource, namespace).filter(options.matches)) {
      sink.line({ type: 'ADDED', object: render(object) });
    }
    if (options.sendInitialEvents && options.bookmarks) bookmark(initialEventsEnd(resource));
  }
  for (const event of missed) tell(event);

  const unsubscribe = store.subscribe(tell);
  const stops = [unsubscribe, ...startTimers(store, options, bookmark, () => stop(true))];
  const stop = (ends: boolean) => {
    for (const one of stops) one();
    if (ends) sink.end();
  };
  return () => stop(false);
}

/** What a watch is told of whose version is forgotten: the only line of its answer. */
const tooOld = (version: number, oldest: number): StatusError =>
  new StatusError(410, 'Expired', `too old resource version: ${version} (${oldest})`);

function initialEventsEnd(resource: ResourceName): object {
  const { kind, apiVersion } = typeOf(resource);
  const emptyList = JSON.stringify({ kind: `${kind}List`, apiVersion, metadata: {}, items: null });
  return {
    'k8s.io/initial-events-end': 'true',
    'kubernetes.io/initial-events-list-blueprint': Buffer.from(`${emptyList}\n`).toString('base64'),
  };
}

/** How long a watch lasts that does not say; real ones take half an hour to an hour. */
const DEFAULT_TIMEOUT = 1_800_000;

const BOOKMARK_INTERVAL = 60_000;

/** Before the end a last bookmark is sent, so that the next watch can begin where this one ended. */
const LAST_BOOKMARK_BEFORE_END = 2_000;

const typeOf = (resource: ResourceName) => ({
  kind: RESOURCES[resource].kind,
  apiVersion: apiVersionOf(RESOURCES[resource]),
});

/** An object that loses what it was selected by is deleted as far as this watch goes, and one that gains it new. */
function changeFor(
  { type, object, previous }: StoreEvent,
  matches: ListOptions['matches'],
): { readonly type: StoreEvent['type']; readonly object: KubeObject } | undefined {
  const before = previous !== undefined && matches(previous);
  const after = type !== 'DELETED' && matches(object);
  if (before && after) return { type: 'MODIFIED', object };
  if (after) return { type: 'ADDED', object };
  if (!before || previous === undefined) return undefined;
  if (type === 'DELETED') return { type, object };
  const { resourceVersion } = object.metadata;
  return { type: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion } } };
}

function bookmarkObject(resource: ResourceName, version: number, annotations?: object): object {
  return {
    ...typeOf(resource),
    metadata: {
      resourceVersion: String(version),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...EMPTY_PARTS[resource],
  };
}

/** What an object of nothing but a version shows of the fields that Go always writes. */
const EMPTY_PARTS: { readonly [Name in ResourceName]?: object } = {
  pods: { spec: { containers: null }, status: {} },
  jobs: {
    spec: { template: { metadata: { creationTimestamp: null }, spec: { containers: null } } },
    status: {},
  },
  deployments: {
    spec: {
      selector: null,
      template: { metadata: { creationTimestamp: null }, spec: { containers: null } },
      strategy: {},
    },
    status: {},
  },
  services: { spec: {}, status: { loadBalancer: {} } },
  ingresses: { spec: {}, status: { loadBalancer: {} } },
  persistentvolumeclaims: { spec: { resources: {} }, status: {} },
  roles: { rules: null },
  rolebindings: { roleRef: { apiGroup: '', kind: '', name: '' } },
  namespaces: { spec: {}, status: {} },
  leases: { spec: {} },
};

function startTimers(
  store: Store,
  { timeoutSeconds, bookmarks }: ListOptions,
  bookmark: () => void,
  end: () => void,
): (() => void)[] {
  const lasts =
    timeoutSeconds === undefined || timeoutSeconds <= 0 ? DEFAULT_TIMEOUT : timeoutSeconds * 1_000;
  const deadline = store.clock.monotonic() + lasts;
  let stopBookmark: () => void = () => undefined;
  const planBookmark = () => {
    const untilLast = deadline - LAST_BOOKMARK_BEFORE_END - store.clock.monotonic();
    if (untilLast <= 0) return;
    stopBookmark = store.clock.setTimer(
      () => {
        bookmark();
        if (untilLast > BOOKMARK_INTERVAL) planBookmark();
      },
      Math.min(BOOKMARK_INTERVAL, untilLast),
      { keepsProcessAlive: false },
    );
  };
  if (bookmarks) planBookmark();
  const stopEnd = store.clock.setTimer(end, lasts, { keepsProcessAlive: false });
  return [stopEnd, () => stopBookmark()];
}
