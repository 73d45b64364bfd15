import { onAbort } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { HoldfastError } from '../core/errors.ts';

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

/** Its deadline starts only with `begin`: before its first attempt a call waits for as long as there is a queue. */
export function openWaits(cancel: AbortSignal, clock: Clock): Waits {
  const over = new AbortController();
  const stopListening = onAbort(cancel, (reason) => over.abort(reason));
  let end = Infinity;
  let stopTimer: (() => void) | undefined;
  let failure: HoldfastError | undefined;
  return {
    signal: over.signal,
    begin: (deadline) => {
      if (stopTimer === undefined) {
        end = clock.monotonic() + deadline;
        stopTimer = clock.setTimer(() => over.abort(failure), deadline);
      }
      return end;
    },
    leaves: (delay) => !over.signal.aborted && clock.monotonic() + delay < end,
    failWith: (error) => {
      failure = error;
    },
    close: () => {
      stopTimer?.();
      stopListening();
    },
  };
}
