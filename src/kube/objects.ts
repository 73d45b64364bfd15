import * as v from 'valibot';
import { ConfigError } from '../core/errors.ts';
import { validate } from '../core/validate.ts';
import {
  type KubernetesCallOptions,
  type KubernetesDeleteCollectionOptions,
  type KubernetesDeleteOptions,
  parseCallOptions,
  parseDeleteCollectionOptions,
  parseDeleteOptions,
  parseName,
  parseResource,
} from './call-options.ts';
import { KubernetesError } from './errors.ts';
import { namespaceName, objectName } from './names.ts';
import { describe, query } from './request-path.ts';
import type { Call, Requester } from './requester.ts';
import { collectionPath, type KubernetesObject, type KubernetesResource, RESOURCES } from './resources.ts';
import { parseJson } from './status.ts';
import { judge } from './verdict.ts';
import type { Span } from './waits.ts';

/** @see Kubernetes.get */
export async function getObject<R extends KubernetesResource>(
  requester: Requester,
  resource: R,
  name: string,
  options?: KubernetesCallOptions,
): Promise<KubernetesObject<R>> {
  const { namespace: given, ...call } = parseCallOptions(options);
  parseResource(resource);
  const object = parseName(name);
  const namespace = given ?? (await requester.namespace());
  return requester.call(readCall(resource, object, namespace, call));
}

function readCall<R extends KubernetesResource>(
  resource: R,
  name: string,
  namespace: string,
  { attemptTimeout, deadline, signal }: KubernetesCallOptions,
): Call<KubernetesObject<R>> {
  return {
    attemptTimeout,
    deadline,
    signal,
    what: describe('get', resource, name, namespace),
    method: 'GET',
    path: `${collectionPath(resource, namespace)}/${name}`,
    repeatable: true,
    judge: judgeObject(resource),
  };
}

/** @see Kubernetes.create */
export async function createObject<R extends KubernetesResource>(
  requester: Requester,
  resource: R,
  object: KubernetesObject<R>,
  options?: KubernetesCallOptions,
): Promise<KubernetesObject<R>> {
  const write = await prepareWrite(requester, 'create', resource, object, options);
  const { name, namespace } = write;
  const deadline = write.call.deadline ?? requester.settings.deadline;
  const call: Call<KubernetesObject<R>> = {
    ...write.call,
    method: 'POST',
    path: collectionPath(resource, namespace),
    // A name that the API makes up would be another one at the second attempt.
    repeatable: name !== undefined && !mayGoWithin(deadline, object),
  };
  const span: Span = {};
  try {
    return await requester.call(call, span);
  } catch (error) {
    // The name is the caller's own, so what is there was made by the attempt that got no clear answer.
    const ours = error instanceof KubernetesError && error.uncertain && error.reason === 'AlreadyExists';
    if (name === undefined || !ours) throw error;
    span.failure = error;
    const found = await requester
      .call(readCall(resource, name, namespace, write.call), span)
      .catch((cause: unknown) => {
        throw cause === error ? error : becauseOf(error, cause);
      });
    // It stood there before and is on its way out.
    if (found.metadata?.deletionTimestamp !== undefined) throw error;
    return found;
  }
}

/** A Job that removes itself may be gone before a second attempt, which would then make and run it anew. */
function mayGoWithin(deadline: number, object: object): boolean {
  const { spec } = object as { spec?: { ttlSecondsAfterFinished?: unknown } };
  const seconds = spec?.ttlSecondsAfterFinished;
  return typeof seconds === 'number' && seconds * 1000 < deadline;
}

const becauseOf = ({ message, status, reason, details, uncertain }: KubernetesError, cause: unknown) =>
  new KubernetesError(message, { status, reason, details, uncertain, cause });

/** @see Kubernetes.replace */
export async function replaceObject<R extends KubernetesResource>(
  requester: Requester,
  resource: R,
  object: KubernetesObject<R>,
  options?: KubernetesCallOptions,
): Promise<KubernetesObject<R>> {
  const { call, namespace, name } = await prepareWrite(requester, 'replace', resource, object, options);
  // The resourceVersion lets the second of two attempts do nothing.
  const path = `${collectionPath(resource, namespace)}/${name}`;
  return requester.call({ ...call, method: 'PUT', path, repeatable: true });
}

/** @see Kubernetes.delete */
export async function deleteObject(
  requester: Requester,
  resource: KubernetesResource,
  name: string,
  options: KubernetesDeleteOptions,
): Promise<void> {
  const {
    namespace: given,
    propagationPolicy,
    preconditions,
    gracePeriodSeconds,
    ...call
  } = parseDeleteOptions(options);
  const collection = parseResource(resource);
  const object = parseName(name);
  const namespace = given ?? (await requester.namespace());
  try {
    await requester.call({
      ...call,
      what: describe('delete', collection, object, namespace),
      method: 'DELETE',
      path: `${collectionPath(collection, namespace)}/${object}`,
      headers: json,
      body: deleteBody({ propagationPolicy, preconditions, gracePeriodSeconds }),
      repeatable: true,
      // A Status or the object, which depends on resource and policy.
      judge: (answer, place) => judge(answer, place, ({ body }) => kindOf(body)),
    });
  } catch (error) {
    if (!(error instanceof KubernetesError) || !error.uncertain || error.reason !== 'NotFound') throw error;
  }
}

