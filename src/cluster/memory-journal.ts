import { systemClock } from '../core/clock.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { KeyLocks } from '../core/key-locks.ts';

/**
 * A journal that lives as long as the process: several clients that share it exclude each other group by group, and what
 * one left unresolved the others see. It does not survive a crash.
 */
export function memoryJournal(): Journal {
  // Of one group only one entry can be open: its holder has the lock.
  const open = new Map<string, JournalEntry>();
  return {
    lock: new KeyLocks(systemClock),
    begin: async (entry) => {
      open.set(entry.groupId, entry);
    },
    end: async ({ groupId }, { as }) => {
      if (as === 'closed') open.delete(groupId);
    },
    openEntry: async (groupId) => open.get(groupId),
    close: async () => undefined,
  };
}
