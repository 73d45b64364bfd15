import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { generateName } from '../store/generate-name.ts';
import { compact, type JsonObject, objectAt, stringAt } from '../store/json.ts';
import type { ResourceName } from '../store/objects.ts';
import { RESOURCES } from '../store/resources.ts';
import { refuseInvalid } from './field-error.ts';
import { KIND_RULES } from './kind-rules.ts';
import { validateLabels, validateMeta } from './names.ts';

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
  const rules = KIND_RULES[resource];
  const given = objectAt(body['metadata']);
  const name = stringAt(given['name']) || nameFrom(given['generateName']);
  const identity = { name, uid: randomUUID(), serviceAddress };
  const metadata = compact({
    name,
    generateName: given['generateName'] || undefined,
    namespace: RESOURCES[resource].namespaced ? namespace : undefined,
    uid: identity.uid,
    generation: rules.hasGeneration ? 1 : undefined,
    ...changeable(given),
  });
  const filled = rules.fill({ ...withoutType(body), metadata }, identity);
  const errors = [...validateMeta(resource, metadata), ...rules.validate(filled, identity)];
  refuseInvalid(RESOURCES[resource], name, errors);
  return resource === 'jobs' ? withTemplateLabels(filled) : filled;
}

/**
 * What is stored of a body that replaces `existing`: what clients may not change is kept.
 * @throws StatusError 422 with a cause for each mistake.
 */
export function admitUpdate(resource: ResourceName, existing: JsonObject, body: JsonObject): JsonObject {
  const rules = KIND_RULES[resource];
  const before = objectAt(existing['metadata']);
  const given = objectAt(body['metadata']);
  const identity = {
    name: stringAt(before['name']),
    uid: stringAt(before['uid']),
    serviceAddress: () => stringAt(objectAt(existing['spec'])['clusterIP']),
  };
  const { labels: _, annotations: __, ownerReferences: ___, finalizers: ____, ...kept } = before;
  const metadata = { ...kept, ...changeable(given) };
  const status = existing['status'] === undefined ? {} : { status: existing['status'] };
  const filled: JsonObject = { ...rules.fill({ ...withoutType(body), metadata }, identity), ...status };
  const errors = [
    ...validateLabels('metadata.labels', objectAt(objectAt(metadata)['labels'])),
    ...rules.validate(filled, identity),
    ...rules.validateChange(existing, filled),
  ];
  refuseInvalid(RESOURCES[resource], identity.name, errors);
  const changed = rules.hasGeneration && !isDeepStrictEqual(existing['spec'], filled['spec']);
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

const withoutType = ({ kind: _, apiVersion: __, ...body }: JsonObject): JsonObject => body;

/** A Job made without labels of its own has those of its pods. */
function withTemplateLabels(job: JsonObject): JsonObject {
  const metadata = objectAt(job['metadata']);
  if (metadata['labels'] !== undefined) return job;
  const { labels } = objectAt(objectAt(objectAt(job['spec'])['template'])['metadata']);
  return labels === undefined ? job : { ...job, metadata: { ...metadata, labels } };
}
