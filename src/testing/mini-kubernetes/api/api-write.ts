import { admitCreate, admitStatus, admitUpdate } from '../admission/admission.ts';
import { DecodeError, decodeObject } from '../admission/decode.ts';
import { invalid, invalidValue, unsupportedValue } from '../admission/field-error.ts';
import { checkName, parseJson, readObject } from '../admission/read-object.ts';
import { isJsonObject, type JsonObject, objectAt, stringAt } from '../store/json.ts';
import type { Draft, KubeObject, ObjectOf, ResourceName } from '../store/objects.ts';
import { alreadyExists, badRequest, conflict, notFound } from '../store/refusals.ts';
import { qualifiedName, RESOURCES, type Resource, renderObject } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';
import { timestamp } from '../store/time.ts';
import { type Answer, objectAnswer } from './answer.ts';
import { applyJsonPatch, PatchError } from './json-patch.ts';
import { checkBodyType, patchTypeOf } from './media-types.ts';
import { applyMergePatch, applyStrategicPatch } from './merge-patch.ts';
import { freeAddress } from './place.ts';

/** A request that changes something. */
export interface WriteRequest {
  readonly resource: Resource;
  /** Empty for namespaces. */
  readonly namespace: string;
  readonly name: string;
  readonly part: 'object' | 'status';
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** `POST` on a collection. */
export function createOne(store: Store, request: WriteRequest): Answer {
  const { resource, namespace, query } = request;
  checkBodyType(request.contentType);
  const dry = isDryRun(query, 'CreateOptions');
  const { object, warnings } = readObject(resource, namespace, request.body, query.get('fieldValidation'));
  checkNamespace(store, request);
  if (request.body.length > MAX_STORED_BYTES) throw tooLarge();
  const version = stringAt(objectAt(object['metadata'])['resourceVersion']);
  if (version !== '' && version !== '0') {
    throw new StatusError(500, undefined, 'resourceVersion should not be set on objects to be created');
  }
  const admitted = asDraft(admitCreate(resource.name, namespace, object, () => freeAddress(store)));
  const { name = '' } = admitted.metadata;
  const all = [...warnings, ...nameWarnings(resource, name)];
  if (!dry) return objectAnswer(201, renderObject(resource, store.create(resource.name, admitted)), all);
  const existing = store.get(resource.name, namespace, name);
  if (existing !== undefined) throw alreadyExists(resource, existing);
  const metadata = { ...admitted.metadata, creationTimestamp: timestamp(store.clock.now()) };
  return objectAnswer(201, { ...typeMeta(resource), ...admitted, metadata }, all);
}

/** `PUT` on an object. One that is missing is made where it is a Lease. */
export function replaceOne(store: Store, request: WriteRequest): Answer {
  const { resource, namespace, name, query } = request;
  checkBodyType(request.contentType);
  const dry = isDryRun(query, 'UpdateOptions');
  const { object, warnings } = readObject(resource, namespace, request.body, query.get('fieldValidation'));
  checkName(object, name);
  const existing = store.get(resource.name, namespace, name);
  if (existing === undefined) {
    if (resource.name !== 'leases') throw notFound(resource, name);
    checkNamespace(store, request);
    // Who names a uid means one that stood there.
    const uid = stringAt(objectAt(object['metadata'])['uid']);
    if (uid !== '') throw conflict(resource, name, uid, '');
    const admitted = asDraft(admitCreate(resource.name, namespace, object, () => ''));
    const created = dry ? admitted : store.create<ResourceName>(resource.name, admitted);
    return objectAnswer(201, { ...typeMeta(resource), ...created }, warnings);
  }
  if (resource.name === 'leases' && stringAt(objectAt(object['metadata'])['resourceVersion']) === '') {
    throw needsVersion(resource, name);
  }
  return objectAnswer(200, renderObject(resource, save(store, request, existing, object, dry)), warnings);
}

/** `PATCH` on an object. */
export function patchOne(store: Store, request: WriteRequest): Answer {
  const { resource, namespace, name, query } = request;
  const type = patchTypeOf(request.contentType);
  const dry = isDryRun(query, 'PatchOptions');
  const existing = store.get(resource.name, namespace, name);
  if (existing === undefined) throw notFound(resource, name);
  const patch = parseJson(request.body);
  const current: JsonObject = { ...existing };
  const patched = type === 'json' ? patchWithList(current, patch) : mergeWith(current, patch, type);
  checkName(patched, name);
  const object = decodePatched(resource, patched);
  return objectAnswer(200, renderObject(resource, save(store, request, existing, object, dry)));
}

/** @throws StatusError 422 for a value that is not `All`. */
export function isDryRun(query: URLSearchParams, kind: string): boolean {
  const values = query.getAll('dryRun');
  if (values.length === 0) return false;
  if (values.every((value) => value === 'All')) return true;
  const list = `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  throw invalid(`${kind}.meta.k8s.io`, 'meta.k8s.io', kind, '', [unsupportedValue('dryRun', list, ['All'])]);
}

/** What the database of a real server takes. */
const MAX_STORED_BYTES = 1.5 * 1024 * 1024;

const tooLarge = () => new StatusError(500, undefined, 'etcdserver: request is too large');

const typeMeta = (resource: Resource) => renderObject(resource, {});

/** The one place where JSON that has been checked becomes a typed object. */
const asDraft = (object: JsonObject) => object as unknown as Draft<ObjectOf[ResourceName]>;

function save(
  store: Store,
  { resource, name, part }: WriteRequest,
  existing: KubeObject,
  object: JsonObject,
  dry: boolean,
): object {
  const { uid, resourceVersion } = objectAt(object['metadata']);
  if (typeof uid === 'string' && uid !== '' && uid !== existing.metadata.uid) {
    throw conflict(resource, name, uid, existing.metadata.uid);
  }
  const version = stringAt(resourceVersion);
  if (version !== '' && version !== existing.metadata.resourceVersion) throw conflict(resource, name);
  const before: JsonObject = { ...existing };
  const admitted =
    part === 'status' ? admitStatus(before, object) : admitUpdate(resource.name, before, object);
  return dry ? asDraft(admitted) : store.update(resource.name, asDraft(admitted));
}

function checkNamespace(store: Store, { resource, namespace }: WriteRequest): void {
  if (!resource.namespaced || store.get('namespaces', '', namespace) !== undefined) return;
  throw notFound(RESOURCES.namespaces, namespace);
}

function needsVersion(resource: Resource, name: string): StatusError {
  const why = { toString: () => '0x0' };
  const error = invalidValue('metadata.resourceVersion', why, 'must be specified for an update');
  return invalid(qualifiedName(resource), resource.group, resource.name, name, [error]);
}

function nameWarnings(resource: Resource, name: string): string[] {
  return resource.name === 'jobs' && name.includes('.')
    ? [
        'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; ' +
          'a DNS label is recommended: [must not contain dots]',
      ]
    : [];
}

function patchWithList(current: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) {
    const what = isJsonObject(patch) ? 'object' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${what} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  try {
    return applyJsonPatch(current, patch);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw new StatusError(
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
    );
  }
}

function mergeWith(current: JsonObject, patch: unknown, type: 'merge' | 'strategic'): JsonObject {
  if (!isJsonObject(patch))
    throw badRequest('error decoding patch: invalid character in the body of the request');
  return type === 'merge' ? applyMergePatch(current, patch) : applyStrategicPatch(current, patch);
}

/** What a patch leads to is refused with 422, though the same in a body of a PUT is 400. */
function decodePatched(resource: Resource, patched: JsonObject): JsonObject {
  try {
    return decodeObject(resource.kind, patched).value;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const text = JSON.stringify(JSON.stringify({ ...typeMeta(resource), ...patched }));
    const why = { toString: () => text };
    throw invalid(' ', '', '', '', [invalidValue('patch', why, error.message)]);
  }
}
