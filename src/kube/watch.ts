import { onAbort } from '../core/abort.ts';
import { HoldfastError } from '../core/errors.ts';
import type { Requester } from './requester.ts';
import type { KubernetesResource } from './resources.ts';
import { type KubernetesWatchEvent, WatchBuffer } from './watch-buffer.ts';
import { type Watched, type WatchRequest, WatchSupervisor } from './watch-supervisor.ts';

/** Objects that may wait for a slow consumer before the stream is not read any more. */
const WAITING = 1_000;

/** @see Kubernetes.watch */
export function watchObjects<R extends KubernetesResource>(
  requester: Requester,
  list: () => Promise<WatchRequest<R>>,
  signal: AbortSignal | undefined,
): AsyncIterable<KubernetesWatchEvent<Watched<R>>> {
  return { [Symbol.asyncIterator]: () => iterate(requester, list, signal) };
}

function iterate<R extends KubernetesResource>(
  requester: Requester,
  list: () => Promise<WatchRequest<R>>,
  signal: AbortSignal | undefined,
): AsyncIterator<KubernetesWatchEvent<Watched<R>>, undefined> {
  const buffer = new WatchBuffer<Watched<R>>(WAITING);
  const cancel = new AbortController();
  let work: Promise<void> | undefined;

  const run = async () => {
    // What the caller cut off ends at once; what the API refused ends after what was told before.
    const cut = (reason: unknown) => {
      buffer.clear();
      buffer.end({ error: reason });
      cancel.abort(reason);
    };
    const stops = [signal, requester.closing].map((one) => onAbort(one, cut));
    try {
      cancel.signal.throwIfAborted();
      stops.push(requester.admitWatch());
      await new WatchSupervisor(requester, await list(), buffer, cancel.signal).run();
    } catch (error) {
      buffer.end({ error });
    } finally {
      for (const stop of stops) stop();
    }
  };

  return {
    next: () => {
      work ??= run();
      return buffer.take();
    },
    return: async () => {
      buffer.clear();
      buffer.end({});
      cancel.abort(new HoldfastError('The loop over this watch was left', { code: 'WATCH_LEFT' }));
      await work;
      return { done: true, value: undefined };
    },
  };
}
