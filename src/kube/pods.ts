import type { Dispatcher } from 'undici';
import * as v from 'valibot';
import { count, oneOf, validate } from '../core/validate.ts';
import {
  callEntries,
  type KubernetesCallOptions,
  type PodLogOptions,
  parseName,
  parsePodLogOptions,
} from './call-options.ts';
import { objectName } from './names.ts';
import { describe, query } from './request-path.ts';
import type { Requester } from './requester.ts';
import { collectionPath } from './resources.ts';
import { judge, judgeProxied } from './verdict.ts';

/** A request to a pod that the API server passes on. */
export interface PodRequest extends KubernetesCallOptions {
  /** The pod's. */
  readonly name: string;
  /** A number: the API server closes the connection for a name. */
  readonly port: number;
  /** @default 'http' */
  readonly scheme?: 'http' | 'https' | undefined;
  /**
   * With its query, percent-encoded: `/echo/a%20b?x=1`. The API server unescapes the path and cleans it up, so one with an
   * escaped slash, a double slash or a `.` segment would arrive as another and is refused.
   */
  readonly path: string;
  /** @default 'GET' */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  /** Not `authorization`, which the API server takes for its own and off, nor any that impersonates. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** @default none */
  readonly body?: string | Uint8Array | undefined;
  /** An answer's body over this many bytes is refused. @default 10_485_760 */
  readonly maxBodyBytes?: number | undefined;
}

/** What the pod answered, whatever the status. */
export interface PodAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Of any case; several values are joined by a comma. */
  header(name: string): string | undefined;
  /** Decoded as UTF-8. */
  readonly body: string;
}

/** @see Kubernetes.podLog */
export async function readPodLog(
  requester: Requester,
  name: string,
  options?: PodLogOptions,
): Promise<string> {
  const { namespace: given, container, tailLines, previous, ...rest } = parsePodLogOptions(options);
  const { limitBytes = TEN_MEGABYTES, ...call } = rest;
  const pod = parseName(name);
  const namespace = given ?? (await requester.namespace());
  const what = describe('get', 'pods/log', pod, namespace);
  return requester.call({
    ...call,
    what,
    method: 'GET',
    path: `${collectionPath('pods', namespace)}/${pod}/log${query({ container, tailLines, previous, limitBytes })}`,
    repeatable: true,
    judge: (answer, place) => judge(answer, place, ({ body }) => body),
  });
}

/** @see Kubernetes.proxyPod */
export async function requestPod(requester: Requester, request: PodRequest): Promise<PodAnswer> {
  const given = validate(podRequest, request, 'request');
  const { name, port, scheme, path, method = 'GET', headers = {}, body, maxBodyBytes, ...options } = given;
  const { namespace: named, ...call } = options;
  const namespace = named ?? (await requester.namespace());
  const target = `${scheme === 'https' ? 'https:' : ''}${name}:${port}`;
  const answer = await requester.call({
    ...call,
    what: describe(`${method} through`, 'pods/proxy', target, namespace),
    method: method as Dispatcher.HttpMethod,
    path: `${collectionPath('pods', namespace)}/${target}/proxy${path}`,
    headers,
    body,
    // The pod is not the API: what its requests do twice only the caller knows.
    repeatable: false,
    maxBodyBytes: maxBodyBytes ?? TEN_MEGABYTES,
    judge: (answer, place) => judgeProxied(answer, place, method === 'GET' || method === 'HEAD'),
  });
  return { status: answer.status, header: answer.header, body: answer.body };
}

const TEN_MEGABYTES = 10 * 1024 * 1024;

const proxiedPath = v.pipe(
  v.string(),
  v.check((path) => path.startsWith('/'), 'expected a path that begins with "/"'),
  v.check(
    (path) => /^[\x21-\x7e]*$/.test(path) && !path.includes('#'),
    'expected a path without spaces, fragment and characters that are not percent-encoded; encode them',
  ),
  v.check(
    (path) => !/\/\/|%2f|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path.replace(/\?.*$/s, '')),
    'expected a path without "//", "%2F", "." and ".." segments: the API server\'s proxy would change it; call the pod by its address',
  ),
);

const ownHeader =
  /^(?:authorization|proxy-authorization|impersonate-.*|host|connection|upgrade|transfer-encoding|content-length|te|trailer|expect|keep-alive)$/i;

const proxiedHeaders = v.record(
  v.pipe(
    v.string(),
    v.regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no header name (RFC 9110, 5.1); rename it'),
    v.check((name) => !ownHeader.test(name), 'cannot be passed on by the API server; leave it out'),
  ),
  // Without the value, which may be a secret.
  v.custom<string>(
    (value) => typeof value === 'string' && /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value),
    'holds a line break or another character that no header can; encode it',
  ),
);

const podRequest = v.strictObject({
  ...callEntries,
  name: objectName,
  port: v.pipe(
    count(1),
    v.check((port) => port <= 65_535, 'expected a port of at most 65535'),
  ),
  scheme: v.optional(oneOf('http', 'https')),
  path: proxiedPath,
  method: v.optional(oneOf('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE')),
  headers: v.optional(proxiedHeaders),
  body: v.optional(
    v.custom<string | Uint8Array>(
      (value) => typeof value === 'string' || value instanceof Uint8Array,
      ({ input }) => `expected a text or bytes, received ${typeof input}`,
    ),
  ),
  maxBodyBytes: v.optional(count(1)),
});
