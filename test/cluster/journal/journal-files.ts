import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fileJournal } from '../../../src/cluster/file-journal/file-journal.ts';
import type { Journal, JournalEntry } from '../../../src/cluster/journal.ts';

/** The path of a journal that does not exist yet, in a folder that goes with the test. */
export async function journalPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'journal-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'journal.db');
}

/** A journal that is closed when the test is over. */
export function openJournal(path: string): Journal {
  const journal = fileJournal(path);
  onTestFinished(() => journal.close());
  return journal;
}

export const entryOf = (groupId: string): JournalEntry => ({
  groupId,
  operationId: '1.5',
  operation: 'create',
  dialect: 'path',
  startedAt: 1,
  nodes: [{ name: 'a', url: 'http://127.0.0.1:1', before: 'absent', write: true }],
});
