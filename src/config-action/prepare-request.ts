import { isSecretName, redact, redacted } from '../core/observe.ts';
import type { ConfigEndpoint, ConfigRequest } from './requester-config.ts';

/** What all calls of one request have in common. */
export interface PreparedRequest {
  readonly name: string;
  readonly endpoint: ConfigEndpoint;
  readonly retries: number;
  /** Milliseconds. */
  readonly retryDelay: number;
  readonly headers: Readonly<Record<string, string>>;
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
  const secrets = secretsOf(endpoint);
  return {
    name,
    endpoint,
    retries,
    retryDelay,
    headers: typed ? { 'content-type': 'application/json', ...headers } : headers,
    body: type === 'POST' ? new TextEncoder().encode(JSON.stringify(params)) : undefined,
    shownHeaders: Object.freeze(redact(headers)),
    shownParams: Object.freeze(redact(params)),
    hide: (text) => secrets.reduce((left, secret) => left.replaceAll(secret, redacted), text),
  };
}

/** Shorter ones stand in many an answer by chance. */
const SHORTEST = 4;

/** What the request sends and nobody else may see. */
function secretsOf({ headers, params, template }: ConfigEndpoint): string[] {
  const inHeaders = textsUnder(headers).flatMap((value) => [value, ...value.split(/[\s;,]+/)]);
  const { username, password, searchParams } = new URL(template.render('192.0.2.1', 80));
  const inUrl = [...searchParams].flatMap(([name, value]) => (isSecretName(name) ? [value] : []));
  const secrets = [...inHeaders, ...textsUnder(params), ...inUrl, password];
  if (password !== '') secrets.push(Buffer.from(`${username}:${password}`).toString('base64'));
  const unique = new Set(
    secrets.filter((text) => text.length >= SHORTEST && !/^(?:bearer|basic)$/i.test(text)),
  );
  // The longest first: one may be a part of another.
  return [...unique].sort((a, b) => b.length - a.length);
}

/** The texts under names that tell of a secret. */
function textsUnder(value: unknown, isSecret = false): string[] {
  if (typeof value === 'string') return isSecret ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, held]) => textsUnder(held, isSecret || isSecretName(name)));
}
