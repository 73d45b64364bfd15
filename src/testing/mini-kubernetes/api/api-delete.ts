import { invalid, unsupportedValue } from '../admission/field-error.ts';
import { parseJson } from '../admission/read-object.ts';
import { type DeleteOptions, deleteObject, type PropagationPolicy } from '../store/deletion.ts';
import { isJsonObject, type JsonObject, listAt, objectAt, stringAt } from '../store/json.ts';
import type { KubeObject } from '../store/objects.ts';
import { badRequest, detailsOf } from '../store/refusals.ts';
import { type Resource, renderObject } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';
import { type Answer, errorAnswer, objectAnswer } from './answer.ts';
import { isDryRun, type WriteRequest } from './api-write.ts';
import { readListOptions } from './list-options.ts';
import { listObjects } from './listing.ts';

/** `DELETE` on an object: answered with the object while it stays, and for good with pods and services. */
export function deleteOne(store: Store, request: WriteRequest): Answer {
  const { resource, namespace, name } = request;
  const options = readOptions(request);
  const warnings = orphanWarnings(resource, options);
  try {
    const { gone, object } = deleteObject(store, resource.name, namespace, name, options);
    const whole = !gone || resource.name === 'pods' || resource.name === 'services';
    const body = whole ? renderObject(resource, object) : success(resource, object);
    return objectAnswer(200, body, warnings);
  } catch (error) {
    if (error instanceof StatusError) return errorAnswer(error, warnings);
    throw error;
  }
}

/** `DELETE` on a collection: answered with the objects as they were before. */
export function deleteCollection(store: Store, request: WriteRequest): Answer {
  const { resource, namespace, query } = request;
  const options = readOptions(request);
  const list = listObjects(store, resource.name, namespace, readListOptions(resource.name, query, false));
  for (const { metadata } of list.items) {
    deleteObject(store, resource.name, namespace, metadata.name, options);
  }
  return objectAnswer(200, list, orphanWarnings(resource, options));
}

const success = (resource: Resource, { metadata }: KubeObject) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { ...detailsOf(resource, metadata.name), uid: metadata.uid },
});

const orphanWarnings = (resource: Resource, { propagationPolicy }: DeleteOptions): string[] =>
  resource.name === 'jobs' && propagationPolicy === undefined
    ? [
        'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them ' +
          'or set propagationPolicy=Orphan to suppress this warning',
      ]
    : [];

/** What the body says counts over the query. */
function readOptions({ body, query }: WriteRequest): DeleteOptions {
  const given = readBody(body);
  const policy = stringAt(given['propagationPolicy']) || (query.get('propagationPolicy') ?? '');
  if (policy !== '' && !isPolicy(policy)) throw badPolicy(policy);
  const seconds = given['gracePeriodSeconds'] ?? numberIn(query.get('gracePeriodSeconds'));
  const preconditions = objectAt(given['preconditions']);
  const { uid, resourceVersion } = preconditions;
  return {
    propagationPolicy: policy === '' ? undefined : policy,
    gracePeriodSeconds: typeof seconds === 'number' ? seconds : undefined,
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
    dryRun: isDryRun(query, 'DeleteOptions') || listAt(given['dryRun']).includes('All'),
  };
}

function readBody(body: string): JsonObject {
  if (body.trim() === '') return {};
  const value = parseJson(body);
  if (!isJsonObject(value))
    throw badRequest("couldn't get version/kind; json parse error: the body is no object");
  return value;
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

const isPolicy = (policy: string): policy is PropagationPolicy => POLICIES.includes(policy);

const badPolicy = (policy: string) =>
  invalid('DeleteOptions.meta.k8s.io', 'meta.k8s.io', 'DeleteOptions', '', [
    unsupportedValue('propagationPolicy', JSON.stringify(policy), [...POLICIES, 'nil']),
  ]);

function numberIn(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
