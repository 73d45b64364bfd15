import type { ResourceRequest } from '../api/request-info.ts';
import type { KubeService, Pod, ServicePort } from '../store/objects.ts';
import { badRequest, notFound } from '../store/refusals.ts';
import { RESOURCES } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly scheme: 'http' | 'https';
  readonly ip: string;
  /** As it was asked for: not checked to be a number, nor one in range. */
  readonly port: string;
}

/**
 * Finds the pod behind `name`, `name:port` or `scheme:name:port`, or one of those behind a service. Other than the
 * real one this allows pods on loopback addresses: all pods here are.
 * @throws StatusError 400, 404, or 503 where a service has no such port or no pod.
 */
export function proxyTarget(store: Store, { resource, namespace, name }: ResourceRequest): ProxyTarget {
  const asked = parseName(resource, name);
  return resource === 'pods' ? podTarget(store, namespace, asked) : serviceTarget(store, namespace, asked);
}

interface Asked {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

function parseName(resource: string, text: string): Asked {
  const parts = text.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  const isKnown = scheme === '' || scheme === 'http' || scheme === 'https';
  if (parts.length > 3 || name === '' || !isKnown) {
    throw badRequest(`invalid ${resource === 'pods' ? 'pod' : 'service'} request "${text}"`);
  }
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

function podTarget(store: Store, namespace: string, { scheme, name, port }: Asked): ProxyTarget {
  const pod = store.get('pods', namespace, name);
  if (pod === undefined) throw notFound(RESOURCES.pods, name);
  const declared = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return { scheme, ip: addressOf(pod), port: port || `${declared ?? (scheme === 'https' ? 443 : 80)}` };
}

function serviceTarget(store: Store, namespace: string, { scheme, name, port }: Asked): ProxyTarget {
  const service = store.get('services', namespace, name);
  if (service === undefined) throw notFound(RESOURCES.services, name);
  const { ports = [] } = service.spec;
  const found = port === '' ? ports[0] : ports.find((each) => each.name === port || `${each.port}` === port);
  if (found === undefined) throw unavailable(`no service port ${port} found for service "${name}"`);
  for (const pod of readyPods(store, service)) {
    const target = targetPort(pod, found);
    if (target !== undefined) return { scheme, ip: addressOf(pod), port: `${target}` };
  }
  throw unavailable(`no endpoints available for service "${name}"`);
}

function readyPods(store: Store, { metadata, spec }: KubeService): readonly Pod[] {
  const wanted = Object.entries(spec.selector ?? {});
  if (wanted.length === 0) return [];
  return store.list('pods', metadata.namespace).filter(({ metadata: { labels = {} }, status }) => {
    const matches = wanted.every(([key, value]) => labels[key] === value);
    return matches && status.phase === 'Running' && status.podIP !== undefined;
  });
}

function targetPort({ spec }: Pod, { port, targetPort: target = port }: ServicePort): number | undefined {
  if (typeof target === 'number') return target;
  return spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === target)
    ?.containerPort;
}

function addressOf({ status: { podIP } }: Pod): string {
  const isAllowed = podIP !== undefined && !/^(0\.0\.0\.0$|169\.254\.|22[4-9]\.|23\d\.)/.test(podIP);
  if (!isAllowed) throw badRequest('address not allowed');
  return podIP;
}

const unavailable = (message: string) => new StatusError(503, 'ServiceUnavailable', message);
