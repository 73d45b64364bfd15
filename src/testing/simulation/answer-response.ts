import type { GroupAnswer } from '../group-answer.ts';
import { LightResponse } from './light-response.ts';

/** An answer as fetch gives it. */
export function responseOf({ status, contentType, body, headers = [] }: GroupAnswer): Response {
  return new LightResponse(status, headersOf(contentType, utf8Length(body), headers), body);
}

/** An answer whose connection ends in the middle of its body. */
export function truncatedResponse({ status, contentType, body, headers = [] }: GroupAnswer): Response {
  const half = new TextEncoder().encode(body === '' ? ' ' : body.slice(0, body.length >> 1));
  let sent = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent || half.length === 0) return controller.error(networkError('terminated', 'UND_ERR_SOCKET'));
      sent = true;
      controller.enqueue(half);
    },
  });
  const length = Math.max(2, utf8Length(body));
  return new Response(stream, { status, headers: headersOf(contentType, length, headers) });
}

/** What fetch rejects with where there is no answer. */
export function networkError(message: string, code: string): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error(code), { code }) });
}

function headersOf(contentType: string, length: number, more: readonly string[]): [string, string][] {
  const headers: [string, string][] = [
    ['content-type', contentType],
    ['content-length', String(length)],
  ];
  for (let index = 0; index + 1 < more.length; index += 2) {
    headers.push([more[index] ?? '', more[index + 1] ?? '']);
  }
  return headers;
}

const utf8Length = (text: string) => Buffer.byteLength(text);
