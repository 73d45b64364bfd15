import type { KubernetesObject } from '../kube/resources.ts';
import type { KubernetesWatchEvent } from '../kube/watch-buffer.ts';
import { type ClusterPlace, freshLists, given, type PodLists, untilAborted } from './pod-lists.ts';
import { type PodRecord, recordOf } from './pod-record.ts';
import { selectorOf } from './service-selector.ts';

/** What a watch keeps up to date, sorted by name. */
interface Kept<Value> {
  /** Once what was there in the beginning is known. @throws what ended the watch */
  read(): Promise<readonly Value[]>;
  close(): Promise<void>;
}

/** Services and pods as watches keep them, one for each service and each selector that was asked for. */
export function watchedLists({ kube, namespace }: ClusterPlace): PodLists {
  let closed = false;
  const services = new Map<string, Kept<KubernetesObject<'services'>>>();
  const pods = new Map<string | undefined, Kept<PodRecord>>();
  return {
    async selector(name, signal) {
      if (closed) return freshLists({ kube, namespace }).selector(name, signal);
      const fieldSelector = `metadata.name=${name}`;
      const events = () => kube.watch('services', given({ namespace, fieldSelector }));
      const watch = kept(services, name, events, (service: KubernetesObject<'services'>) => service);
      const [service] = await untilAborted(watch.read(), signal);
      if (service !== undefined) return selectorOf(service);
      // Whoever asks for names that are none must not leave connections behind.
      if (services.get(name) === watch) services.delete(name);
      await watch.close();
      // The API says better than an empty list that there is none.
      return selectorOf(await kube.get('services', name, given({ namespace, signal })));
    },
    async *pods(labelSelector, signal) {
      if (closed) return yield* freshLists({ kube, namespace }).pods(labelSelector, signal);
      const events = () => kube.watch('pods', given({ namespace, labelSelector }));
      yield* await untilAborted(kept(pods, labelSelector, events, recordOf).read(), signal);
    },
    async close() {
      // A select that goes on reads without watches from here, for nobody would end them.
      closed = true;
      const open = [...services.values(), ...pods.values()];
      services.clear();
      pods.clear();
      await Promise.all(open.map((one) => one.close()));
    },
  };
}

type Watched = KubernetesObject<'pods'> | KubernetesObject<'services'>;
type Events<Item> = AsyncIterable<KubernetesWatchEvent<Item>>;

function kept<Key, Item extends Watched, Value>(
  all: Map<Key, Kept<Value>>,
  key: Key,
  events: () => Events<Item>,
  keep: (object: Item) => Value,
): Kept<Value> {
  const before = all.get(key);
  if (before !== undefined) return before;
  const one = follow(events(), keep, () => {
    if (all.get(key) === one) all.delete(key);
  });
  all.set(key, one);
  return one;
}

function follow<Item extends Watched, Value>(
  events: Events<Item>,
  keep: (object: Item) => Value,
  onEnd: () => void,
): Kept<Value> {
  const values = new Map<string, Value>();
  let sorted: readonly Value[] | undefined;
  const synced = Promise.withResolvers<void>();
  // Whoever reads is told; where nobody does, nobody misses it.
  synced.promise.catch(() => undefined);
  const iterator = events[Symbol.asyncIterator]();

  const work = async () => {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      const event = next.value;
      if (event.type === 'synced') synced.resolve();
      else {
        const name = event.object.metadata?.name ?? '';
        if (event.type === 'deleted') values.delete(name);
        else values.set(name, keep(event.object));
        sorted = undefined;
      }
    }
  };
  const ended = work().then(
    () => synced.reject(new Error('the watch was closed')),
    (error: unknown) => synced.reject(error),
  );
  void ended.then(onEnd);

  return {
    async read() {
      await synced.promise;
      sorted ??= [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
      return sorted;
    },
    close: async () => {
      await iterator.return?.();
      await ended;
    },
  };
}
