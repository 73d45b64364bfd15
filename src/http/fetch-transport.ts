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
const decoder = new TextDecoder();

/** At once where there is nothing to read. */
function readText(response: Response, maxBodyBytes: number): string | Promise<string> {
  const { body, headers } = response;
  if (body === null) return '';
  const header = headers.get('content-length');
  // Of a compressed body it says nothing.
  const length = header === null || headers.has('content-encoding') ? undefined : Number(header);
  if (length === 0) return '';
  if (length !== undefined && length > maxBodyBytes) return refuse(response, maxBodyBytes);
  const reader = body.getReader();
  return reader.read().then((first) =>
    // Most answers come in one piece. To wait for the stream's own end then, as text() does, is felt.
    first.value !== undefined && first.value.byteLength === length
      ? decoder.decode(first.value)
      : readOn(reader, first, { length, maxBodyBytes }),
  );
}

/** Ends with the byte that completes `length`. */
async function readOn(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: ReadableStreamReadResult<Uint8Array>,
  { length, maxBodyBytes }: { readonly length: number | undefined; readonly maxBodyBytes: number },
): Promise<string> {
  const pieces = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (let read = first; !read.done; read = await reader.read()) {
    bytes += read.value.byteLength;
    if (bytes > maxBodyBytes) {
      await reader.cancel();
      throw tooLarge(maxBodyBytes);
    }
    text += pieces.decode(read.value, { stream: true });
    if (bytes === length) break;
  }
  return text + pieces.decode();
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
