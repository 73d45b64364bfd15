import { onAbort } from '../core/abort.ts';
import type { WatchedObject } from './watch-lines.ts';

/** What a watch tells. */
export type KubernetesWatchEvent<O> =
  | {
      /** What happened to the object. */
      readonly type: 'added' | 'modified' | 'deleted';
      /** As it is now; for a deletion the last state known. */
      readonly object: O;
    }
  | {
      /** Everything that was there in the beginning has been told. Comes once. */
      readonly type: 'synced';
    };

interface Asked<O> {
  resolve(result: IteratorResult<KubernetesWatchEvent<O>, undefined>): void;
  reject(error: unknown): void;
}

const ENDED: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * What was not taken yet. Of each object only the newest state is kept, and never a deletion lost; when too many objects
 * wait, whoever puts has to wait too.
 */
export class WatchBuffer<O extends WatchedObject> {
  readonly #limit: number;
  readonly #waiting = new Map<string, KubernetesWatchEvent<O>[]>();
  readonly #asked: Asked<O>[] = [];
  #roomMade: (() => void) | undefined;
  #end: { readonly error?: unknown } | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  put(event: KubernetesWatchEvent<O>): void {
    if (this.#end !== undefined) return;
    const asked = this.#asked.shift();
    if (asked !== undefined) return asked.resolve({ done: false, value: event });
    const key = event.type === 'synced' ? 'synced' : event.object.metadata.uid;
    const before = this.#waiting.get(key);
    if (before === undefined) this.#waiting.set(key, [event]);
    else merge(before, event);
  }

  /** Resolves when there is room again; rejects with the signal's reason. */
  room(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#waiting.size < this.#limit) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const stop = onAbort(signal, reject);
      this.#roomMade = () => {
        stop();
        resolve();
      };
    });
  }

  take(): Promise<IteratorResult<KubernetesWatchEvent<O>, undefined>> {
    const event = this.#next();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    const end = this.#end;
    if (end !== undefined) {
      // Who asks again after the error finds the end.
      this.#end = {};
      return 'error' in end ? Promise.reject(end.error) : Promise.resolve(ENDED);
    }
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  /** Nothing more comes; whoever asks after the last event is told the error, where there is one. */
  end(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    const [first, ...others] = this.#asked.splice(0);
    if (first === undefined) {
      this.#end = end;
      return;
    }
    this.#end = {};
    if ('error' in end) first.reject(end.error);
    else first.resolve(ENDED);
    for (const asked of others) asked.resolve(ENDED);
  }

  /** Drops what waits. */
  clear(): void {
    this.#waiting.clear();
  }

  #next(): KubernetesWatchEvent<O> | undefined {
    const oldest = this.#waiting.entries().next().value;
    if (oldest === undefined) return undefined;
    const [key, events] = oldest;
    const event = events.shift();
    if (events.length === 0) this.#waiting.delete(key);
    if (this.#waiting.size < this.#limit) {
      this.#roomMade?.();
      this.#roomMade = undefined;
    }
    return event;
  }
}

/**
 * Adds an event of the same object. What came and went unseen is told as both; one that left and came back, as a label of
 * the selector does, as both; and neither grows by doing it again.
 */
function merge<O>(waiting: KubernetesWatchEvent<O>[], event: KubernetesWatchEvent<O>): void {
  const last = waiting.at(-1);
  if (last === undefined || event.type === 'synced' || last.type === 'synced') {
    waiting.push(event);
  } else if (event.type === 'modified') {
    if (last.type === 'deleted') waiting.push(event);
    else waiting[waiting.length - 1] = { type: last.type, object: event.object };
  } else if (event.type === 'deleted' && last.type === 'modified') {
    waiting[waiting.length - 1] = event;
  } else if (event.type === 'deleted' && waiting.at(-2)?.type === 'deleted') {
    waiting.splice(-2, 2, event);
  } else {
    waiting.push(event);
  }
}
