import * as v from 'valibot';
import { ConfigError } from '../../core/errors.ts';
import type { JournalEntry } from '../journal.ts';

/** @throws ConfigError for a row that this library did not write */
export function parseEntry(text: unknown, groupId: string): JournalEntry {
  const parsed = v.safeParse(journalEntry, jsonOf(text));
  if (parsed.success) return parsed.output;
  const message =
    `holds an entry of group ${JSON.stringify(groupId)} that cannot be read, so it is damaged; keep it, ` +
    'compare the nodes by audit(ids), and pass the path of a new file';
  throw new ConfigError([{ path: 'fileJournal', message }]);
}

export const journalEntry: v.GenericSchema<unknown, JournalEntry> = v.object({
  operationId: v.string(),
  groupId: v.string(),
  operation: v.picklist(['create', 'delete']),
  dialect: v.string(),
  startedAt: v.number(),
  noted: v.exactOptional(v.boolean()),
  supersedes: v.exactOptional(v.lazy(() => journalEntry)),
  nodes: v.array(
    v.object({
      name: v.string(),
      url: v.string(),
      before: v.picklist(['present', 'absent']),
      write: v.boolean(),
    }),
  ),
});

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    // The caller is told that it cannot be read.
    return undefined;
  }
}
