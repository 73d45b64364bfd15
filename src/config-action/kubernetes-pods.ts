import * as v from 'valibot';
import { ClosedError } from '../core/errors.ts';
import { having, validate } from '../core/validate.ts';
import type { Kubernetes } from '../kube/kubernetes.ts';
import { cachedLists, freshLists, given, type PodLists } from './pod-lists.ts';
import { selectPod } from './pod-record.ts';
import type { PodSource, SelectedPod } from './pod-source.ts';
import type { ConfigTarget } from './requester-config.ts';
import { watchedLists } from './watched-lists.ts';

/** Options of `kubernetesPods`. */
export interface KubernetesPodsOptions {
  /** @default that of the connection */
  readonly namespace?: string | undefined;
  /**
   * `false` reads anew for every plan and run, page by page as the pods are called. `true` reads each service and its pods
   * once, whole, until `clear()`: pods that came or went since are not noticed. `'watch'` keeps what was read up to date,
   * with one connection for each service and each of their selectors, until `close()`.
   * @default false
   */
  readonly cache?: boolean | 'watch' | undefined;
}

/** The pods of a cluster. */
export interface KubernetesPods extends PodSource, AsyncDisposable {
  /** Forgets what was read; runs under way keep what they have. */
  clear(): void;
  /** Ends watches. The connection to the cluster stays open. May be called twice. */
  close(): Promise<void>;
}

/**
 * The pods of a cluster, by name. The API server is asked for those of a service by its selector; the service itself and each list are
 * read once for all targets of an action, so that there is a call for each service and each page of 500 pods.
 *
 * @throws {ConfigError} for options that are wrong
 */
export function kubernetesPods(kube: Kubernetes, options?: KubernetesPodsOptions): KubernetesPods {
  validate(having<Kubernetes>('get', 'list', 'watch', 'proxyPod'), kube, 'kube');
  const { namespace, cache = false } = validate(podsOptions, options ?? {}, 'options');
  const place = { kube, namespace };
  const open = (): PodLists => (cache === 'watch' ? watchedLists(place) : cachedLists(place));
  let lists = open();
  let closing: Promise<void> | undefined;
  return {
    select(targets, { signal } = {}) {
      if (closing !== undefined) {
        throw new ClosedError('this pod source');
      }
      return select(cache === false ? freshLists(place) : lists, targets, signal);
    },
    proxy: (request) => kube.proxyPod({ ...given({ namespace }), ...request }),
    clear() {
      void lists.close();
      lists = open();
    },
    close: () => (closing ??= lists.close()),
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

async function* select(
  lists: PodLists,
  targets: readonly ConfigTarget[],
  signal: AbortSignal | undefined,
): AsyncGenerator<SelectedPod, void, undefined> {
  for (const target of targets) {
    const { service } = target;
    const selector = service === undefined ? undefined : await lists.selector(service, signal);
    for await (const record of lists.pods(selector, signal)) {
      const pod = selectPod(record, target);
      if (pod !== undefined) yield pod;
    }
  }
}

const podsOptions = v.strictObject({
  namespace: v.optional(v.string()),
  cache: v.optional(
    v.custom<boolean | 'watch'>(
      (value) => typeof value === 'boolean' || value === 'watch',
      ({ received }) => `expected true, false or 'watch', received ${received}`,
    ),
  ),
});
