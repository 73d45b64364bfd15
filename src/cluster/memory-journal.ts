import * as v from 'valibot';
import { type Clock, systemClock } from '../core/clock.ts';
import { KeyLocks } from '../core/key-locks.ts';
import { having, validate } from '../core/validate.ts';
import type { Journal, OpenEntry } from './journal.ts';

/** Options of `memoryJournal`. */
export interface MemoryJournalOptions {
  /** For the waits of its lock. @default the system's */
  readonly clock?: Clock;
}

/**
 * A journal that lives as long as the process: several clients that share it exclude each other group by group, and what
 * one left unresolved the others see. It does not survive a crash.
 *
 * @throws ConfigError for options that are wrong
 */
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  const { clock = systemClock } = validate(journalOptions, options, 'options');
  // Of one group only one entry can be open: its holder has the lock.
  const open = new Map<string, OpenEntry>();
  return {
    lock: new KeyLocks(clock),
    begin: async (entry) => {
      open.set(entry.groupId, { ...entry, state: 'running' });
    },
    end: async (entry, { as, unsettledUntil }) => {
      if (as === 'closed') open.delete(entry.groupId);
      else
        open.set(entry.groupId, {
          ...entry,
          state: 'unresolved',
          ...(unsettledUntil === undefined ? {} : { unsettledUntil }),
        });
    },
    openEntry: async (groupId) => open.get(groupId),
    openEntries: async function* () {
      yield* open.values();
    },
    close: async () => undefined,
  };
}

/** Of `fileJournal` as well. */
export const journalOptions = v.strictObject({
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
});
