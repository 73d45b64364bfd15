import { createFetch, FetchError } from 'ofetch';
import { UnusableAnswer } from './connection-error.ts';
import type { Carrier, HttpAnswer } from './transport.ts';

/** Requests through ofetch, with its retries, time limits, redirects and parsing off, for they are ours. */
export function openFetch(given: typeof fetch | undefined, maxBodyBytes: number): Carrier {
  const { raw } = createFetch({
    // A clean `init`: ofetch's own options would stand in it too.
    fetch: (input, { method, headers, body, redirect, signal } = {}) =>
      (given ?? globalThis.fetch)(input, { method, headers, body, redirect, signal } as RequestInit),
  });
  return {
    async carry({ method, url, headers, body }, _url, signal) {
      // In bytes: ofetch would name a string's type application/json, fetch text/plain.
      const bytes = typeof body === 'string' ? encoder.encode(body) : body;
      const response = await unwrapped(
        raw(url, { ...ofetchOff, method, headers, body: bytes as BodyInit, signal }),
      );
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

const ofetchOff = {
  retry: false,
  redirect: 'manual',
  responseType: 'stream',
  ignoreResponseError: true,
} as const;

const encoder = new TextEncoder();

/** A FetchError has the whole url in its message; what made it is its cause. */
async function unwrapped(answer: Promise<Response>): Promise<Response> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof FetchError ? error.cause : error;
  }
}

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
