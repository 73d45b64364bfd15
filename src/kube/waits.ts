import { onAbort } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { HoldfastError } from '../core/errors.ts';

/** Requests that are one call to the caller, and have one deadline. */
export interface Span {
  /** When it is over, as the clock's monotonic time; absent until the first of them could start. */
  end?: number;
  /** Why it failed when there is no time for more. */
  failure?: HoldfastError;
}

/** What bounds the waits of one call: for its turn, for a connection, and before the next attempt. */
export interface Waits {
  /** Aborts with `cancel`, or at the deadline with the last failure. */
  readonly signal: AbortSignal;
  /** Starts the deadline, the first time it is called; tells when it is, as the clock's monotonic time. */
  begin(deadline: number): number;
  /** Whether another attempt can follow so many milliseconds from now. */
  leaves(delay: number): boolean;
  /** Why the call failed when there is no time for another attempt. */
  failWith(error: HoldfastError): void;
  /** To be called once, when the call ended. */
  close(): void;
}

/**
 * The deadline starts only with the `begin` of the span's first request: before it a call waits for as long as there is a
 * queue.
 */
export function openWaits(cancel: AbortSignal, clock: Clock, span: Span): Waits {
  const over = new AbortController();
  const stopListening = onAbort(cancel, (reason) => over.abort(reason));
  let stopTimer: (() => void) | undefined;
  const begin = (deadline: number): number => {
    span.end ??= clock.monotonic() + deadline;
    stopTimer ??= clock.setTimer(() => over.abort(span.failure), Math.max(0, span.end - clock.monotonic()));
    return span.end;
  };
  if (span.end !== undefined) begin(0);
  return {
    signal: over.signal,
    begin,
    leaves: (delay) => !over.signal.aborted && clock.monotonic() + delay < (span.end ?? Infinity),
    failWith: (error) => {
      span.failure = error;
    },
    close: () => {
      stopTimer?.();
      stopListening();
    },
  };
}
