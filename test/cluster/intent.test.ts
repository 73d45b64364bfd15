import { describe, expect, test } from 'vitest';
import type { GroupDialect } from '../../src/cluster/dialect.ts';
import type { Task } from '../../src/cluster/drive.ts';
import { Intent } from '../../src/cluster/intent.ts';
import type { EntryLog, JournalEntry } from '../../src/cluster/journal.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';
import { systemClock } from '../../src/core/clock.ts';
import { task } from './create-task.ts';

const earlier: JournalEntry = {
  operation: 'delete',
  groupId: 'g',
  operationId: '1.4',
  dialect: 'path',
  startedAt: 1,
  nodes: [],
};

/** An intent, and all that its journal is told. */
function intentOf(of: Task, hasJournal = true, dialect: GroupDialect = pathDialect) {
  const told: unknown[][] = [];
  const journal: EntryLog = {
    begin: async (entry) => void told.push(['begin', entry]),
    end: async (entry, end) => void told.push(['end', entry, end]),
  };
  const nodes = [
    { name: 'a', url: 'http://a' },
    { name: 'b', url: 'http://b' },
  ];
  const clock = { ...systemClock, now: () => 5_000 };
  const settings = { nodes, dialect, clock, ...(hasJournal ? { journal } : {}) };
  return { told, intent: new Intent(settings, of) };
}

test.each([
  ['create', 'absent', 'present'],
  ['delete', 'present', 'absent'],
] as const)(
  'a %s writes down which nodes it will write, and what they held',
  async (operation, written, other) => {
    const { told, intent } = intentOf({ ...task, operation });
    await intent.begin([true, false]);
    const entry = {
      operation,
      groupId: 'g',
      operationId: '1.5',
      dialect: 'path',
      startedAt: 5_000,
      nodes: [
        { name: 'a', url: 'http://a', write: true, before: written },
        { name: 'b', url: 'http://b', write: false, before: other },
      ],
    };
    expect(told).toEqual([['begin', entry]]);
    expect(told[0]?.[1]).not.toHaveProperty('supersedes');
  },
);

test('a dialect without a name is written down as custom', async () => {
  const { name: _, ...nameless } = pathDialect;
  const { told, intent } = intentOf(task, true, nameless);
  await intent.begin([true, true]);
  expect(told).toMatchObject([['begin', { dialect: 'custom' }]]);
});

test('the end says until when something may come late, where something may', async () => {
  const { told, intent } = intentOf(task);
  await intent.begin([true, true]);
  const entry = told[0]?.[1];
  await intent.end('closed', 'good', 0);
  await intent.end('unresolved', 'apart', 300);
  expect(told.slice(1)).toEqual([
    ['end', entry, { as: 'closed' }],
    ['end', entry, { as: 'unresolved', unsettledUntil: 5_300 }],
  ]);
  expect(told[1]?.[2]).not.toHaveProperty('unsettledUntil');
});

test('one that was undone is closed, for it took the place of none', async () => {
  const { told, intent } = intentOf(task);
  await intent.begin([true, true]);
  await intent.end('closed', 'undone', 0);
  expect(told.slice(1)).toEqual([['end', told[0]?.[1], { as: 'closed' }]]);
});

describe('one that takes the place of another', () => {
  const superseding = { ...task, supersedes: earlier };

  test('says so', async () => {
    const { told, intent } = intentOf(superseding);
    await intent.begin([true, true]);
    expect(told[0]?.[1]).toMatchObject({ supersedes: earlier });
  });

  test.each([
    ['came out well', 'closed', 'good'],
    ['may differ itself', 'unresolved', 'apart'],
  ] as const)('and %s ends itself', async (_, as, ending) => {
    const { told, intent } = intentOf(superseding);
    await intent.begin([true, true]);
    await intent.end(as, ending, 0);
    expect(told.slice(1)).toEqual([['end', told[0]?.[1], { as }]]);
  });

  test.each([
    ['at once', 0, { as: 'unresolved' }],
    ['with what may come late', 200, { as: 'unresolved', unsettledUntil: 5_200 }],
  ])('and was undone opens that again, %s', async (_, unsettled, end) => {
    const { told, intent } = intentOf(superseding);
    await intent.begin([true, true]);
    await intent.end('closed', 'undone', unsettled);
    expect(told.slice(1)).toEqual([
      ['begin', earlier],
      ['end', earlier, end],
    ]);
  });
});

test('nothing is told where there is no journal, or nothing was begun', async () => {
  const without = intentOf(task, false);
  expect(without.intent.begin([true, true])).toBeUndefined();
  expect(without.intent.end('closed', 'good', 0)).toBeUndefined();
  const unbegun = intentOf(task);
  expect(unbegun.intent.end('closed', 'good', 0)).toBeUndefined();
  expect(unbegun.told).toEqual([]);
});
