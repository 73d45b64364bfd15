import { test } from 'vitest';
import { memoryJournal } from '../../../src/cluster/memory-journal.ts';
import { journalContract } from '../../../src/testing/journal-contract.ts';
import { lockContract } from '../../../src/testing/lock-contract.ts';

const journals = journalContract(async () => {
  const journal = memoryJournal();
  return { journal, another: async () => journal };
});
for (const { name, run } of journals) test(`memoryJournal ${name}`, run);

const locks = lockContract(async () => {
  const { lock } = memoryJournal();
  return { lock, other: lock };
});
for (const { name, run } of locks) test(`the lock of a memoryJournal ${name}`, run);
