import { badRequest } from '../store/refusals.ts';

/** What a request is about, read from its method and path, before anything is known to exist. */
export type RequestInfo = ResourceRequest | PathRequest;

export interface ResourceRequest {
  readonly type: 'resource';
  readonly verb: Verb;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty across all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** Up to the end of the subresource, as it was sent. */
  readonly prefix: string;
  /** What follows the subresource, as it was sent. */
  readonly rest: string;
}

interface PathRequest {
  readonly type: 'path';
  /** In lower case. */
  readonly method: string;
  readonly path: string;
}

/** The words that rights are given in; empty for a method that has none. */
type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection' | '';

/** @throws StatusError 400 for a path that cannot be decoded. */
export function readRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const match = RESOURCE_PATH.exec(path);
  if (match === null) return { type: 'path', method: method.toLowerCase(), path };
  const { coreVersion, group = '', version = '', watch, rest = '' } = match.groups ?? {};
  const [namespace, resource, name, subresource] = placesOf(match.groups ?? {}).map(decoded);
  const verb = verbOf(method, name ?? '', watch !== undefined || isWatch(query));
  return {
    type: 'resource',
    verb,
    group,
    version: coreVersion ?? version,
    resource: resource ?? '',
    namespace: namespace ?? '',
    // A create's name stands in its body, a collection has none.
    name: name ?? '',
    subresource: subresource ?? '',
    prefix: path.slice(0, path.length - rest.length),
    rest,
  };
}

const RESOURCE_PATH = new RegExp(
  '^/(?:api/(?<coreVersion>v1)|apis/(?<group>[^/]+)/(?<version>[^/]+))(?<watch>/watch)?' +
    '(?:/namespaces/(?<namespace>[^/]+))?/(?<resource>[^/]+)' +
    '(?:/(?<name>[^/]+)(?:/(?<subresource>[^/]+)(?<rest>/.*)?)?)?/?$',
);

type Places = { readonly [Part in string]?: string | undefined };

/** `/api/v1/namespaces/x/status` is about the namespace, not about something called `status` in it. */
function placesOf({ namespace = '', resource = '', name = '', subresource = '' }: Places): string[] {
  if (namespace !== '' && name === '' && (resource === 'status' || resource === 'finalize')) {
    return [namespace, 'namespaces', namespace, resource];
  }
  if (resource === 'namespaces') return [name, resource, name, subresource];
  return [namespace, resource, name, subresource];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) throw badRequest(`invalid URL escape in ${JSON.stringify(part)}`);
    throw error;
  }
}

/** Anything but `false` and `0` is a watch. */
const isWatch = (query: URLSearchParams) => {
  const value = query.get('watch');
  return value !== null && !['false', '0'].includes(value.toLowerCase());
};

function verbOf(method: string, name: string, watch: boolean): Verb {
  switch (method) {
    case 'GET':
      if (name !== '') return 'get';
      return watch ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      return '';
  }
}
