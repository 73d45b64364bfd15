import { StatusError } from '../store/status-error.ts';

/** @throws StatusError 406 where none of the types a client takes is JSON. */
export function checkAccept(accept: string | undefined): void {
  const types = (accept ?? '').split(',').map((type) => type.trim());
  if (types.some(isJson)) return;
  throw new StatusError(
    406,
    'NotAcceptable',
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, ' +
      'application/vnd.kubernetes.protobuf, application/json;stream=watch, ' +
      'application/vnd.kubernetes.protobuf;stream=watch',
    {},
  );
}

/** @throws StatusError 406 in the words of pods/log. */
export function checkLogAccept(accept: string | undefined): void {
  const types = (accept ?? '').split(',').map((type) => type.trim());
  if (types.some(isJson)) return;
  throw new StatusError(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml, ' +
      'application/vnd.kubernetes.protobuf',
  );
}

/** A table or the bare metadata of objects, which some clients would rather have, are not made here. */
const isJson = (type: string) =>
  type === '' || (/^(application\/json|application\/\*|\*\/\*)\s*(;|$)/.test(type) && !/;\s*as=/.test(type));

/** @throws StatusError 415 for a body that says it is something else than JSON. */
export function checkBodyType(contentType: string | undefined): void {
  const type = bareType(contentType);
  if (type === '' || type === 'application/json') return;
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, ' +
      'application/yaml, application/vnd.kubernetes.protobuf',
  );
}

export type PatchType = 'json' | 'merge' | 'strategic';

/** @throws StatusError 415 for a patch of another kind, `application/json` among them. */
export function patchTypeOf(contentType: string | undefined): PatchType {
  const type = PATCH_TYPES.get(bareType(contentType));
  if (type === undefined) {
    throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
  return type;
}

const PATCH_TYPES = new Map<string, PatchType>([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
]);

const bareType = (contentType: string | undefined) =>
  (contentType ?? '').split(';', 1).join('').trim().toLowerCase();