/** @see Kubernetes.deleteCollection */
export async function deleteObjects(
  requester: Requester,
  resource: KubernetesResource,
  options: KubernetesDeleteCollectionOptions,
): Promise<{ readonly deleted: number }> {
  const {
    namespace: given,
    propagationPolicy,
    labelSelector,
    fieldSelector,
    ...call
  } = parseDeleteCollectionOptions(options);
  const collection = parseResource(resource);
  const namespace = given ?? (await requester.namespace());
  const deleted = await requester.call({
    ...call,
    // One request deletes one object after the other; the API server itself ends it after a minute.
    attemptTimeout: call.attemptTimeout ?? Math.max(60_000, requester.settings.attemptTimeout),
    deadline: call.deadline ?? Math.max(300_000, requester.settings.deadline),
    what: describe('deletecollection', collection, undefined, namespace),
    method: 'DELETE',
    path: `${collectionPath(collection, namespace)}${query({ labelSelector, fieldSelector })}`,
    headers: json,
    body: deleteBody({ propagationPolicy }),
    repeatable: true,
    judge: (answer, place) => judge(answer, place, ({ body }) => countItems(body)),
  });
  return { deleted };
}

async function prepareWrite<R extends KubernetesResource>(
  requester: Requester,
  verb: 'create' | 'replace',
  resource: R,
  object: KubernetesObject<R>,
  options: KubernetesCallOptions | undefined,
) {
  const { namespace: given, ...call } = parseCallOptions(options);
  const collection = parseResource(resource);
  const schema = verb === 'create' ? newObject : storedObject;
  const { metadata } = validate(schema, object, 'object');
  if (given !== undefined && metadata.namespace !== undefined && given !== metadata.namespace) {
    const message = `${JSON.stringify(metadata.namespace)} is not the namespace of the options, ${JSON.stringify(given)}; leave one of them out`;
    throw new ConfigError([{ path: 'object.metadata.namespace', message }]);
  }
  const namespace = given ?? metadata.namespace ?? (await requester.namespace());
  const { apiVersion, kind } = RESOURCES[collection];
  return {
    namespace,
    name: metadata.name,
    call: {
      ...call,
      what: describe(verb, collection, metadata.name, namespace),
      headers: json,
      body: toJson({ ...object, apiVersion, kind }),
      judge: judgeObject(resource),
    },
  };
}

function toJson(object: object): string {
  try {
    return JSON.stringify(object);
  } catch (error) {
    const message = 'cannot be written as JSON: does it hold itself, or a BigInt? Leave that out';
    throw new ConfigError([{ path: 'object', message }], { cause: error });
  }
}

const json = { accept: 'application/json', 'content-type': 'application/json' };

function judgeObject<R extends KubernetesResource>(resource: R): Call<KubernetesObject<R>>['judge'] {
  const { kind } = RESOURCES[resource];
  return (answer, place) =>
    judge(answer, place, ({ body }) => {
      const object = parseJson(body) as (KubernetesObject<R> & { kind?: unknown }) | null | undefined;
      return object?.kind === kind ? object : undefined;
    });
}

function kindOf(body: string): string | undefined {
  const object = parseJson(body) as { kind?: unknown } | null | undefined;
  return typeof object?.kind === 'string' ? object.kind : undefined;
}

function countItems(body: string): number | undefined {
  const list = parseJson(body) as { kind?: unknown; items?: unknown } | null | undefined;
  if (typeof list?.kind !== 'string') return undefined;
  return Array.isArray(list.items) ? list.items.length : 0;
}

const deleteBody = (options: Omit<KubernetesDeleteOptions, keyof KubernetesCallOptions> | object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options });

const metadataEntries = { namespace: v.optional(namespaceName), generateName: v.optional(v.string()) };

const newObject = v.object({
  metadata: v.pipe(
    v.object({ ...metadataEntries, name: v.optional(objectName) }),
    v.check(
      ({ name, generateName }) => (name ?? '') !== '' || (generateName ?? '') !== '',
      'expected a name or a generateName, received neither',
    ),
  ),
});

const storedObject = v.object({
  metadata: v.object({
    ...metadataEntries,
    name: objectName,
    // Without one the API would overwrite what somebody else wrote meanwhile.
    resourceVersion: v.pipe(
      v.string('expected the resourceVersion that was read; get the object first'),
      v.nonEmpty('expected the resourceVersion that was read; get the object first'),
    ),
  }),
});
