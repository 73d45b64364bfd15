import type * as Ofetch from 'ofetch';
import { UnusableAnswer } from './connection-error.ts';
import type { Carrier } from './message.ts';

/** Requests through ofetch, with its retries, time limits, redirects and parsing off, for they are ours. */
export function openFetch(given: typeof fetch | undefined, maxBodyBytes: number): Carrier {
  let raw: Ofetch.$Fetch['raw'] | undefined;
  return {
    async carry({ method, headers, body }, url, signal) {
      raw ??= openRaw(await loadOfetch(), given);
      // In bytes: ofetch would name a string's type application/json, fetch text/plain.
      const bytes = typeof body === 'string' ? encoder.encode(body) : body;
      // Parsed already: in a text ofetch would look for its own query.
      const response = await raw(url as unknown as string, {
        ...ofetchOff,
        method,
        headers,
        body: bytes as BodyInit,
        signal,
      });
      if (signal.aborted) await discard(response);
      const { status, headers: received } = response;
      // A response of type opaqueredirect or error.
      if (status === 0) throw new UnusableAnswer('the fetch in use hides the answer');
      const empty = method === 'HEAD' || status === 204 || status === 304;
      return {
        status,
        header: (name) => received.get(name) ?? undefined,
        body: await (empty ? discard(response) : readText(response, maxBodyBytes)),
      };
    },
  };
}

/** It takes nearly half of the time of importing this library, so only the first request loads it. */
const loadOfetch = (): Promise<typeof Ofetch> => import('ofetch');

const openRaw = ({ createFetch }: typeof Ofetch, given: typeof fetch | undefined): Ofetch.$Fetch['raw'] =>
  createFetch({
    // A clean `init`: ofetch's own options would stand in it too.
    fetch: (input, { method, headers, body, redirect, signal } = {}) =>
      (given ?? globalThis.fetch)(String(input), { method, headers, body, redirect, signal } as RequestInit),
    Headers: PlainHeaders as unknown as typeof Headers,
  }).raw;

const ofetchOff = {
  retry: false,
  redirect: 'manual',
  responseType: 'stream',
  ignoreResponseError: true,
  // Before ofetch makes it a FetchError, whose message has the whole url.
  onRequestError: ({ error }: { error: Error }) => {
    throw error;
  },
} as const;

/** The headers as they were given: fetch makes its own of them, and making them twice is felt. */
class PlainHeaders {
  constructor(headers: object) {
    // biome-ignore lint/correctness/noConstructorReturn: ofetch makes its headers by `new`.
    return headers;
  }
}

const encoder = new TextEncoder();

async function readText(response: Response, maxBodyBytes: number): Promise<string> {
  const { body, headers } = response;
  if (body === null) return '';
  const length = headers.get('content-length');
  if (length !== null && Number(length) > maxBodyBytes) {
    await discard(response);
    throw tooLarge(maxBodyBytes);
  }
  // The quick way, where the length is known: of a compressed body it is not.
  if (length !== null && headers.get('content-encoding') === null) return response.text();
  return readWithin(body, maxBodyBytes);
}

async function readWithin(body: ReadableStream<Uint8Array>, maxBodyBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // Leaving the loop by a throw cancels the stream.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const tooLarge = (limit: number) => new UnusableAnswer(`its body is over ${limit} bytes`);

async function discard(response: Response): Promise<''> {
  await response.body?.cancel();
  return '';
}
