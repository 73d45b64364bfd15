import { onAbort } from '../core/abort.ts';
import type { Kubernetes } from '../kube/kubernetes.ts';
import { type PodRecord, recordOf } from './pod-record.ts';
import { selectorOf } from './service-selector.ts';

/** Where services and pods are read from: the cluster, or what was read before. */
export interface PodLists {
  /** The label selector of a service. */
  selector(service: string, signal: AbortSignal | undefined): Promise<string>;
  /** The pods of a label selector; without one, all of the namespace. As the API lists them: by name. */
  pods(selector: string | undefined, signal: AbortSignal | undefined): AsyncIterable<PodRecord>;
  /** Ends what keeps itself up to date. */
  close(): Promise<void>;
}

export interface ClusterPlace {
  readonly kube: Kubernetes;
  readonly namespace: string | undefined;
}

/** Each service and each list is read once, as far as it is taken. */
export function freshLists(place: ClusterPlace): PodLists {
  const selectors = new Map<string, Promise<string>>();
  const lists = new Map<string | undefined, readonly PodRecord[]>();
  return {
    selector: (service, signal) => once(selectors, service, () => readSelector(place, service, signal)),
    async *pods(selector, signal) {
      const known = lists.get(selector);
      if (known !== undefined) return yield* known;
      const records: PodRecord[] = [];
      for await (const record of listRecords(place, selector, signal)) {
        records.push(record);
        yield record;
      }
      lists.set(selector, records);
    },
    close: async () => undefined,
  };
}

/** Each service and each list is read once, whole, for all who ask. What failed is read again. */
export function cachedLists(place: ClusterPlace): PodLists {
  const selectors = new Map<string, Promise<string>>();
  const lists = new Map<string | undefined, Promise<readonly PodRecord[]>>();
  // The others that wait for it must not be cut by one who gives up: no signal is passed on.
  return {
    selector: (service, signal) =>
      untilAborted(
        once(selectors, service, () => readSelector(place, service, undefined)),
        signal,
      ),
    async *pods(selector, signal) {
      const list = once(lists, selector, () => readRecords(place, selector));
      yield* await untilAborted(list, signal);
    },
    close: async () => undefined,
  };
}

/** Settles as the promise does; rejects with the signal's reason at once when it aborts. */
export function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const off = onAbort(signal, reject);
    promise.finally(off).then(resolve, reject);
  });
}

async function readSelector(
  { kube, namespace }: ClusterPlace,
  service: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  return selectorOf(await kube.get('services', service, given({ namespace, signal })));
}

async function readRecords(place: ClusterPlace, selector: string | undefined): Promise<PodRecord[]> {
  const records: PodRecord[] = [];
  for await (const record of listRecords(place, selector, undefined)) records.push(record);
  return records;
}

async function* listRecords(
  { kube, namespace }: ClusterPlace,
  labelSelector: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<PodRecord, void, undefined> {
  const pods = kube.list('pods', given({ namespace, labelSelector, signal }));
  for await (const pod of pods) yield recordOf(pod);
}

/** Makes it at most once at a time; what rejects is forgotten. */
function once<Key, Value>(
  made: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const before = made.get(key);
  if (before !== undefined) return before;
  const promise = make();
  made.set(key, promise);
  promise.catch(() => {
    if (made.get(key) === promise) made.delete(key);
  });
  return promise;
}

/** Without what is undefined. */
export const given = <Options extends object>(options: Options) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    readonly [Key in keyof Options]?: Exclude<Options[Key], undefined>;
  };
