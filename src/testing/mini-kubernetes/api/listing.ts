import { keyOf } from '../store/object-table.ts';
import type { KubeObject, ResourceName } from '../store/objects.ts';
import { badRequest } from '../store/refusals.ts';
import { apiVersionOf, RESOURCES } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';
import { type ContinueToken, readContinueToken, writeContinueToken } from './continue-token.ts';
import type { ListOptions } from './list-options.ts';

export interface ObjectList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  /** Without kind and apiVersion. */
  readonly items: readonly KubeObject[];
}

/**
 * One page, or the whole where there is no limit.
 * @throws StatusError 400 for a bad token; 410 where the state it belongs to is forgotten, with a token that goes on
 * all the same; 500 or 504 for a version of the future.
 */
export function listObjects(
  store: Store,
  resource: ResourceName,
  namespace: string | undefined,
  options: ListOptions,
): ObjectList {
  const token = options.continue === '' ? undefined : tokenOf(options);
  const version =
    token === undefined ? versionToRead(store, options) : token.version < 0 ? undefined : token.version;
  const state =
    version === undefined ? store.list(resource, namespace) : store.listAt(resource, version, namespace);
  if (state === undefined) throw expired(token);

  const relative = ({ metadata }: KubeObject) =>
    namespace === undefined ? keyOf(metadata.namespace, metadata.name).replace(/^\//, '') : metadata.name;
  const candidates = token === undefined ? state : state.filter((object) => relative(object) > token.after);
  // What version 0 asks for comes from the watch cache, which knows no pages.
  const limit = options.version === 0 || options.limit === 0 ? candidates.length : options.limit;
  const { items, unread } = takePage(candidates, options.matches, limit);
  const last = items.at(-1);
  const shown = version ?? store.version;
  return {
    kind: `${RESOURCES[resource].kind}List`,
    apiVersion: apiVersionOf(RESOURCES[resource]),
    metadata: {
      resourceVersion: String(shown),
      ...(unread > 0 && last !== undefined
        ? { continue: writeContinueToken({ version: shown, after: relative(last) }) }
        : {}),
      ...(unread > 0 && !options.selects ? { remainingItemCount: unread } : {}),
    },
    items,
  };
}

/**
 * The first that match, as many as there may be. What comes after a full page is not looked at: a selector may leave
 * nothing of it, so that the next page is empty.
 */
function takePage(candidates: readonly KubeObject[], matches: ListOptions['matches'], limit: number) {
  const items: KubeObject[] = [];
  let read = 0;
  for (const object of candidates) {
    if (items.length === limit) break;
    read += 1;
    if (matches(object)) items.push(object);
  }
  return { items, unread: candidates.length - read };
}

/** How long a list waits for a version that is not there yet, in milliseconds. */
export const FUTURE_WAIT = 3_000;

/** Whether a list is to wait for its version before it is answered with 504. */
export const waitsForVersion = (
  store: Store,
  { version, limit, versionMatch, ...rest }: ListOptions,
): boolean =>
  rest.continue === '' &&
  limit === 0 &&
  versionMatch !== 'Exact' &&
  version !== undefined &&
  version > store.version;

function tokenOf(options: ListOptions): ContinueToken {
  if (options.version !== undefined && options.version !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return readContinueToken(options.continue);
}

/** `undefined`: the newest, which is not older than any that is asked for. */
function versionToRead(store: Store, { version, versionMatch, limit }: ListOptions): number | undefined {
  if (version === undefined || version === 0) return undefined;
  const exact = versionMatch === 'Exact' || (versionMatch === '' && limit > 0);
  if (version > store.version) {
    if (exact || limit > 0) {
      throw new StatusError(500, undefined, 'etcdserver: mvcc: required revision is a future revision');
    }
    throw new StatusError(
      504,
      'Timeout',
      `Timeout: Too large resource version: ${version}, current: ${store.version}`,
      {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    );
  }
  return exact ? version : undefined;
}

function expired(token: ContinueToken | undefined): StatusError {
  if (token === undefined) {
    return new StatusError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
  }
  return new StatusError(410, 'Expired', TOO_OLD, undefined, {
    continue: writeContinueToken({ version: -1, after: token.after }),
  });
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';
