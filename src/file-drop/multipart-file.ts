import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

/** A form of one file, as a body that is read from where the file stands. */
export interface MultipartFile {
  readonly headers: { readonly 'content-type': string; readonly 'content-length': string };
  readonly body: ReadableStream<Uint8Array>;
}

/**
 * A multipart form with one field (RFC 7578). The name is written as browsers write it (HTML standard, "multipart/form-data
 * encoding algorithm"), other control characters percent-encoded too, so that no name ends its line.
 *
 * @param size bytes that `open` gives
 */
export function multipartFile(
  field: string,
  filename: string,
  size: number,
  open: () => AsyncIterable<Uint8Array>,
): MultipartFile {
  const boundary = `holdfast-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\n` +
      `Content-Disposition: form-data; name="${field}"; filename="${escaped(filename)}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* parts() {
    yield head;
    yield* open();
    yield tail;
  }
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + size + tail.length),
    },
    body: Readable.toWeb(Readable.from(parts(), { objectMode: false })) as ReadableStream<Uint8Array>,
  };
}

function escaped(filename: string): string {
  return Array.from(filename.toWellFormed(), (character) =>
    character < ' ' || character === '"' || character === '\u007f'
      ? encodeURIComponent(character)
      : character,
  ).join('');
}
