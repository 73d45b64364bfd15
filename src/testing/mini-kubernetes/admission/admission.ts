import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { generateName } from '../store/generate-name.ts';
import { compact, type JsonObject, objectAt, stringAt } from '../store/json.ts';
import type { ResourceName } from '../store/objects.ts';
import { RESOURCES } from '../store/resources.ts';
import { validateData, validateDataUpdate } from './data.ts';
import { type FieldError, refuseInvalid } from './field-error.ts';
import { defaultJobSpec, validateJob, validateJobUpdate } from './job.ts';
import { validateLease } from './lease.ts';
import { validateLabels, validateMeta } from './names.ts';
import { admitPodSpec, defaultPodSpec, qosClass, validatePodSpec, validatePodUpdate } from './pod-spec.ts';
import { defaultServiceSpec, validateService, validateServiceUpdate } from './service.ts';

/**
 * What is stored of a body that is to be created: named, with defaults, without what clients may not set.
 * @throws StatusError 422 with a cause for each mistake.
 */
export function admitCreate(
  resource: ResourceName,
  namespace: string,
  body: JsonObject,
  serviceAddress: () => string,
): JsonObject {
  const given = objectAt(body['metadata']);
  const name = stringAt(given['name']) || nameFrom(given['generateName']);
  const uid = randomUUID();
  const metadata = compact({
    name,
    generateName: given['generateName'] || undefined,
    namespace: RESOURCES[resource].namespaced ? namespace : undefined,
    uid,
    generation: resource === 'jobs' ? 1 : undefined,
    ...changeable(given),
  });
  const filled = withDefaults(resource, { ...body, metadata }, name, uid, serviceAddress);
  const errors = [...validateMeta(resource, metadata), ...validateObject(resource, filled, name, uid)];
  refuseInvalid(RESOURCES[resource], name, errors);
  return resource === 'jobs' ? withTemplateLabels(filled) : filled;
}

/**
 * What is stored of a body that replaces `existing`: what clients may not change is kept.
 * @throws StatusError 422 with a cause for each mistake.
 */
export function admitUpdate(resource: ResourceName, existing: JsonObject, body: JsonObject): JsonObject {
  const before = objectAt(existing['metadata']);
  const given = objectAt(body['metadata']);
  const name = stringAt(before['name']);
  const uid = stringAt(before['uid']);
  const { labels: _, annotations: __, ownerReferences: ___, finalizers: ____, ...kept } = before;
  const metadata = { ...kept, ...changeable(given) };
  const address = () => stringAt(objectAt(existing['spec'])['clusterIP']);
  const status = existing['status'] === undefined ? {} : { status: existing['status'] };
  const filled: JsonObject = {
    ...withDefaults(resource, { ...body, metadata }, name, uid, address),
    ...status,
  };
  const errors = [
    ...validateLabels('metadata.labels', objectAt(objectAt(metadata)['labels'])),
    ...validateObject(resource, filled, name, uid),
    ...validateChange(resource, existing, filled),
  ];
  refuseInvalid(RESOURCES[resource], name, errors);
  const changed = resource === 'jobs' && !isDeepStrictEqual(existing['spec'], filled['spec']);
  const generation = Number(before['generation'] ?? 0) + 1;
  return changed ? { ...filled, metadata: { ...metadata, generation } } : filled;
}

/** An update of the status subresource: nothing but the status counts. */
export const admitStatus = (existing: JsonObject, body: JsonObject): JsonObject => ({
  ...existing,
  status: objectAt(body['status']),
});

const nameFrom = (prefix: unknown) =>
  typeof prefix === 'string' && prefix !== '' ? generateName(prefix) : '';

const changeable = (given: JsonObject): JsonObject => {
  const { labels, annotations, ownerReferences, finalizers } = given;
  return Object.fromEntries(
    Object.entries({ labels, annotations, ownerReferences, finalizers }).filter(
      ([, value]) => typeof value === 'object' && value !== null && Object.keys(value).length > 0,
    ),
  );
};

function withDefaults(
  resource: ResourceName,
  object: JsonObject,
  name: string,
  uid: string,
  serviceAddress: () => string,
): JsonObject {
  const { kind: _, apiVersion: __, ...body } = object;
  const spec = objectAt(body['spec']);
  switch (resource) {
    case 'jobs':
      return { ...body, spec: defaultJobSpec(spec, name, uid), status: {} };
    case 'pods': {
      const whole = admitPodSpec(defaultPodSpec(spec));
      return { ...body, spec: whole, status: { phase: 'Pending', qosClass: qosClass(whole) } };
    }
    case 'services':
      return { ...body, spec: defaultServiceSpec(spec, serviceAddress), status: { loadBalancer: {} } };
    case 'secrets':
      return defaultSecret(body);
    case 'namespaces':
      return { ...defaultNamespace(body, name), status: { phase: 'Active' } };
    case 'configmaps':
    case 'leases':
      return body;
  }
}

function defaultSecret(body: JsonObject): JsonObject {
  const { stringData, data, ...rest } = body;
  const added = Object.entries(objectAt(stringData)).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const all = { ...objectAt(data), ...Object.fromEntries(added) };
  return {
    ...rest,
    ...(Object.keys(all).length === 0 ? {} : { data: all }),
    type: stringAt(rest['type']) || 'Opaque',
  };
}

function defaultNamespace(body: JsonObject, name: string): JsonObject {
  const metadata = objectAt(body['metadata']);
  const labels = { 'kubernetes.io/metadata.name': name, ...objectAt(metadata['labels']) };
  return { ...body, metadata: { ...metadata, labels }, spec: { finalizers: ['kubernetes'] } };
}

/** A Job made without labels of its own has those of its pods. */
function withTemplateLabels(job: JsonObject): JsonObject {
  const metadata = objectAt(job['metadata']);
  if (metadata['labels'] !== undefined) return job;
  const { labels } = objectAt(objectAt(objectAt(job['spec'])['template'])['metadata']);
  return labels === undefined ? job : { ...job, metadata: { ...metadata, labels } };
}

function validateObject(resource: ResourceName, object: JsonObject, name: string, uid: string): FieldError[] {
  const spec = objectAt(object['spec']);
  switch (resource) {
    case 'jobs':
      return validateJob(name, spec, uid);
    case 'pods':
      return validatePodSpec('spec', spec);
    case 'services':
      return validateService(spec);
    case 'configmaps':
    case 'secrets':
      return validateData(resource, object);
    case 'leases':
      return validateLease(spec);
    case 'namespaces':
      return [];
  }
}

function validateChange(resource: ResourceName, before: JsonObject, after: JsonObject): FieldError[] {
  const [old, next] = [objectAt(before['spec']), objectAt(after['spec'])];
  switch (resource) {
    case 'jobs':
      return validateJobUpdate(old, next, objectAt(before['status'])['startTime'] !== undefined);
    case 'pods':
      return validatePodUpdate(old, next);
    case 'services':
      return validateServiceUpdate(old, next);
    case 'configmaps':
    case 'secrets':
      return validateDataUpdate(before, after);
    case 'leases':
    case 'namespaces':
      return [];
  }
}
