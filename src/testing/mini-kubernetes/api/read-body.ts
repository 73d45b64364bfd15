import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { StatusError } from '../store/status-error.ts';

/**
 * The whole body of a request.
 * @throws StatusError 413 for one of more than 3 MiB; never settles where the client left.
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    // The rest is read and dropped: a connection closed on a client that still sends would lose it the answer.
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  if (!request.readableEnded) await once(request, 'end');
  if (length <= MAX_BODY_BYTES) return Buffer.concat(chunks).toString();
  const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
  throw new StatusError(413, 'RequestEntityTooLarge', message);
}

const MAX_BODY_BYTES = 3 * 1024 * 1024;
