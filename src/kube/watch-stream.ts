import type { Dispatcher } from 'undici';
import { onAbort } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { Status } from './status.ts';
import { Garbled, readLines, type WatchLine } from './watch-lines.ts';

/** How a stream ended. */
type StreamEnd =
  | { readonly why: 'ended' | 'reset' | 'silent' | 'garbled' | 'left' }
  | { readonly why: 'error'; readonly status: Status };

interface StreamOptions {
  readonly clock: Clock;
  /** Milliseconds after which the server ends the stream. */
  readonly timeout: number;
  /** Milliseconds. A stream that is quiet for so long after the server should have ended it is dead. */
  readonly maxSilence: number;
  /** Takes a line; while it has not resolved the next one is not read, and none at all after 'leave'. */
  onLine(line: Exclude<WatchLine, { kind: 'error' }>): Promise<'leave' | undefined>;
  readonly signal: AbortSignal;
}

/** Reads one stream to its end. Rejects with the signal's reason, and with what `onLine` throws. */
export async function readStream(
  body: Dispatcher.ResponseData['body'],
  { clock, timeout, maxSilence, onLine, signal }: StreamOptions,
): Promise<StreamEnd> {
  let silent = false;
  let handled: unknown;
  let lastRead = clock.monotonic();
  let taking = false;
  // Destroying it makes it fail, and by then nobody may be reading.
  body.on('error', ignoreTheEnd);
  const check = () => {
    const quiet = clock.monotonic() - lastRead;
    if (taking || quiet < maxSilence) {
      stopTimer = clock.setTimer(check, taking ? maxSilence : maxSilence - quiet);
      return;
    }
    silent = true;
    body.destroy();
  };
  let stopTimer = clock.setTimer(check, timeout + maxSilence);
  const stopListening = onAbort(signal, () => body.destroy());
  try {
    for await (const line of readLines(body)) {
      if (line.kind === 'error') return { why: 'error', status: line.status };
      taking = true;
      const next = await onLine(line).catch((error: unknown) => {
        handled = error;
        throw error;
      });
      if (next === 'leave') return { why: 'left' };
      taking = false;
      lastRead = clock.monotonic();
    }
    signal.throwIfAborted();
    return { why: silent ? 'silent' : 'ended' };
  } catch (error) {
    signal.throwIfAborted();
    if (handled !== undefined) throw handled;
    if (silent) return { why: 'silent' };
    return { why: error instanceof Garbled ? 'garbled' : 'reset' };
  } finally {
    stopTimer();
    stopListening();
    body.destroy();
  }
}

function ignoreTheEnd(): void {
  // The loop is told as well, where there is one.
}
