import type { KubeObject } from './objects.ts';
import { qualifiedName, type Resource } from './resources.ts';
import { type StatusDetails, StatusError } from './status-error.ts';

/** 404 about one object. */
export const notFound = (resource: Resource, name: string): StatusError =>
  new StatusError(
    404,
    'NotFound',
    `${qualifiedName(resource)} "${name}" not found`,
    detailsOf(resource, name),
  );

/** 409 for a create; an object on its way out says so. */
export function alreadyExists(resource: Resource, existing: KubeObject): StatusError {
  const { name, deletionTimestamp } = existing.metadata;
  const prefix = deletionTimestamp === undefined ? '' : 'object is being deleted: ';
  const message = `${prefix}${qualifiedName(resource)} "${name}" already exists`;
  return new StatusError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

/** 409 for an update that is based on an old version or on an earlier object of that name. */
export function conflict(resource: Resource, name: string, given?: string, actual?: string): StatusError {
  const why =
    given === undefined
      ? 'the object has been modified; please apply your changes to the latest version and try again'
      : `Precondition failed: UID in precondition: ${given}, UID in object meta: ${actual}`;
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(resource, name));
}

/** 400: something that cannot be understood. */
export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);

/** 500: the server itself went wrong. */
export const internalError = (why: string): StatusError =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });

/** `name`, `group` and `kind` in the order real ones have. */
export const detailsOf = (resource: Resource, name?: string): StatusDetails => ({
  ...(name === undefined ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.name,
});
