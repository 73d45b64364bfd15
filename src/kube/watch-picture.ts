import type { WatchedObject } from './watch-lines.ts';

/** How the picture of a collection changed. */
export interface Change<O> {
  readonly type: 'added' | 'modified' | 'deleted';
  /** As it is now; for a deletion the last state known. */
  readonly object: O;
}

/**
 * What is known of a collection, and what each list or event changes in it. A list may come at any time, and events may
 * come again: each change is told once.
 */
export class Picture<O extends WatchedObject> {
  readonly #known = new Map<string, O>();
  #resourceVersion = '';

  /** From where to watch on. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  bookmark(resourceVersion: string): void {
    this.#advance(resourceVersion);
  }

  /** Whether that is of a time before this picture. */
  isPast(resourceVersion: string): boolean {
    return isBefore(resourceVersion, this.#resourceVersion);
  }

  /** What an event of a watch changes; nothing where it was known already. */
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: O): Change<O>[] {
    const { resourceVersion, uid } = object.metadata;
    const known = this.#known.get(keyOf(object));
    if (type === 'DELETED') {
      const current =
        known?.metadata.uid === uid && !isBefore(resourceVersion, known.metadata.resourceVersion);
      this.#advance(resourceVersion);
      return current ? this.#forget(object) : [];
    }
    // A stream that begins too early tells again what was told: a state that has passed, perhaps of what is gone.
    if (resourceVersion === this.#resourceVersion || this.isPast(resourceVersion)) return [];
    this.#advance(resourceVersion);
    return this.#see(object);
  }

  /** Compares with a whole list: `see` each of its objects, then `end` tells which are not there any more. */
  beginList(): { see(object: O): Change<O>[]; end(resourceVersion: string): Change<O>[] } {
    const seen = new Set<string>();
    return {
      see: (object) => {
        seen.add(keyOf(object));
        return this.#see(object);
      },
      end: (resourceVersion) => {
        this.#resourceVersion = resourceVersion;
        const gone = [...this.#known].filter(([key]) => !seen.has(key)).map(([, object]) => object);
        return gone.flatMap((object) => this.#forget(object));
      },
    };
  }

  #see(object: O): Change<O>[] {
    const key = keyOf(object);
    const known = this.#known.get(key);
    this.#known.set(key, object);
    if (known === undefined) return [{ type: 'added', object }];
    if (known.metadata.uid !== object.metadata.uid) {
      // Deleted and made again under the same name.
      return [
        { type: 'deleted', object: known },
        { type: 'added', object },
      ];
    }
    const same = known.metadata.resourceVersion === object.metadata.resourceVersion;
    return same ? [] : [{ type: 'modified', object }];
  }

  #forget(object: O): Change<O>[] {
    this.#known.delete(keyOf(object));
    return [{ type: 'deleted', object }];
  }

  #advance(resourceVersion: string): void {
    if (!isBefore(resourceVersion, this.#resourceVersion)) this.#resourceVersion = resourceVersion;
  }
}

const keyOf = ({ metadata }: WatchedObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

/**
 * Whether one resourceVersion is older. They are whole numbers of growing size in every store there is ("Resource versions"
 * in the API concepts); of what is not one, nothing is said.
 */
function isBefore(one: string, other: string): boolean {
  if (!whole.test(one) || !whole.test(other)) return false;
  return one.length === other.length ? one < other : one.length < other.length;
}

const whole = /^[1-9]\d*$/;
