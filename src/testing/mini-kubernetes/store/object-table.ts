import type { KubeObject } from './objects.ts';

/** The objects of one resource, found by key and listed in the order of keys, both cheap for many thousands. */
export class ObjectTable {
  readonly #objects = new Map<string, KubeObject>();
  readonly #keys: string[] = [];

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  set(object: KubeObject): void {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (!this.#objects.has(key)) this.#keys.splice(firstFrom(this.#keys, key), 0, key);
    this.#objects.set(key, object);
  }

  delete(object: KubeObject): void {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (this.#objects.delete(key)) this.#keys.splice(firstFrom(this.#keys, key), 1);
  }

  list(namespace?: string): KubeObject[] {
    const keys =
      namespace === undefined
        ? this.#keys
        : this.#keys.slice(
            firstFrom(this.#keys, `${namespace}/`),
            firstFrom(this.#keys, `${namespace}${AFTER_SLASH}`),
          );
    return keys.flatMap((key) => this.#objects.get(key) ?? []);
  }

  copy(): ObjectTable {
    const copy = new ObjectTable();
    copy.#keys.push(...this.#keys);
    for (const [key, object] of this.#objects) copy.#objects.set(key, object);
    return copy;
  }
}

/** Where an object stands in lists: sorted by namespace, then by name. */
export const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

/** The character after `/`. */
const AFTER_SLASH = '0';

/** The index of the first key that is not before `key`. */
function firstFrom(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
