import { splitCredentials } from '../http/credentials.ts';
import type { HttpAnswer } from '../http/message.ts';
import type { Transport } from '../http/transport.ts';
import type { Call } from './call.ts';
import type { PodSource } from './pod-source.ts';
import { withQuery } from './query.ts';

/** One request of a call. */
interface Sending {
  readonly call: Call;
  /** Of a GET: what is added to the url. */
  readonly query: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Cuts it. Only for reads. */
  readonly signal: AbortSignal | undefined;
}

/** Sends one request and gives its whole answer. Throws what the transport or the cluster throws, at once or later. */
export type Send = (sending: Sending) => Promise<HttpAnswer>;

type Target = ReturnType<typeof splitCredentials>;

/** To the pod's own address. */
export function sendDirectly(transport: Transport): Send {
  return ({ call, query, timeout, signal }) => {
    const { endpoint, headers, body } = call.request;
    const { url, authorization }: Target = endpoint.template.hasSecrets
      ? splitCredentials(call.url)
      : { url: call.url };
    return transport.send({
      method: endpoint.type,
      url: withQuery(url, query),
      headers: authorization === undefined ? headers : { authorization, ...headers },
      timeout,
      body,
      signal,
    });
  };
}

/** Through the API server, which knows the pod by its name. */
export function sendByProxy(proxy: NonNullable<PodSource['proxy']>, maxBodyBytes: number): Send {
  return ({ call, query, timeout, signal }) => {
    const { pod, request } = call;
    const url = new URL(withQuery(call.url, query));
    return proxy({
      name: pod.name,
      ...(pod.namespace === undefined ? {} : { namespace: pod.namespace }),
      scheme: url.protocol === 'https:' ? 'https' : 'http',
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      method: request.endpoint.type,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      attemptTimeout: timeout,
      deadline: timeout,
      maxBodyBytes,
      ...(signal === undefined ? {} : { signal }),
    });
  };
}
