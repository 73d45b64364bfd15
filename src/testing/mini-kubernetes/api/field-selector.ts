import { type JsonObject, objectAt } from '../store/json.ts';
import type { KubeObject, ResourceName } from '../store/objects.ts';
import { badRequest } from '../store/refusals.ts';
import { RESOURCES } from '../store/resources.ts';

export type ObjectTest = (object: KubeObject) => boolean;

/**
 * Reads a field selector: `status.phase!=Running,metadata.name=a`. An empty one selects everything.
 * @throws StatusError 400 where it cannot be read, or names a field that this resource cannot be selected by.
 */
export function parseFieldSelector(resource: ResourceName, text: string): ObjectTest {
  const tests = text
    .split(',')
    .filter((term) => term !== '')
    // As the real parser has them: which of two mistakes is reported depends on it.
    .sort()
    .map((term): ObjectTest => {
      const match = /^(.*?)(==|!=|=)(.*)$/.exec(term);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = '', operator, value] = match;
      const read = FIELDS[resource]?.get(field) ?? COMMON_FIELDS.get(field);
      if (read === undefined) throw badRequest(unsupported(resource, field));
      return (object) => (read(object) === value) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

type Reader = (object: KubeObject) => string;

/** The core group says it in other words than the rest, and some of its kinds again in others. */
function unsupported(resource: ResourceName, field: string): string {
  if (resource === 'pods') return `field label not supported: ${field}`;
  const { kind, group } = RESOURCES[resource];
  if (group === 'batch') return `field label "${field}" not supported for ${kind}`;
  return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

const COMMON_FIELDS = new Map<string, Reader>([
  ['metadata.name', ({ metadata }) => metadata.name],
  ['metadata.namespace', ({ metadata }) => metadata.namespace ?? ''],
]);

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

const specOf = (object: KubeObject): JsonObject => objectAt(object.spec);
const statusOf = (object: KubeObject): JsonObject => objectAt(object.status);

const FIELDS: { readonly [Name in ResourceName]?: ReadonlyMap<string, Reader> } = {
  pods: new Map<string, Reader>([
    ['spec.nodeName', (pod) => textOf(specOf(pod)['nodeName'])],
    ['spec.restartPolicy', (pod) => textOf(specOf(pod)['restartPolicy'])],
    ['spec.schedulerName', (pod) => textOf(specOf(pod)['schedulerName'])],
    ['spec.serviceAccountName', (pod) => textOf(specOf(pod)['serviceAccountName'])],
    ['spec.hostNetwork', (pod) => textOf(specOf(pod)['hostNetwork'] ?? false)],
    ['status.phase', (pod) => textOf(statusOf(pod)['phase'])],
    ['status.podIP', (pod) => textOf(statusOf(pod)['podIP'])],
    ['status.podIPs', (pod) => textOf(statusOf(pod)['podIP'])],
    ['status.nominatedNodeName', (pod) => textOf(statusOf(pod)['nominatedNodeName'])],
  ]),
  jobs: new Map<string, Reader>([['status.successful', (job) => textOf(statusOf(job)['succeeded'] ?? 0)]]),
  services: new Map<string, Reader>([
    ['spec.clusterIP', (service) => textOf(specOf(service)['clusterIP'])],
    ['spec.type', (service) => textOf(specOf(service)['type'])],
  ]),
  secrets: new Map<string, Reader>([['type', (secret) => textOf(Reflect.get(secret, 'type'))]]),
  namespaces: new Map<string, Reader>([
    ['status.phase', (namespace) => textOf(statusOf(namespace)['phase'])],
  ]),
};
