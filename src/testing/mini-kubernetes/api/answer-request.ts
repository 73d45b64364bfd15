import { notFound } from '../store/refusals.ts';
import { isResourceName, RESOURCES, type Resource, renderObject } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';
import { type Answer, objectAnswer } from './answer.ts';
import { deleteCollection, deleteOne } from './api-delete.ts';
import { createOne, patchOne, replaceOne, type WriteRequest } from './api-write.ts';
import { answerPath, notFoundText } from './discovery.ts';
import { readListOptions } from './list-options.ts';
import { listObjects } from './listing.ts';
import { checkAccept } from './media-types.ts';
import type { RequestInfo, ResourceRequest } from './request-info.ts';
import { watchObjects } from './watching.ts';

/** An authorized request with its whole body. */
export interface ApiRequest {
  readonly method: string;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly headers: { readonly [Name in 'accept' | 'content-type']?: string | undefined };
  readonly body: string;
}

/**
 * Carries a request out on the store.
 * @throws StatusError for whatever is refused.
 */
export function answerRequest(store: Store, request: ApiRequest): Answer {
  const { info } = request;
  if (info.type === 'path') return answerPath(info.method, info.path);
  const known = Object.values(RESOURCES).some(
    ({ group, version }) => group === info.group && version === info.version,
  );
  if (!known) return notFoundText();
  const resource = resourceOf(info);
  checkAccept(request.headers.accept);
  if (info.subresource !== '' && info.subresource !== 'status') throw noSuchResource();
  if (info.name !== '') return answerObject(store, resource, info, request);
  return answerCollection(store, resource, info, request);
}

/** @throws StatusError 404 where the group has no such resource. */
function resourceOf(info: ResourceRequest): Resource {
  const resource = isResourceName(info.resource) ? RESOURCES[info.resource] : undefined;
  if (resource === undefined || resource.group !== info.group || resource.version !== info.version) {
    throw noSuchResource();
  }
  return resource;
}

const noSuchResource = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});

const methodNotAllowed = () =>
  new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

function answerCollection(
  store: Store,
  resource: Resource,
  info: ResourceRequest,
  request: ApiRequest,
): Answer {
  const namespace = resource.namespaced && info.namespace !== '' ? info.namespace : undefined;
  const write = writeRequest(resource, info, request);
  switch (info.verb) {
    case 'list': {
      const options = readListOptions(resource.name, request.query, false);
      return objectAnswer(200, listObjects(store, resource.name, namespace, options));
    }
    case 'watch': {
      const options = readListOptions(resource.name, request.query, true);
      return {
        type: 'watch',
        start: (sink) => watchObjects(store, resource.name, namespace, options, sink),
      };
    }
    case 'create':
      if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
      return createOne(store, write);
    case 'deletecollection':
      if (namespace === undefined) throw methodNotAllowed();
      return deleteCollection(store, write);
    default:
      throw methodNotAllowed();
  }
}

function answerObject(store: Store, resource: Resource, info: ResourceRequest, request: ApiRequest): Answer {
  const namespace = resource.namespaced ? info.namespace : '';
  // An object of a namespaced resource has no address without its namespace.
  if (resource.namespaced && namespace === '') throw noSuchResource();
  const write = writeRequest(resource, info, request);
  const isStatus = info.subresource === 'status';
  switch (info.verb) {
    case 'get': {
      const object = store.get(resource.name, namespace, info.name);
      if (object === undefined) throw notFound(resource, info.name);
      return objectAnswer(200, renderObject(resource, object));
    }
    case 'update':
      return replaceOne(store, write);
    case 'patch':
      return patchOne(store, write);
    case 'delete':
      if (isStatus || !resource.namespaced) throw methodNotAllowed();
      return deleteOne(store, write);
    default:
      throw methodNotAllowed();
  }
}

const writeRequest = (
  resource: Resource,
  info: ResourceRequest,
  { query, headers, body }: ApiRequest,
): WriteRequest => ({
  resource,
  namespace: resource.namespaced ? info.namespace : '',
  name: info.name,
  part: info.subresource === 'status' ? 'status' : 'object',
  query,
  contentType: headers['content-type'],
  body,
});
