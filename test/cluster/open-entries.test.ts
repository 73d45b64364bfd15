import { describe, expect, test } from 'vitest';
import type { Journal, JournalEntry, OpenEntry } from '../../src/cluster/journal.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import { OpenEntries } from '../../src/cluster/open-entries.ts';
import { NEW_YEAR, virtualClock } from '../../src/testing/virtual-clock.ts';

const SETTLE = 500;

const entry = (groupId: string, more: Partial<OpenEntry> = {}): OpenEntry => ({
  groupId,
  operation: 'create',
  operationId: '1.5',
  dialect: 'path',
  startedAt: NEW_YEAR,
  nodes: [],
  state: 'unresolved',
  ...more,
});

async function list(groups: AsyncIterable<string>) {
  const listed: string[] = [];
  for await (const groupId of groups) listed.push(groupId);
  return listed;
}

/** The journal's entries are those of `lists`, one after the other and then the last one for ever. */
function open(...lists: OpenEntry[][]) {
  const clock = virtualClock();
  let listed = 0;
  const journal: Journal = {
    ...memoryJournal({ clock }),
    openEntries: async function* () {
      const list = lists[Math.min(listed, lists.length - 1)] ?? [];
      listed += 1;
      yield* list;
    },
  };
  const entries = new OpenEntries(journal, clock, SETTLE);
  const groups = (signal?: AbortSignal) => clock.run(list(entries.groups(signal)));
  return { clock, entries, groups };
}

describe('the groups of open entries', () => {
  test('are given at once where all their owners live', async () => {
    const { clock, groups } = open([entry('g', { state: 'running' }), entry('h', { state: 'running' })]);
    expect(await groups()).toEqual(['g', 'h']);
    expect(clock.monotonic()).toBe(0);
  });

  test('are none where nothing is open', async () => {
    const { clock, groups } = open([]);
    expect(await groups()).toEqual([]);
    expect(clock.monotonic()).toBe(0);
  });

  test.each(['abandoned', 'unresolved'] as const)(
    'are given after settle where one of them is %s',
    async (state) => {
      const { clock, groups } = open([entry('g', { state: 'running' }), entry('h', { state })]);
      expect(await groups()).toEqual(['g', 'h']);
      expect(clock.monotonic()).toBe(SETTLE);
    },
  );

  test('are those that are open after the wait', async () => {
    const { groups } = open([entry('ended'), entry('open')], [entry('open'), entry('new')]);
    expect(await groups()).toEqual(['open', 'new']);
  });

  test('are not waited for any more after an abort', async () => {
    const { clock, groups } = open([entry('g')]);
    const stop = new AbortController();
    clock.setTimer(() => stop.abort('enough'), 100);
    await expect(groups(stop.signal)).rejects.toBe('enough');
    expect([clock.monotonic(), clock.pending]).toEqual([100, 0]);
  });

  test('are read from a journal as it stands', async () => {
    const clock = virtualClock();
    const journal = memoryJournal({ clock });
    const { state: _, ...begun } = entry('g');
    const begin = (more: Partial<JournalEntry>) => journal.begin({ ...begun, ...more });
    await begin({ groupId: 'runs' });
    await begin({ groupId: 'ended' });
    await journal.end({ ...begun, groupId: 'ended' }, { as: 'closed' });
    await begin({});
    await journal.end(begun, { as: 'unresolved', unsettledUntil: NEW_YEAR + 300 });
    const entries = new OpenEntries(journal, clock, SETTLE);
    expect(await clock.run(list(entries.groups(undefined)))).toEqual(['runs', 'g']);
    expect(entries.take('g')).toEqual({ ...begun, state: 'unresolved', unsettledUntil: NEW_YEAR + 300 });
  });
});

test('an entry that was given can be taken once', async () => {
  const given = entry('g');
  const { entries, groups } = open([entry('other'), given]);
  expect(entries.take('g')).toBeUndefined();
  await groups();
  expect(entries.take('g')).toBe(given);
  expect(entries.take('g')).toBeUndefined();
  expect(entries.take('other')).toEqual(entry('other'));
});

describe('what an entry’s operation sent has settled', () => {
  const abandoned = (groupId: string, owner?: string) =>
    entry(groupId, { state: 'abandoned', ...(owner === undefined ? {} : { owner }) });

  test('where its owner was dead before the wait, whichever of its entries is asked about', async () => {
    const { entries, groups } = open([abandoned('g', 'dead')]);
    await groups();
    expect(entries.hasSettled(abandoned('g', 'dead'))).toBe(true);
    expect(entries.hasSettled(abandoned('another', 'dead'))).toBe(true);
  });

  test('not where its owner died since', async () => {
    const { entries, groups } = open(
      [
        abandoned('g', 'dead'),
        entry('h', { state: 'running', owner: 'alive' }),
        entry('i', { owner: 'alive' }),
      ],
      [abandoned('g', 'dead'), abandoned('h', 'alive')],
    );
    await groups();
    expect(entries.hasSettled(abandoned('h', 'alive'))).toBe(false);
  });

  test('not where nobody knows whose it was', async () => {
    const { entries, groups } = open([abandoned('g')]);
    await groups();
    expect(entries.hasSettled(abandoned('g'))).toBe(false);
  });

  test('not while its owner lives', async () => {
    const { entries, groups } = open([abandoned('g', 'dead')]);
    await groups();
    expect(entries.hasSettled(entry('g', { state: 'running', owner: 'dead' }))).toBe(false);
  });

  test('of one that ended unresolved once the time has come that it said', async () => {
    const { clock, entries } = open([]);
    const ended = entry('g', { unsettledUntil: NEW_YEAR + 300 });
    expect(entries.hasSettled(ended)).toBe(false);
    await clock.advance(299);
    expect(entries.hasSettled(ended)).toBe(false);
    await clock.advance(1);
    expect(entries.hasSettled(ended)).toBe(true);
    expect(entries.hasSettled(entry('g'))).toBe(true);
  });
});
