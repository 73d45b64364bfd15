import pLimit from 'p-limit';
import { onAbort } from './abort.ts';

/** A fixed number of slots, given in the order they were asked for. */
export interface Slots {
  /**
   * Resolves when a slot is free, with the function that gives it back; calling that twice gives back one.
   * Rejects with the signal's reason as soon as it aborts, and then takes no slot.
   */
  take(signal?: AbortSignal): Promise<() => void>;
}

/** `concurrency` slots: a whole number of at least 1. */
export function openSlots(concurrency: number): Slots {
  const limit = pLimit(concurrency);
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        let gaveUp = false;
        const unsubscribe = onAbort(signal, (reason) => {
          gaveUp = true;
          reject(reason);
        });
        // p-limit has no signal: who gave up keeps its turn in the queue and passes it on when it comes.
        void limit(() => {
          if (gaveUp) return undefined;
          unsubscribe();
          return new Promise<void>((release) => resolve(release));
        });
      }),
  };
}
