import { redact } from '../core/observe.ts';
import { hiderOf } from './hide-secrets.ts';
import { queryOf } from './query.ts';
import type { ConfigEndpoint, ConfigRequest } from './requester-config.ts';

/** What all calls of one request have in common. */
export interface PreparedRequest {
  readonly name: string;
  readonly endpoint: ConfigEndpoint;
  readonly retries: number;
  /** Milliseconds. */
  readonly retryDelay: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a GET, without a cursor. */
  readonly query: string;
  /** Of a POST. */
  readonly body: Uint8Array | undefined;
  readonly shownHeaders: Readonly<Record<string, string>>;
  readonly shownParams: unknown;
  /** The text without the secrets that the request sends. */
  hide(text: string): string;
}

export function prepareRequest({ name, endpoint, retries, retryDelay }: ConfigRequest): PreparedRequest {
  const { type, headers, params } = endpoint;
  const names = Object.keys(headers).map((header) => header.toLowerCase());
  const typed = type === 'POST' && !names.includes('content-type');
  return {
    name,
    endpoint,
    retries,
    retryDelay,
    headers: typed ? { 'content-type': 'application/json', ...headers } : headers,
    query: type === 'GET' ? queryOf(params) : '',
    body: type === 'POST' ? new TextEncoder().encode(JSON.stringify(params)) : undefined,
    shownHeaders: Object.freeze(redact(headers)),
    shownParams: Object.freeze(redact(params)),
    hide: hiderOf(endpoint),
  };
}
