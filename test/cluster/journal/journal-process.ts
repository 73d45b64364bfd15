import { fileJournal } from '../../../src/cluster/file-journal/file-journal.ts';
import type { JournalEnd, JournalEntry, OpenEntry } from '../../../src/cluster/journal.ts';
import type { Hold, LockOptions } from '../../../src/core/lock.ts';

// A process that holds a journal and does with it what it is told. Argument: the journal's path.

export type Order =
  | { readonly call: 'begin'; readonly entry: JournalEntry }
  | { readonly call: 'end'; readonly entry: JournalEntry; readonly end: JournalEnd }
  | { readonly call: 'openEntry'; readonly groupId: string }
  | { readonly call: 'openEntries' }
  | { readonly call: 'acquire'; readonly key: string; readonly options: Pick<LockOptions, 'deadline'> }
  | { readonly call: 'release'; readonly hold: number }
  | { readonly call: 'close' };

/** `message`: how it failed, if it did. */
export interface Report {
  readonly order: number;
  readonly value?: unknown;
  readonly message?: string;
  readonly name?: string;
}

const journal = fileJournal(process.argv[2] ?? '');
const holds: Hold[] = [];

async function carryOut(order: Order): Promise<unknown> {
  switch (order.call) {
    case 'begin':
      return journal.begin(order.entry);
    case 'end':
      return journal.end(order.entry, order.end);
    case 'openEntry':
      return journal.openEntry(order.groupId);
    case 'openEntries': {
      const all: OpenEntry[] = [];
      for await (const entry of journal.openEntries()) all.push(entry);
      return all;
    }
    case 'acquire':
      return holds.push(await journal.lock.acquire(order.key, order.options)) - 1;
    case 'release':
      return holds[order.hold]?.release();
    case 'close':
      return journal.close();
  }
}

process.on('message', async ([number, order]: [number, Order]) => {
  const report = await carryOut(order).then(
    (value): Report => ({ order: number, value }),
    (error: Error): Report => ({ order: number, name: error.name, message: error.message }),
  );
  process.send?.(report);
});
process.on('disconnect', () => process.exit());
