import type { KubeObject, ResourceName } from '../store/objects.ts';
import { RESOURCES } from '../store/resources.ts';
import type { Store } from '../store/store.ts';

/** An object that names an owner. */
export interface Dependent {
  readonly resource: ResourceName;
  readonly object: KubeObject;
}

/** Which objects name which owner, kept up with a store, so that nobody has to go through all objects. */
export class Dependents {
  readonly #byOwner = new Map<string, Map<string, Dependent>>();
  readonly #unsubscribe: () => void;

  constructor(store: Store) {
    for (const resource of RESOURCE_NAMES) {
      for (const object of store.list(resource)) this.#add({ resource, object });
    }
    this.#unsubscribe = store.subscribe(({ type, resource, object, previous }) => {
      if (previous !== undefined) this.#drop(previous);
      if (type !== 'DELETED') this.#add({ resource, object });
    });
  }

  /** In the order in which they came. */
  of(ownerUid: string): readonly Dependent[] {
    return [...(this.#byOwner.get(ownerUid)?.values() ?? [])];
  }

  close(): void {
    this.#unsubscribe();
  }

  #add(dependent: Dependent): void {
    const { ownerReferences = [], uid } = dependent.object.metadata;
    for (const owner of ownerReferences) {
      const known = this.#byOwner.get(owner.uid) ?? new Map<string, Dependent>();
      known.set(uid, dependent);
      this.#byOwner.set(owner.uid, known);
    }
  }

  #drop({ metadata }: KubeObject): void {
    for (const owner of metadata.ownerReferences ?? []) {
      const known = this.#byOwner.get(owner.uid);
      known?.delete(metadata.uid);
      if (known?.size === 0) this.#byOwner.delete(owner.uid);
    }
  }
}

const RESOURCE_NAMES = Object.keys(RESOURCES) as ResourceName[];
