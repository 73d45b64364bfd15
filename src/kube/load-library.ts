import type * as Client from '@kubernetes/client-node';
import type * as Undici from 'undici';

/** The Kubernetes client: it takes half a second and tens of megabytes, so only the first call loads it. */
export const loadClient = (): Promise<typeof Client> =>
  keepingDispatcher(() => import('@kubernetes/client-node'));

export const loadUndici = (): Promise<typeof Undici> => keepingDispatcher(() => import('undici'));

/**
 * undici, which the client loads too, makes itself the dispatcher of the platform's fetch (Node 22) and drops the one that
 * an application has set. That one is put back.
 */
async function keepingDispatcher<Library>(load: () => Promise<Library>): Promise<Library> {
  // The platform sets its own on first use, and only while there is none.
  new Headers();
  const before: unknown = Reflect.get(globalThis, platformDispatcher);
  const library = await load();
  Reflect.set(globalThis, platformDispatcher, before);
  return library;
}

const platformDispatcher = Symbol.for('undici.globalDispatcher.1');
