import { HoldfastError } from '../core/errors.ts';
import { KubernetesError } from './errors.ts';
import { describe, query } from './request-path.ts';
import type { Call, Requester } from './requester.ts';
import { collectionPath, type KubernetesObject, type KubernetesResource, RESOURCES } from './resources.ts';
import { parseJson, parseStatus } from './status.ts';
import { judge } from './verdict.ts';

/** Some of the objects, and where the rest is. */
interface ListPage<R extends KubernetesResource> {
  readonly items: readonly KubernetesObject<R>[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continueToken: string;
}

interface ListSettings {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly attemptTimeout?: number | undefined;
  readonly deadline?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which list, checked and with its namespace settled. */
export interface ListRequest<R extends KubernetesResource> {
  readonly resource: R;
  /** `undefined`: all of them. */
  readonly namespace: string | undefined;
  readonly options: ListSettings;
}

/** Each object, page by page: the next page is asked for when the last object of the one before was taken. */
export async function* listObjects<R extends KubernetesResource>(
  requester: Requester,
  request: () => Promise<ListRequest<R>>,
): AsyncGenerator<KubernetesObject<R>, void, undefined> {
  const list = await request();
  let token = '';
  do {
    const page: ListPage<R> | Expired = await requester.call(pageCall(list, token));
    if ('expired' in page) {
      token = goOn(page, list);
      continue;
    }
    yield* page.items;
    token = page.continueToken;
  } while (token !== '');
}

/** All pages of one state of the collection; one that expired on the way throws, for the rest would be of another state. */
export async function* listPages<R extends KubernetesResource>(
  requester: Requester,
  list: ListRequest<R>,
): AsyncGenerator<ListPage<R>, void, undefined> {
  let token = '';
  do {
    const page: ListPage<R> | Expired = await requester.call(pageCall(list, token));
    if ('expired' in page) throw page.expired;
    yield page;
    token = page.continueToken;
  } while (token !== '');
}

/** The token was too old. The API gives another one, with which the rest can be had as it is now. */
interface Expired {
  readonly expired: HoldfastError;
  readonly continueToken: string | undefined;
}

function goOn({ expired, continueToken }: Expired, { resource }: ListRequest<KubernetesResource>): string {
  if (continueToken !== undefined) return continueToken;
  throw new HoldfastError(
    `The list of ${resource} expired before its last page was asked for, and cannot go on; list anew, and take the objects faster or in smaller pages`,
    { code: 'KUBERNETES_LIST_EXPIRED', retryable: true, cause: expired },
  );
}

function pageCall<R extends KubernetesResource>(
  { resource, namespace, options }: ListRequest<R>,
  token: string,
): Call<ListPage<R> | Expired> {
  const { labelSelector, fieldSelector, limit = 500 } = options;
  const what = describe('list', resource, undefined, namespace);
  return {
    ...options,
    what,
    method: 'GET',
    path: `${collectionPath(resource, namespace)}${query({
      labelSelector,
      fieldSelector,
      limit: Number.isFinite(limit) ? limit : undefined,
      continue: token,
    })}`,
    repeatable: true,
    judge(answer, place) {
      const own = answer.status === 410 ? parseStatus(answer.body) : undefined;
      if (own !== undefined) {
        const expired = new KubernetesError(`${what}: ${own.message} (410 ${own.reason})`, {
          status: 410,
          ...own,
        });
        return { kind: 'done', value: { expired, continueToken: own.continueToken } };
      }
      return judge(answer, place, ({ body }) => readPage(resource, body));
    },
  };
}

function readPage<R extends KubernetesResource>(resource: R, body: string): ListPage<R> | undefined {
  const { apiVersion, kind } = RESOURCES[resource];
  const list = parseJson(body) as Partial<WireList<KubernetesObject<R>>> | null | undefined;
  if (list?.kind !== `${kind}List` || !(Array.isArray(list.items) || list.items === null)) return undefined;
  return {
    // The API leaves kind and apiVersion out of the items of a list.
    items: (list.items ?? []).map((item) => ({ apiVersion, kind, ...item })),
    resourceVersion: list.metadata?.resourceVersion ?? '',
    continueToken: list.metadata?.continue ?? '',
  };
}

interface WireList<Item> {
  readonly kind: string;
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly Item[] | null;
}
