import type { KubeObject, ResourceName } from './objects.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceName;
  readonly version: number;
  readonly object: KubeObject;
  /** The object before; `undefined` for ADDED. */
  readonly previous: KubeObject | undefined;
}

/** The latest changes of a store, so that a watch can begin in the past and a list keep its snapshot. */
export class EventLog {
  readonly #limit: number;
  #events: StoreEvent[] = [];
  #oldest: number;

  constructor(limit: number, firstVersion: number) {
    this.#limit = limit;
    this.#oldest = firstVersion;
  }

  /** The oldest version from which all changes are still known. */
  get oldest(): number {
    return this.#oldest;
  }

  add(event: StoreEvent): void {
    this.#events.push(event);
    // Cut in halves, so that adding stays cheap.
    if (this.#events.length > this.#limit * 2) this.#dropUntil(this.#events.length - this.#limit);
  }

  /** Every change after `version`, oldest first; `undefined` where some of them are forgotten. */
  since(version: number): StoreEvent[] | undefined {
    if (version < this.#oldest) return undefined;
    let first = this.#events.length;
    while (first > 0 && (this.#events[first - 1]?.version ?? 0) > version) first -= 1;
    return this.#events.slice(first);
  }

  /** Forgets every change until now, as etcd does from time to time. */
  compact(): void {
    this.#dropUntil(this.#events.length);
  }

  #dropUntil(index: number): void {
    this.#oldest = this.#events[index - 1]?.version ?? this.#oldest;
    this.#events = this.#events.slice(index);
  }
}
