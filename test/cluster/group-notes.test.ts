import { describe, expect, test } from 'vitest';
import { GroupNotes } from '../../src/cluster/group-notes.ts';
import type { EntryLog, JournalEntry } from '../../src/cluster/journal.ts';
import type { Hold } from '../../src/core/lock.ts';
import { virtualClock } from '../../src/testing/virtual-clock.ts';

const entry: JournalEntry = {
  ...{ groupId: 'g', operationId: '1.5', operation: 'create', dialect: 'path', startedAt: 1 },
  nodes: [{ name: 'a', url: 'http://a', before: 'absent', write: true }],
};
const OPEN = { kind: 'open', entry };
const textOf = (note: object) => JSON.stringify({ version: 1, ...note });

/** Holds that keep a note each, or none, and all that is done with them and with the journal. */
function start(
  left: readonly (string | undefined | 'keeps none')[],
  failing: { readonly note?: Error; readonly begin?: Error; readonly end?: Error } = {},
) {
  const told: unknown[][] = [];
  const holds = left.map((text, index): Hold => {
    const hold: Hold = {
      lost: new AbortController().signal,
      release: async (how) => void told.push([`give ${index}`, how]),
    };
    if (text === 'keeps none') return hold;
    return {
      ...hold,
      left: text,
      note: async (note) => {
        if (failing.note !== undefined) throw failing.note;
        told.push([`note ${index}`, note]);
      },
    };
  });
  const journal: EntryLog = {
    begin: async (begun) => {
      told.push(['begin', begun]);
      if (failing.begin !== undefined) throw failing.begin;
    },
    end: async (ended, end) => {
      told.push(['end', ended, end]);
      if (failing.end !== undefined) throw failing.end;
    },
  };
  const clock = virtualClock(5_000);
  return { told, notes: new GroupNotes(holds), journal, clock };
}

describe('what stands in the locks of a group', () => {
  test.each<[string, (string | undefined)[], object | undefined]>([
    ['nothing where no lock keeps any', ['keeps none'], undefined],
    ['nothing where none was left', [undefined, undefined], undefined],
    ['an operation that was begun', [textOf(OPEN)], OPEN],
    ['one that was left in the wider lock only', ['keeps none', undefined, textOf(OPEN)], OPEN],
    [
      'an end that may come late',
      [textOf({ kind: 'ended', unsettledFor: 0 })],
      { kind: 'ended', unsettledFor: 0 },
    ],
    ['what another version wrote', [JSON.stringify({ version: 2, ...OPEN })], { kind: 'unreadable' }],
    ['what is no JSON', ['by hand'], { kind: 'unreadable' }],
    ['what is empty', [''], { kind: 'unreadable' }],
    ['another kind', [textOf({ kind: 'paused' })], { kind: 'unreadable' }],
    ['an entry that is none', [textOf({ kind: 'open', entry: { groupId: 'g' } })], { kind: 'unreadable' }],
    ['a time below 0', [textOf({ kind: 'ended', unsettledFor: -1 })], { kind: 'unreadable' }],
    ['a time without an end', ['{"version":1,"kind":"ended","unsettledFor":1e999}'], { kind: 'unreadable' }],
  ])('is %s', (_, left, standing) => {
    const { notes } = start(left);
    expect(notes.standing).toEqual(standing);
    expect(notes.areKept).toBe(left.some((text) => text !== 'keeps none'));
  });

  test.each<[string, string | undefined, boolean]>([
    ['goes with it where there is none', undefined, true],
    ['goes with it once it has ended', textOf({ kind: 'ended', unsettledFor: 5 }), true],
    ['stays where it is open', textOf(OPEN), false],
    ['stays where it cannot be read', 'by hand', false],
  ])('when the group is given back, it %s', (_, left, dropNote) => {
    expect(start([left]).notes.releaseOptions).toEqual({ dropNote });
  });

  test('is over once somebody has seen to it', () => {
    const { notes } = start(['by hand']);
    notes.settle();
    expect(notes.standing).toBeUndefined();
    expect(notes.releaseOptions).toEqual({ dropNote: true });
  });
});

test('where no lock keeps notes, entries go to the journal only', () => {
  const { notes, journal, clock } = start(['keeps none']);
  expect(notes.beside(journal, clock, 'last')).toBe(journal);
  expect(notes.beside(undefined, clock, 'last')).toBeUndefined();
});

