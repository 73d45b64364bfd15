import assert from 'node:assert/strict';
import type { Journal, JournalEntry, OpenEntry } from '../cluster/journal.ts';
import type { ContractTest } from './file-store-contract.ts';

/** A journal under test. */
export interface JournalSubject {
  /** An empty one. */
  readonly journal: Journal;
  /** The same journal as another client or process finds it, while the first is in use. */
  another(): Promise<Journal>;
  /** Kills the owner of `journal` without a word, where the journal outlives its owners. */
  crash?(): Promise<void>;
}

/**
 * What every `Journal` keeps to; its `lock` keeps to `lockContract` as well. `make` gives a new, empty one each time.
 *
 * @example
 * for (const { name, run } of journalContract(make)) test(name, run);
 */
export function journalContract(make: () => Promise<JournalSubject>): readonly ContractTest[] {
  const rule = (name: string, check: (subject: JournalSubject) => Promise<void>): ContractTest => ({
    name,
    run: async () => check(await make()),
  });
  return [
    rule('has an entry from its begin on, for everybody, and no other', async ({ journal, another }) => {
      assert.equal(await journal.openEntry('g'), undefined);
      await journal.begin(entryOf('g'));
      for (const each of [journal, await another()]) {
        assertEntry(await each.openEntry('g'), entryOf('g'), 'running');
        assert.equal(await each.openEntry('G'), undefined);
        assert.deepEqual(await groupsOf(each), ['g']);
      }
    }),
    rule('forgets what was closed', async ({ journal, another }) => {
      await journal.begin(entryOf('g'));
      await journal.begin(entryOf('h'));
      await journal.end(entryOf('g'), { as: 'closed' });
      for (const each of [journal, await another()]) {
        assert.equal(await each.openEntry('g'), undefined);
        assert.deepEqual(await groupsOf(each), ['h']);
      }
    }),
    rule('keeps what is unresolved, and until when it is unsettled', async ({ journal, another }) => {
      await journal.begin(entryOf('g'));
      await journal.end(entryOf('g'), { as: 'unresolved', unsettledUntil: 4_000_000_000_001 });
      for (const each of [journal, await another()]) {
        const open = await each.openEntry('g');
        assertEntry(open, entryOf('g'), 'unresolved');
        assert.equal(open?.unsettledUntil, 4_000_000_000_001);
      }
    }),
    rule('replaces the open entry of a group', async ({ journal, another }) => {
      await journal.begin(entryOf('g'));
      await journal.end(entryOf('g'), { as: 'unresolved', unsettledUntil: 4_000_000_000_001 });
      const second: JournalEntry = {
        ...entryOf('g'),
        operation: 'delete',
        operationId: '2.000002',
        supersedes: entryOf('g'),
      };
      await (await another()).begin(second);
      const open = await journal.openEntry('g');
      assertEntry(open, second, 'running');
      assert.equal(open?.unsettledUntil, undefined);
      assert.deepEqual(await groupsOf(journal), ['g']);
    }),
    rule('ends what another began', async ({ journal, another }) => {
      await journal.begin(entryOf('g'));
      await (await another()).end(entryOf('g'), { as: 'closed' });
      assert.equal(await journal.openEntry('g'), undefined);
    }),
    rule('gives back any text as it was', async ({ journal, another }) => {
      for (const groupId of TEXTS) await journal.begin(entryOf(groupId));
      const other = await another();
      for (const groupId of TEXTS) assertEntry(await other.openEntry(groupId), entryOf(groupId), 'running');
      assert.deepEqual(await groupsOf(other), [...TEXTS].sort());
    }),
    rule('takes many at once, and lists each of them once', async ({ journal, another }) => {
      const groups = Array.from({ length: 500 }, (_, index) => `group ${index}`);
      await Promise.all(groups.map((groupId) => journal.begin(entryOf(groupId))));
      assert.deepEqual(await groupsOf(await another()), [...groups].sort());
      await Promise.all(groups.map((groupId) => journal.end(entryOf(groupId), { as: 'closed' })));
      assert.deepEqual(await groupsOf(journal), []);
    }),
    rule('lists on while entries end and others begin', async ({ journal }) => {
      const groups = Array.from({ length: 300 }, (_, index) => `group ${index}`);
      await Promise.all(groups.map((groupId) => journal.begin(entryOf(groupId))));
      const listed = new Set<string>();
      for await (const { groupId } of journal.openEntries()) {
        listed.add(groupId);
        await journal.end(entryOf(groupId), { as: 'closed' });
        if (listed.size < 50) await journal.begin(entryOf(`later ${listed.size}`));
      }
      for (const groupId of groups) assert.ok(listed.has(groupId), `${groupId} was left out`);
    }),
    rule('excludes those who share it, key by key', async ({ journal, another }) => {
      const other = await another();
      const hold = await journal.lock.acquire('g', { deadline: 20_000 });
      await assert.rejects(other.lock.acquire('g', { deadline: 100 }), { name: 'TimeoutError' });
      await (await other.lock.acquire('h', { deadline: 20_000 })).release();
      await hold.release();
      await (await other.lock.acquire('g', { deadline: 20_000 })).release();
    }),
    rule('abandons the entries of an owner that died, and frees its keys', async (subject) => {
      const { journal, another, crash } = subject;
      if (crash === undefined) return;
      const other = await another();
      await journal.begin(entryOf('g'));
      await journal.begin(entryOf('unresolved'));
      await journal.end(entryOf('unresolved'), { as: 'unresolved' });
      await other.begin(entryOf('mine'));
      await journal.lock.acquire('g', { deadline: 20_000 });
      await crash();
      assertEntry(await other.openEntry('g'), entryOf('g'), 'abandoned');
      assertEntry(await other.openEntry('unresolved'), entryOf('unresolved'), 'unresolved');
      assertEntry(await other.openEntry('mine'), entryOf('mine'), 'running');
      assert.deepEqual(await groupsOf(other), ['g', 'mine', 'unresolved']);
      await (await other.lock.acquire('g', { deadline: 20_000 })).release();
    }),
    rule('keeps a closed group until it has settled, though its owner is gone', async (subject) => {
      const { journal, another, crash } = subject;
      if (crash === undefined) return;
      const other = await another();
      await journal.begin(entryOf('g'));
      const unsettledUntil = Date.now() + 600;
      await journal.end(entryOf('g'), { as: 'closed', unsettledUntil });
      await crash();
      await assert.rejects(other.lock.acquire('g', { deadline: 50 }), { name: 'TimeoutError' });
      await (await other.lock.acquire('g', { deadline: 20_000 })).release();
      assert.ok(Date.now() >= unsettledUntil, 'the group was given before it had settled');
    }),
  ];
}

function assertEntry(open: OpenEntry | undefined, entry: JournalEntry, state: OpenEntry['state']): void {
  assert.ok(open !== undefined, `there is no open entry of ${entry.groupId}`);
  const { state: found, unsettledUntil, owner, ...rest } = open;
  assert.deepEqual(rest, entry);
  assert.equal(found, state);
}

async function groupsOf(journal: Journal): Promise<string[]> {
  const groups: string[] = [];
  for await (const { groupId } of journal.openEntries()) groups.push(groupId);
  return groups.sort();
}

const entryOf = (groupId: string): JournalEntry => ({
  operationId: '1633807521.507381',
  groupId,
  operation: 'create',
  dialect: 'header',
  startedAt: 1_633_807_521_507,
  nodes: [
    { name: 'node01', url: 'http://node01:5000/v1', before: 'absent', write: true },
    { name: 'node02', url: 'http://node02:5000/v1', before: 'present', write: false },
  ],
});

const TEXTS = ['a', 'A', 'a ', 'ä', "'; DROP TABLE entries; --", '%', '_', '🔒', 'g'.repeat(4_000)];
