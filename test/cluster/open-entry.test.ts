import { describe, expect, it, test } from 'vitest';
import { matchEntry } from '../../src/cluster/entry-match.ts';
import { headerDialect } from '../../src/cluster/header-dialect.ts';
import type { JournalNode, OpenEntry } from '../../src/cluster/journal.ts';
import { refuseLate } from '../../src/cluster/late-attempt.ts';
import { isRollbackOf, recorded, unresolved, unsettledFor, wayOut } from '../../src/cluster/open-entry.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';

const node = (name: string, url: string, write = true): JournalNode => ({
  name,
  url,
  write,
  before: write ? 'absent' : 'present',
});

const entry = (more: Partial<OpenEntry> = {}): OpenEntry => ({
  operation: 'create',
  groupId: 'g',
  operationId: '1.5',
  dialect: 'path',
  startedAt: 10_000,
  nodes: [node('a', 'http://a'), node('b', 'http://b', false)],
  state: 'unresolved',
  ...more,
});

describe('what an entry sent may still take effect', () => {
  const settle = 500;
  test.each<[string, Partial<OpenEntry>, now: number, left: number]>([
    ['for settle, where its owner lives', { state: 'running' }, 0, 500],
    ['for settle, where its owner is dead', { state: 'abandoned', unsettledUntil: 99_999 }, 0, 500],
    ['not at all, where it ended without doubt', {}, 10_100, 0],
    ['until it said', { unsettledUntil: 10_400 }, 10_100, 300],
    ['not after that', { unsettledUntil: 10_400 }, 10_500, 0],
    ['no longer than settle, where the clock was set back', { unsettledUntil: 10_400 }, 2_000, 500],
    ['no longer than the operation took, where that was longer', { unsettledUntil: 12_000 }, 2_000, 2_000],
  ])('%s', (_, more, now, left) => {
    expect(unsettledFor(entry(more), settle, now)).toBe(left);
  });
});

test('a rollback is of an entry by operation and id', () => {
  const undo = (operationId: string) => [{ start: 'changed', operationId } as const];
  expect(isRollbackOf(entry(), 'create', undo('1.5'))).toBe(true);
  expect(isRollbackOf(entry(), 'create', [...undo('1.4'), ...undo('1.5')])).toBe(true);
  expect(isRollbackOf(entry(), 'create', undo('1.4'))).toBe(false);
  expect(isRollbackOf(entry(), 'delete', undo('1.5'))).toBe(false);
  expect(isRollbackOf(entry(), 'create', undefined)).toBe(false);
});

test('what was written down is all but what became of it', () => {
  const { state: _, ...written } = entry();
  expect(recorded(entry({ unsettledUntil: 5, owner: 'me' }))).toEqual(written);
});

test('whoever meets an open entry is told the nodes it wrote to, and the way out', () => {
  const error = unresolved(entry(), wayOut(entry()), 'why');
  expect(error).toMatchObject({
    operation: 'create',
    groupId: 'g',
    operationId: '1.5',
    attempts: [],
    cause: 'why',
  });
  expect(error.nodes).toEqual([{ node: 'a', outcome: 'unknown', attempts: 0, operationId: '1.5' }]);
  expect(unresolved(entry(), 'why')).not.toHaveProperty('cause');
  expect(wayOut(entry())).toBe(
    'operation 1.5 is unresolved in the journal; end it first by recover(), by rollbackCreate with these nodes, ' +
      "or by repair([groupId], 'present' or 'absent')",
  );
  expect(wayOut(entry({ operation: 'delete' }), 'b is gone')).toContain('in the journal (b is gone); end it');
  expect(wayOut(entry({ operation: 'delete' }))).toContain('by rollbackDelete with');
});

