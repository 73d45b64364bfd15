import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { EventLog, type StoreEvent } from './event-log.ts';
import { generateName } from './generate-name.ts';
import { ObjectTable } from './object-table.ts';
import type { Draft, KubeObject, ObjectMeta, ObjectOf, ResourceName } from './objects.ts';
import { alreadyExists, conflict, notFound } from './refusals.ts';
import { RESOURCES } from './resources.ts';
import { timestamp } from './time.ts';

/**
 * The versioned objects of all resources. One counter gives every change its resourceVersion. Knows nothing of
 * defaults and validation: those are the API's. Listeners run within the change, in the order of changes; one that
 * changes the store again is heard by all after the change at hand.
 */
export class Store {
  readonly log: EventLog;
  /** What dates the objects. */
  readonly clock: Clock;
  readonly #tables = new Map<ResourceName, ObjectTable>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #queue: StoreEvent[] = [];
  #version: number;
  #delivering = false;

  constructor(options: StoreOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.#version = options.firstVersion ?? 1;
    this.log = new EventLog(options.historyLimit ?? 20_000, this.#version);
  }

  /** The version of the latest change. */
  get version(): number {
    return this.#version;
  }

  get<R extends ResourceName>(resource: R, namespace: string, name: string): ObjectOf[R] | undefined {
    return this.#table(resource).get(namespace, name) as ObjectOf[R] | undefined;
  }

  /** Of one namespace or of all, sorted by namespace and name. */
  list<R extends ResourceName>(resource: R, namespace?: string): readonly ObjectOf[R][] {
    return this.#table(resource).list(namespace) as readonly KubeObject[] as readonly ObjectOf[R][];
  }

  /**
   * What `list` gave when the latest change was `version`.
   * @returns `undefined` where the history no longer reaches back that far.
   */
  listAt(resource: ResourceName, version: number, namespace?: string): readonly KubeObject[] | undefined {
    const events = this.log.since(version);
    if (events === undefined) return undefined;
    const changed = events.filter((event) => event.resource === resource);
    if (changed.length === 0) return this.list(resource, namespace);
    const then = this.#table(resource).copy();
    for (const { object, previous } of changed.reverse()) {
      if (previous === undefined) then.delete(object);
      else then.set(previous);
    }
    return then.list(namespace);
  }

  /**
   * Stores a new object; name (from `generateName`), uid, resourceVersion and creationTimestamp are given here.
   * @throws StatusError 409 AlreadyExists.
   */
  create<R extends ResourceName>(resource: R, draft: Draft<ObjectOf[R]>): ObjectOf[R] {
    const given: Partial<ObjectMeta> = draft.metadata;
    const name = given.name ?? generateName(given.generateName ?? '');
    const existing = this.#table(resource).get(given.namespace, name);
    if (existing !== undefined) throw alreadyExists(RESOURCES[resource], existing);
    const metadata = {
      ...given,
      name,
      uid: given.uid ?? randomUUID(),
      creationTimestamp: timestamp(this.clock.now()),
    };
    return this.#put('ADDED', resource, { ...draft, metadata }) as ObjectOf[R];
  }

  /**
   * Replaces an object. Same resourceVersion when nothing changed. One that was being deleted already, whose grace
   * period is 0 or absent and whose finalizers are gone is removed instead, and returned as it was last.
   * @throws StatusError 404; 409 Conflict where `object` carries a resourceVersion or uid that is not the stored one's.
   */
  update<R extends ResourceName>(resource: R, object: Draft<ObjectOf[R]>): ObjectOf[R] {
    const given: Partial<ObjectMeta> = object.metadata;
    const { namespace, name = '' } = given;
    const existing = this.#table(resource).get(namespace, name);
    if (existing === undefined) throw notFound(RESOURCES[resource], name);
    const { uid, resourceVersion, creationTimestamp } = existing.metadata;
    if (given.uid !== undefined && given.uid !== uid)
      throw conflict(RESOURCES[resource], name, given.uid, uid);
    if (given.resourceVersion !== undefined && given.resourceVersion !== resourceVersion) {
      throw conflict(RESOURCES[resource], name);
    }
    const next = { ...object, metadata: { ...given, name, uid, resourceVersion, creationTimestamp } };
    if (isGone(existing.metadata, next.metadata)) {
      // Who watches sees it as it was stored last, who took the finalizer off sees it without.
      this.#remove(resource, existing, existing);
      return next as KubeObject as ObjectOf[R];
    }
    if (isDeepStrictEqual(next, existing)) return existing as ObjectOf[R];
    return this.#put('MODIFIED', resource, next, existing) as ObjectOf[R];
  }

  /** Removes an object at once, whatever its finalizers. @returns it with the resourceVersion of its deletion. */
  remove<R extends ResourceName>(resource: R, namespace: string, name: string): ObjectOf[R] | undefined {
    const existing = this.#table(resource).get(namespace, name);
    if (existing === undefined) return undefined;
    return this.#remove(resource, existing, existing) as ObjectOf[R];
  }

  /** @returns the function that ends the subscription; it may be called twice. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #table(resource: ResourceName): ObjectTable {
    const table = this.#tables.get(resource) ?? new ObjectTable();
    this.#tables.set(resource, table);
    return table;
  }

  #put(
    type: 'ADDED' | 'MODIFIED',
    resource: ResourceName,
    object: Unversioned,
    previous?: KubeObject,
  ): KubeObject {
    const stored = this.#versioned(object);
    this.#table(resource).set(stored);
    this.#tell({ type, resource, version: this.#version, object: stored, previous });
    return stored;
  }

  #remove(resource: ResourceName, last: KubeObject, previous: KubeObject): KubeObject {
    const object = this.#versioned(last);
    this.#table(resource).delete(object);
    this.#tell({ type: 'DELETED', resource, version: this.#version, object, previous });
    return object;
  }

  #versioned(object: Unversioned): KubeObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #tell(event: StoreEvent): void {
    this.log.add(event);
    this.#queue.push(event);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const listener of [...this.#listeners]) listener(next);
      }
    } finally {
      this.#delivering = false;
    }
  }
}

export interface StoreOptions {
  /** Dates objects. @default the system's */
  readonly clock?: Clock;
  /** How many changes are kept for watches and continue tokens; older ones are answered with 410. @default 20_000 */
  readonly historyLimit?: number;
  /** The version before the first change. @default 1 */
  readonly firstVersion?: number;
}

/** An object whose change has no version yet. */
type Unversioned = Omit<KubeObject, 'metadata'> & { readonly metadata: Omit<ObjectMeta, 'resourceVersion'> };

/** What was on its way out already, and is now held by nothing. */
const isGone = (existing: ObjectMeta, next: Partial<ObjectMeta>) =>
  existing.deletionTimestamp !== undefined &&
  (existing.deletionGracePeriodSeconds ?? 0) === 0 &&
  (next.finalizers ?? []).length === 0;
