import { beforeEach, expect, test, vi } from 'vitest';
import type * as Drive from '../../../src/cluster/drive.ts';
import type * as GroupHold from '../../../src/cluster/group-hold.ts';
import { GroupNotes } from '../../../src/cluster/group-notes.ts';
import type { JournalEntry } from '../../../src/cluster/journal.ts';
import type * as SagaNode from '../../../src/cluster/saga-node.ts';
import { simulate } from '../../../src/testing/simulation/simulate.ts';

const MOST_SEEDS = 1_000;

/** The piece that is replaced by a broken copy of itself. */
const broken = vi.hoisted(() => ({ piece: 'none' as keyof typeof BUGS | 'none' }));

const BUGS = {
  'registers the undo after the write': 'is undone',
  'forgets an attempt in doubt once a later one succeeded': 'is undone',
  'takes no lock': 'says',
  'records its intent before the look': 'neither done nor undone',
};

vi.mock('../../../src/cluster/saga-node.ts', async (original) => {
  const real = await original<typeof SagaNode>();
  const beginUndo: typeof real.beginUndo = (rules, node) => {
    // Only what came back well is known by then.
    if (broken.piece !== 'registers the undo after the write' || node.whose === 'ours') {
      return real.beginUndo(rules, node);
    }
    return { ...node, at: 'clean', tries: 0 };
  };
  const answerWrite: typeof real.answerWrite = (rules, node, answer, mode) => {
    const answered = real.answerWrite(rules, node, answer, mode);
    const forgets = broken.piece === 'forgets an attempt in doubt once a later one succeeded';
    return forgets && (answer === 'done' || answer === 'already') ? { ...answered, doubt: false } : answered;
  };
  return { ...real, beginUndo, answerWrite };
});

vi.mock('../../../src/cluster/group-hold.ts', async (original) => {
  const real = await original<typeof GroupHold>();
  const holdGroup: typeof real.holdGroup = async (request) => {
    if (broken.piece !== 'takes no lock') return real.holdGroup(request);
    return {
      lost: [],
      aloneUntil: () => Number.POSITIVE_INFINITY,
      notes: new GroupNotes([]),
      release: () => undefined,
    };
  };
  return { ...real, holdGroup };
});

vi.mock('../../../src/cluster/drive.ts', async (original) => {
  const real = await original<typeof Drive>();
  const drive: typeof real.drive = async (settings, task) => {
    const { journal, nodes, dialect, clock } = settings;
    const isBroken = broken.piece === 'records its intent before the look';
    if (!isBroken || journal === undefined || task.rollback !== undefined || task.finish !== undefined) {
      return real.drive(settings, task);
    }
    const { operation, groupId, operationId } = task;
    const before = operation === 'create' ? 'absent' : 'present';
    const entry: JournalEntry = {
      ...{ operation, groupId, operationId, startedAt: clock.now() },
      dialect: dialect.name ?? 'custom',
      nodes: nodes.map(({ name, url }) => ({ name, url, before, write: true })),
    };
    await journal.begin(entry);
    let isOpen = true;
    const begun: typeof journal = {
      ...journal,
      begin: async () => undefined,
      end: async (_entry, end) => {
        isOpen = false;
        await journal.end(entry, end);
      },
    };
    const driven = await real.drive({ ...settings, journal: begun }, task);
    if (isOpen) await journal.end(entry, { as: 'closed' });
    return driven;
  };
  return { ...real, drive };
});

beforeEach(() => {
  broken.piece = 'none';
  const { stackTraceLimit } = Error;
  // Most of the time would go into the stacks of errors that nobody reads.
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
  };
});

test.each(Object.entries(BUGS))('finds within 1,000 seeds that a saga %s', async (piece, word) => {
  const violations: string[] = [];
  let seed = 0;
  broken.piece = piece as keyof typeof BUGS;
  while (!violations.some((violation) => violation.includes(word)) && seed < MOST_SEEDS) {
    seed += 1;
    violations.push(...(await simulate({ seed })).violations);
  }
  expect(violations).toContainEqual(expect.stringContaining(word));
  broken.piece = 'none';
  expect((await simulate({ seed })).violations).toEqual([]);
});
