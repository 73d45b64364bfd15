import type {
  KubernetesCallOptions,
  KubernetesDeleteCollectionOptions,
  KubernetesDeleteOptions,
  KubernetesListOptions,
  KubernetesWatchOptions,
  PodLogOptions,
} from './call-options.ts';
import type { PodAnswer, PodRequest } from './pods.ts';
import type { KubernetesObject, KubernetesResource } from './resources.ts';
import type { KubernetesWatchEvent } from './watch-buffer.ts';

/**
 * A Kubernetes cluster. Every call is bounded in time and goes out again where that is safe: reads, and writes that the API
 * did not take (429, no connection); what may have happened is found out and not done twice.
 *
 * All calls may throw `KubernetesError` (what the API refused), `ConnectionError` and `TimeoutError` (nobody answered),
 * `ConfigError` (a kubeconfig or an argument that cannot be used; nothing was sent), `ClosedError`, `HoldfastError` with code
 * `KUBERNETES_TLS` (the server is not who the kubeconfig says) or `KUBERNETES_CREDENTIALS` (a credential plugin or file
 * failed), and the signal's reason. Once a write may have happened, only the first three are thrown, with `uncertain` set, and
 * what else ended the call is their `cause`.
 */
export interface Kubernetes extends AsyncDisposable {
  /** The namespace of calls that name none. */
  namespace(): Promise<string>;

  /** Each object, page by page as they are taken: never more than a page is in memory. A token that expires is renewed. */
  list<R extends KubernetesResource>(
    resource: R,
    options?: KubernetesListOptions,
  ): AsyncIterable<KubernetesObject<R>>;

  /**
   * One object, as it is now.
   *
   * @throws {KubernetesError} with reason `NotFound` where there is none
   */
  get<R extends KubernetesResource>(
    resource: R,
    name: string,
    options?: KubernetesCallOptions,
  ): Promise<KubernetesObject<R>>;

  /**
   * Creates an object. With a `name`, which must be one that nobody else would use, it is sent again when an attempt got no
   * clear answer, and `AlreadyExists` after such an attempt is success: the object that is there comes back. With a
   * `generateName` it is not, for that would make a second one, nor is a Job whose `ttlSecondsAfterFinished` is below the
   * deadline. Whatever else may delete the object before the next attempt makes that create it anew.
   */
  create<R extends KubernetesResource>(
    resource: R,
    object: KubernetesObject<R>,
    options?: KubernetesCallOptions,
  ): Promise<KubernetesObject<R>>;

  /**
   * Replaces an object that was read before. Where somebody else wrote it meanwhile: `KubernetesError` with reason
   * `Conflict`; with its `uncertain` set, that somebody may have been an earlier attempt of this call.
   */
  replace<R extends KubernetesResource>(
    resource: R,
    object: KubernetesObject<R>,
    options?: KubernetesCallOptions,
  ): Promise<KubernetesObject<R>>;

  /**
   * Asks for an object to be deleted. It may stay for a while: a Foreground deletion waits for what belongs to it, a pod for
   * its containers. `NotFound` after an attempt without a clear answer is success. Where the name may be used again, name
   * the uid in `preconditions`: a request that is late could meet the new object.
   */
  delete(resource: KubernetesResource, name: string, options: KubernetesDeleteOptions): Promise<void>;

  /** Asks for all objects of a selection to be deleted; `deleted` is how many the last attempt found. */
  deleteCollection(
    resource: KubernetesResource,
    options: KubernetesDeleteCollectionOptions,
  ): Promise<{
    /** Objects that the last attempt found. */
    readonly deleted: number;
  }>;

  /**
   * What is there, then `synced`, then each change, for as long as it is iterated: broken, silent and expired streams are
   * begun anew, and what happened meanwhile is found by comparing lists. Each change is told once; to a slow consumer only
   * the newest state of an object, and every deletion. A server that comes back with an older store, as one restored from a
   * backup, is noticed when it tells something or could not be reached meanwhile, else after three quiet streams. Keeps the last state of each object in memory and one connection.
   * Ends by an error only: of a refusal, or where the first list cannot be had.
   */
  watch<R extends KubernetesResource>(
    resource: R,
    options?: KubernetesWatchOptions,
  ): AsyncIterable<KubernetesWatchEvent<KubernetesObject<R>>>;

  /** What a container has written. Empty for a pod that is on no node yet. */
  podLog(name: string, options?: PodLogOptions): Promise<string>;

  /**
   * Sends a request to a pod through the API server. Whatever the pod answers is the answer; what the API server itself
   * refuses is a `KubernetesError`, with reason `ServiceUnavailable` where the pod could not be reached. Not sent again
   * but for 429 of the API server and where there was no connection to it; a GET or HEAD also with new credentials after a
   * 401. A pod that answers by a Status of its own is taken for the API server.
   */
  proxyPod(request: PodRequest): Promise<PodAnswer>;

  /** Ends watches, waits and reads with `ClosedError`, awaits writes under way and closes connections. May be called twice. */
  close(): Promise<void>;
}
