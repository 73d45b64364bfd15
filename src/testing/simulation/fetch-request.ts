import type { RequestHead } from '../group-api.ts';

/** What a caller of fetch asks for. */
export interface FetchRequest extends RequestHead {
  readonly method: string;
  /** The path, with its query. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly origin: string;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

/** Reads the arguments of fetch; quickly where they are plain, and by way of a `Request` where they are not. */
export function readFetch(
  input: string | URL | Request,
  init: RequestInit | undefined,
): FetchRequest | Promise<FetchRequest> {
  const body = init?.body ?? undefined;
  if (input instanceof Request || !isPlain(body)) return readRequest(new Request(input, init));
  return {
    ...splitUrl(String(input)),
    method: (init?.method ?? 'GET').toUpperCase(),
    headers: plainHeaders(init?.headers),
    body: body === undefined ? '' : typeof body === 'string' ? body : decoder.decode(body),
    signal: init?.signal ?? undefined,
  };
}

const decoder = new TextDecoder();

const isPlain = (body: unknown): body is string | Uint8Array | undefined =>
  body === undefined || typeof body === 'string' || body instanceof Uint8Array;

async function readRequest(request: Request): Promise<FetchRequest> {
  const { method, url, headers, signal } = request;
  const body = await request.text();
  return { ...splitUrl(url), method, headers: Object.fromEntries(headers), body, signal };
}

function plainHeaders(headers: RequestInit['headers']): Record<string, string> {
  if (headers === undefined) return {};
  if (headers instanceof Headers || Array.isArray(headers)) return Object.fromEntries(new Headers(headers));
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function splitUrl(url: string): { origin: string; url: string } {
  const path = url.indexOf('/', 'https://'.length);
  return path === -1 ? { origin: url, url: '/' } : { origin: url.slice(0, path), url: url.slice(path) };
}
