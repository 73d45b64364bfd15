import { UnusableAnswer } from './connection-error.ts';
import type { Carrier } from './message.ts';

/**
 * Requests by the fetch that is given, else by ofetch's `fetch`: the platform's, looked up at each call. Not by `$fetch`:
 * its retries, time limits, redirects and parsing would all be off, for they are ours, and cost a tenth of a request even so.
 */
export function openFetch(given: typeof fetch | undefined, maxBodyBytes: number): Carrier {
  let send = given;
  return {
    async carry({ method, url, headers, body }, signal) {
      // Only the first request loads it: that takes nearly half of the time of importing this library.
      send ??= (await import('ofetch')).fetch;
      // In bytes: fetch would name a string's type text/plain.
      const bytes = typeof body === 'string' ? encoder.encode(body) : body;
      const response = await send(url, {
        method,
        headers,
        body: bytes as BodyInit,
        redirect: 'manual',
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

const encoder = new TextEncoder();

/** At once where there is nothing to read. */
function readText(response: Response, maxBodyBytes: number): string | Promise<string> {
  const { body, headers } = response;
  if (body === null) return '';
  const header = headers.get('content-length');
  // Of a compressed body it says nothing.
  const length = header === null || headers.has('content-encoding') ? undefined : Number(header);
  if (length === 0) return '';
  if (length !== undefined && length > maxBodyBytes) return refuse(response, maxBodyBytes);
  return readWithin(body, length, maxBodyBytes);
}

/** Ends with the byte that completes `length`: to wait for the stream's own end, as text() does, is felt. */
async function readWithin(
  body: ReadableStream<Uint8Array>,
  length: number | undefined,
  maxBodyBytes: number,
): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  while (bytes !== length) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maxBodyBytes) {
      await reader.cancel();
      throw tooLarge(maxBodyBytes);
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

async function refuse(response: Response, maxBodyBytes: number): Promise<never> {
  await discard(response);
  throw tooLarge(maxBodyBytes);
}

const tooLarge = (limit: number) => new UnusableAnswer(`its body is over ${limit} bytes`);

async function discard(response: Response): Promise<''> {
  await response.body?.cancel();
  return '';
}