describe("an entry's nodes among the client's", () => {
  const match = (of: OpenEntry, nodes: readonly (readonly [string, string])[], forget: string[] = []) =>
    matchEntry(
      of,
      nodes.map(([name, url]) => ({ name, url })),
      of.dialect === 'header' ? headerDialect : pathDialect,
      forget,
    );

  it('are those of the same name and url; only what it wrote to may have changed', () => {
    const found = match(entry(), [
      ['c', 'http://c'],
      ['b', 'http://b'],
      ['a', 'http://a'],
    ]);
    expect(found).toEqual({ starts: ['untouched', 'untouched', 'settled'] });
  });

  it('are else the only one of that url', () => {
    const renamed = [
      ['x', 'http://a'],
      ['b', 'http://b'],
    ] as const;
    expect(match(entry(), renamed)).toEqual({ starts: ['settled', 'untouched'] });
    expect(match(entry(), [...renamed, ['y', 'http://a']])).toMatchObject({ foreign: false });
  });

  it('are none where only the name is the same', () => {
    const moved = [
      ['a', 'http://elsewhere'],
      ['b', 'http://b'],
    ] as const;
    expect(match(entry(), moved)).toMatchObject({ foreign: false });
  });

  it('are those of their urls though there are more', () => {
    const three = entry({ nodes: [node('a', 'http://a'), node('b', 'http://b'), node('c', 'http://c')] });
    const renamed = ['a', 'b', 'c'].map((name) => [`new-${name}`, `http://${name}`] as const);
    expect(match(three, renamed)).toEqual({ starts: ['settled', 'settled', 'settled'] });
  });

  it('are never guessed by a url that several of the entry have', () => {
    const header = entry({ dialect: 'header', nodes: [node('a', 'http://s'), node('b', 'http://s')] });
    expect(match(header, [['b', 'http://s']])).toMatchObject({ foreign: false });
    expect(
      match(header, [
        ['b', 'http://s'],
        ['a', 'http://s'],
      ]),
    ).toEqual({ starts: ['settled', 'settled'] });
  });

  it('must all be there, but for those to forget', () => {
    expect(match(entry(), [['b', 'http://b']])).toEqual({
      foreign: false,
      why: "this client does not have a (http://a); add it, or forget it by recover({ forget: ['a'] }) if it is gone for good",
    });
    expect(match(entry(), [['b', 'http://b']], ['a'])).toEqual({ starts: ['untouched'] });
    const both = [
      ['a', 'http://a'],
      ['b', 'http://b'],
    ] as const;
    expect(match(entry(), both, ['a'])).toEqual({ starts: ['untouched', 'untouched'] });
  });

  it('are of another cluster where not one is there, or the dialect is another', () => {
    expect(match(entry(), [['z', 'http://z']])).toEqual({
      foreign: true,
      why: "none of its nodes is one of this client's: a (http://a), b (http://b); recover it with a client of its own cluster",
    });
    expect(matchEntry(entry(), [{ name: 'a', url: 'http://a' }], headerDialect, [])).toEqual({
      foreign: true,
      why: 'it was written in the path dialect and this client speaks header',
    });
  });
});

describe('an attempt under a lock', () => {
  const refused = (until: number, ...lost: AbortSignal[]) =>
    refuseLate({ attemptTimeout: 100, lost, aloneUntil: () => until }, 1_000);

  it('is sent where it ends before the lock may be somebody else’s', () => {
    expect(refused(1_100)).toBeUndefined();
    expect(refused(Infinity, new AbortController().signal)).toBeUndefined();
  });

  it.each([
    [1_099.5, 'the lock is sure for 99 ms more, and one attempt may take 100 ms'],
    [1_000, "the lock may be somebody else's by now"],
  ])('is refused where it might not (%d)', (until, message) => {
    expect(refused(until)).toMatchObject({
      verdict: 'refused',
      inDoubt: false,
      failure: { code: 'LOCK_LOST', retryable: true, message },
    });
    expect(refused(until)?.failure).not.toHaveProperty('cause');
  });

  it('is refused once the lock is lost, and says why', () => {
    const lost = AbortSignal.abort('taken over');
    expect(refused(Infinity, new AbortController().signal, lost)?.failure).toMatchObject({
      message: "the lock may be somebody else's by now",
      cause: 'taken over',
    });
  });
});
