import * as v from 'valibot';
import { abortSignal, count, milliseconds, oneOf, validate } from '../core/validate.ts';
import { namespaceName, objectName } from './names.ts';
import { type KubernetesResource, RESOURCES } from './resources.ts';

/** Options of every call. */
export interface KubernetesCallOptions {
  /** @default the client's */
  readonly namespace?: string | undefined;
  /** Milliseconds for one request. @default the client's */
  readonly attemptTimeout?: number | undefined;
  /** Milliseconds for the call with its retries. @default the client's */
  readonly deadline?: number | undefined;
  /** Ends waits and reads at once; a write under way is awaited. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** Which objects. Selectors are evaluated by the API server. */
interface Selection {
  /** As `app=web,tier in (a,b)`. @default all */
  readonly labelSelector?: string | undefined;
  /** As `status.phase=Running`; which fields there are depends on the resource. @default all */
  readonly fieldSelector?: string | undefined;
}

/** Options of `list`. */
export interface KubernetesListOptions extends KubernetesCallOptions, Selection {
  /** Of every namespace. @default false */
  readonly allNamespaces?: boolean | undefined;
  /** How many objects one page may hold. @default 500 */
  readonly limit?: number | undefined;
}

/** Options of `watch`. */
export interface KubernetesWatchOptions extends Omit<KubernetesListOptions, 'attemptTimeout' | 'deadline'> {
  /**
   * Milliseconds after which the server is asked to end a stream, so that the next one finds what went wrong in silence; up
   * to twice as much is drawn, so that not all are begun anew together. @default 300_000
   */
  readonly streamTimeout?: number | undefined;
  /** Milliseconds of silence after that before a stream is given up and the list made anew. @default 30_000 */
  readonly maxSilence?: number | undefined;
}

/** What becomes of the objects that belong to a deleted one, as the pods of a Job. */
export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan';

/** Options of `delete`. */
export interface KubernetesDeleteOptions extends KubernetesCallOptions {
  /** To be named: what the API does by default differs from one resource to the next, and orphans the pods of a Job. */
  readonly propagationPolicy: PropagationPolicy;
  /** The object must be this one, or the call is refused (409 Conflict). @default none */
  readonly preconditions?:
    | {
        /** That of the object, so that no other of its name is met. @default any */
        readonly uid?: string;
        /** That of the object, so that it is as it was read. @default any */
        readonly resourceVersion?: string;
      }
    | undefined;
  /** Seconds a pod gets to end. @default the pod's */
  readonly gracePeriodSeconds?: number | undefined;
}

/** Options of `deleteCollection`. */
export interface KubernetesDeleteCollectionOptions extends KubernetesCallOptions {
  /** To be named, as for a single object. */
  readonly propagationPolicy: PropagationPolicy;
  /** To be named, so that a forgotten one does not delete everything; an empty text stands for all. */
  readonly labelSelector: string;
  /** As the API writes it: `status.phase=Failed`. @default all */
  readonly fieldSelector?: string | undefined;
}

/** Options of `podLog`. */
export interface PodLogOptions extends KubernetesCallOptions {
  /** @default the only one */
  readonly container?: string | undefined;
  /** Only so many of the last lines. @default all */
  readonly tailLines?: number | undefined;
  /** The log is cut after so many bytes. @default 10_485_760 */
  readonly limitBytes?: number | undefined;
  /** The container that ran before the present one. @default false */
  readonly previous?: boolean | undefined;
}

/** @throws {ConfigError} */
export const parseCallOptions = (options: unknown) => validate(callOptions, options ?? {}, 'options');
export const parseListOptions = (options: unknown) => validate(listOptions, options ?? {}, 'options');
export const parseWatchOptions = (options: unknown) => validate(watchOptions, options ?? {}, 'options');
export const parseDeleteOptions = (options: unknown) =>
  validate(deleteOptions, withPolicy(options ?? {}), 'options');
export const parseDeleteCollectionOptions = (options: unknown) =>
  validate(deleteCollectionOptions, withPolicy(options ?? {}), 'options');
export const parsePodLogOptions = (options: unknown) => validate(podLogOptions, options ?? {}, 'options');
export const parseName = (name: unknown): string => validate(objectName, name, 'name');
export const parseResource = (resource: unknown): KubernetesResource =>
  validate(resourceName, resource, 'resource');

export const callEntries = {
  namespace: v.optional(namespaceName),
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  signal: v.optional(abortSignal),
};

const resourceName = oneOf(...(Object.keys(RESOURCES) as KubernetesResource[]));

/** One that is not there has a message of its own as well: nobody knows the words by heart. */
const propagationPolicy = v.custom<PropagationPolicy>(
  (value) => value === 'Foreground' || value === 'Background' || value === 'Orphan',
  ({ input, received }) =>
    input === undefined
      ? "is missing; name 'Foreground', 'Background' or 'Orphan'"
      : `expected 'Foreground', 'Background' or 'Orphan', received ${received}`,
);
const withPolicy = (options: unknown) =>
  typeof options === 'object' && !Array.isArray(options)
    ? { propagationPolicy: undefined, ...options }
    : options;
const selector = v.optional(v.string());

const callOptions = v.strictObject(callEntries);

const listEntries = {
  namespace: callEntries.namespace,
  labelSelector: selector,
  fieldSelector: selector,
  allNamespaces: v.optional(v.boolean()),
  limit: v.optional(count(1)),
  signal: callEntries.signal,
};

interface Where {
  readonly namespace?: string | undefined;
  readonly allNamespaces?: boolean | undefined;
}

const onePlace = <Options extends Where>() =>
  v.check<Options, string>(
    ({ namespace, allNamespaces }) => namespace === undefined || allNamespaces !== true,
    'allNamespaces has no use with a namespace; leave one of the two out',
  );

const listOptions = v.pipe(v.strictObject({ ...callEntries, ...listEntries }), onePlace());

const watchOptions = v.pipe(
  v.strictObject({
    ...listEntries,
    streamTimeout: v.optional(milliseconds(1)),
    maxSilence: v.optional(milliseconds(1)),
  }),
  onePlace(),
);

const deleteOptions = v.strictObject({
  ...callEntries,
  propagationPolicy,
  preconditions: v.optional(
    v.strictObject({ uid: v.optional(v.string()), resourceVersion: v.optional(v.string()) }),
  ),
  gracePeriodSeconds: v.optional(count(0)),
});

const deleteCollectionOptions = v.strictObject({
  ...callEntries,
  propagationPolicy,
  labelSelector: v.string(),
  fieldSelector: selector,
});

const podLogOptions = v.strictObject({
  ...callEntries,
  container: v.optional(objectName),
  tailLines: v.optional(count(0)),
  limitBytes: v.optional(count(1)),
  previous: v.optional(v.boolean()),
});
