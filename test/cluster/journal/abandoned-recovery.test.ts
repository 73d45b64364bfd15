import { expect, test } from 'vitest';
import { ClusterClient } from '../../../src/cluster/cluster-client.ts';
import type { Journal, JournalEntry } from '../../../src/cluster/journal.ts';
import { memoryJournal } from '../../../src/cluster/memory-journal.ts';
import { startGroupNodes } from '../../../src/testing/group-nodes.ts';

test('a rollback first undoes what died while it recovered the same operation', async () => {
  await using nodes = await startGroupNodes();
  const operationId = '1633807521.507381';
  const entry: JournalEntry = {
    ...{ operationId, groupId: 'g', operation: 'delete', dialect: 'path', startedAt: 1 },
    nodes: Object.entries(nodes.urls).map(([name, url]) => ({ name, url, before: 'present', write: true })),
  };
  const kept = memoryJournal();
  await kept.begin(entry);
  let isAbandoned = true;
  const journal: Journal = {
    ...kept,
    openEntry: async (groupId) => {
      const open = await kept.openEntry(groupId);
      return open === undefined ? undefined : { ...open, state: isAbandoned ? 'abandoned' : open.state };
    },
    begin: async (begun) => {
      isAbandoned = false;
      await kept.begin(begun);
    },
  };
  await using client = new ClusterClient(nodes.urls, { journal, settle: 1 });
  // All that its caller was told; a recovery has finished the delete on the others since, and died.
  await client.rollbackDelete('g', [{ node: 'node01', outcome: 'unknown', attempts: 1, operationId }]);
  expect([...nodes.records().values()]).toEqual([[{ groupId: 'g' }], [{ groupId: 'g' }], [{ groupId: 'g' }]]);
  expect(await kept.openEntry('g')).toBeUndefined();
});
