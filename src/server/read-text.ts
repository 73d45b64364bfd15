import { DetailError } from './detail.ts';

/**
 * The body of a request.
 *
 * @throws {DetailError} 413 for one over the limit
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const { headers } = request;
  const length = headers.get('content-length');
  if (length !== null && Number(length) > maxBytes) throw tooLarge(maxBytes);
  // The quick way, where HTTP itself holds the body to its length.
  if (length !== null && !headers.has('transfer-encoding')) return request.text();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const tooLarge = (maxBytes: number) =>
  new DetailError(413, `the body is over ${maxBytes} bytes, which is the limit`);