describe('an intent', () => {
  test('stands in the journal, marked, before it stands in each lock that keeps notes', async () => {
    const { notes, journal, clock, told } = start([undefined, 'keeps none', undefined]);
    await notes.beside(journal, clock, 'last')?.begin(entry);
    expect(told).toEqual([
      ['begin', { ...entry, noted: true }],
      ['note 0', textOf(OPEN)],
      ['note 2', textOf(OPEN)],
    ]);
    expect(notes.standing).toEqual(OPEN);
  });

  test('stands in the locks where there is no journal', async () => {
    const { notes, clock, told } = start([undefined]);
    await notes.beside(undefined, clock, 'last')?.begin(entry);
    expect(told).toEqual([['note 0', textOf(OPEN)]]);
  });

  test('that the journal does not take is not written to the lock', async () => {
    const failure = new Error('the disk is full');
    const { notes, journal, clock, told } = start([undefined], { begin: failure });
    await expect(notes.beside(journal, clock, 'last')?.begin(entry)).rejects.toBe(failure);
    expect(told.map(([what]) => what)).toEqual(['begin']);
    expect(notes.standing).toBeUndefined();
  });

  test('that a lock does not take is taken out of the journal again', async () => {
    const failure = new Error('no room for a note');
    const { notes, journal, clock, told } = start([undefined], { note: failure });
    await expect(notes.beside(journal, clock, 'last')?.begin(entry)).rejects.toBe(failure);
    const noted = { ...entry, noted: true };
    expect(told).toEqual([
      ['begin', noted],
      ['end', noted, { as: 'closed' }],
    ]);
    expect(notes.standing).toBeUndefined();
    await expect(
      start([undefined], { note: failure }).notes.beside(undefined, clock, 'last')?.begin(entry),
    ).rejects.toBe(failure);
  });
});

describe('an end', () => {
  const begun = async (
    unsettledUntil?: number,
    as: 'closed' | 'unresolved' = 'closed',
    last: 'last' | 'more' = 'last',
  ) => {
    const started = start([undefined, 'keeps none', undefined]);
    const log = started.notes.beside(started.journal, started.clock, last);
    await log?.begin(entry);
    started.told.length = 0;
    const end = { as, ...(unsettledUntil === undefined ? {} : { unsettledUntil }) };
    await log?.end(entry, end);
    expect(started.told.shift()).toEqual(['end', { ...entry, noted: true }, end]);
    return started;
  };

  test('gives each lock back in the same step as its note', async () => {
    const { told, notes } = await begun();
    expect(told).toEqual([
      ['give 0', { dropNote: true }],
      ['give 2', { dropNote: true }],
    ]);
    expect(notes.standing).toBeUndefined();
  });

  test('after which more is to come takes the note back, and keeps the locks', async () => {
    const { told, notes } = await begun(undefined, 'closed', 'more');
    expect(told).toEqual([
      ['note 0', undefined],
      ['note 2', undefined],
    ]);
    expect(notes.standing).toBeUndefined();
  });

  test.each(['last', 'more'] as const)(
    'of which something may come late says for how long (%s)',
    async (last) => {
      const ended = { kind: 'ended', unsettledFor: 300 };
      const { told, notes } = await begun(5_300, 'closed', last);
      expect(told).toEqual([
        ['note 0', textOf(ended)],
        ['note 2', textOf(ended)],
      ]);
      expect(notes.standing).toEqual(ended);
    },
  );

  test('of which nothing can come late any more says nothing of it', async () => {
    const { told } = await begun(5_000);
    expect(told.map(([what]) => what)).toEqual(['give 0', 'give 2']);
  });

  test('that left nodes apart leaves the intent where it is', async () => {
    const { told, notes } = await begun(5_300, 'unresolved');
    expect(told).toEqual([]);
    expect(notes.standing).toEqual(OPEN);
  });

  test('that the journal does not take leaves the intent where it is', async () => {
    const failure = new Error('the disk is full');
    const { notes, journal, clock, told } = start([textOf(OPEN)], { end: failure });
    await expect(notes.beside(journal, clock, 'last')?.end(entry, { as: 'closed' })).rejects.toBe(failure);
    expect(told.map(([what]) => what)).toEqual(['end']);
    expect(notes.standing).toEqual(OPEN);
  });

  test('stands in the locks where there is no journal', async () => {
    const { notes, clock, told } = start([textOf(OPEN)]);
    await notes.beside(undefined, clock, 'last')?.end(entry, { as: 'closed' });
    expect(told).toEqual([['give 0', { dropNote: true }]]);
  });
});
