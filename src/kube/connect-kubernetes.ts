import { parseListOptions, parseResource, parseWatchOptions } from './call-options.ts';
import type { Kubernetes } from './kubernetes.ts';
import { listObjects } from './list.ts';
import { createObject, deleteObject, deleteObjects, getObject, replaceObject } from './objects.ts';
import { type KubernetesOptions, parseKubernetesOptions } from './options.ts';
import { readPodLog, requestPod } from './pods.ts';
import { Requester } from './requester.ts';
import { watchObjects } from './watch.ts';

/**
 * A Kubernetes cluster as a kubeconfig names it. Nothing is read, loaded or sent before the first call.
 *
 * @example
 * await using kube = connectKubernetes({ context: 'staging' });
 * for await (const pod of kube.list('pods', { labelSelector: 'app=web' })) console.log(pod.metadata?.name);
 *
 * @throws {ConfigError} that names every mistake in the options
 */
export function connectKubernetes(options?: KubernetesOptions): Kubernetes {
  const requester = new Requester(parseKubernetesOptions(options));

  const settle = async (namespace: string | undefined, allNamespaces: boolean | undefined) =>
    allNamespaces ? undefined : (namespace ?? (await requester.namespace()));

  return {
    namespace: () => requester.namespace(),
    list: (resource, given) => {
      const { namespace, allNamespaces, ...rest } = parseListOptions(given);
      parseResource(resource);
      const request = async () => ({
        resource,
        namespace: await settle(namespace, allNamespaces),
        options: rest,
      });
      return { [Symbol.asyncIterator]: () => listObjects(requester, request) };
    },
    get: (resource, name, given) => getObject(requester, resource, name, given),
    create: (resource, object, given) => createObject(requester, resource, object, given),
    replace: (resource, object, given) => replaceObject(requester, resource, object, given),
    delete: (resource, name, given) => deleteObject(requester, resource, name, given),
    deleteCollection: (resource, given) => deleteObjects(requester, resource, given),
    watch: (resource, given) => {
      const { namespace, allNamespaces, streamTimeout, maxSilence, ...rest } = parseWatchOptions(given);
      parseResource(resource);
      const request = async () => ({
        resource,
        namespace: await settle(namespace, allNamespaces),
        options: rest,
        streamTimeout: streamTimeout ?? 300_000,
        maxSilence: maxSilence ?? 30_000,
      });
      return watchObjects(requester, request, rest.signal);
    },
    podLog: (name, given) => readPodLog(requester, name, given),
    proxyPod: (request) => requestPod(requester, request),
    close: () => requester.close(),
    [Symbol.asyncDispose]: () => requester.close(),
  };
}
