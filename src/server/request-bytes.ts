import type { Clock } from '../core/clock.ts';
import { DetailError } from './detail.ts';

export interface ByteLimits {
  readonly maxBytes: number;
  /** Milliseconds that the client may send nothing. */
  readonly stallTimeout: number;
  readonly clock: Clock;
}

/**
 * The body of a request as it comes, read no sooner than it is wanted.
 *
 * @throws {DetailError} 413 past `maxBytes`, 408 where nothing comes for `stallTimeout`
 * @throws the platform's error where the client leaves
 */
export async function* requestBytes(
  { body, headers }: Request,
  { maxBytes, stallTimeout, clock }: ByteLimits,
): AsyncGenerator<Uint8Array, undefined> {
  const tooLarge = () => new DetailError(413, `the body is over ${maxBytes} bytes, which is the limit`);
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  const reader = body?.getReader();
  if (reader === undefined) return;
  let bytes = 0;
  let ended = false;
  try {
    for (;;) {
      const chunk = await beforeStall(() => reader.read(), stallTimeout, clock);
      ended = chunk.done;
      if (chunk.done) return;
      bytes += chunk.value.byteLength;
      if (bytes > maxBytes) throw tooLarge();
      yield chunk.value;
    }
  } finally {
    // Not awaited, and its error is not wanted: it concerns bytes that nobody reads.
    if (!ended) reader.cancel().catch(() => undefined);
  }
}

async function beforeStall<T>(read: () => Promise<T>, limit: number, clock: Clock): Promise<T> {
  const stalled = Promise.withResolvers<never>();
  const error = new DetailError(408, `nothing came for ${limit} milliseconds; send the form again`);
  const cancel = clock.setTimer(() => stalled.reject(error), limit);
  try {
    return await Promise.race([read(), stalled.promise]);
  } finally {
    cancel();
  }
}
