import { randomUUID } from 'node:crypto';
import { getEventListeners } from 'node:events';
import * as sqlite from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Claims } from '../../../src/cluster/file-journal/claims.ts';
import { Owners } from '../../../src/cluster/file-journal/owners.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { journalPath } from './journal-files.ts';

/** The claims of one owner on a database of which the test has the keys as well. */
async function start() {
  const path = await journalPath();
  const database = new sqlite.DatabaseSync(path);
  database.exec(`
    CREATE TABLE claims (turn INTEGER PRIMARY KEY, key TEXT NOT NULL, owner TEXT NOT NULL);
    CREATE TABLE settling (groupId TEXT PRIMARY KEY, until REAL NOT NULL, since REAL NOT NULL);
  `);
  const [mine, other] = [new Owners(sqlite, path), new Owners(sqlite, path)];
  mine.enter();
  other.enter();
  onTestFinished(() => {
    mine.leave();
    other.leave();
    database.close();
  });
  const clock = manualClock();
  const claims = new Claims(database, mine, clock);
  const put = (key: string, owner: string) =>
    void database.prepare('INSERT INTO claims (key, owner) VALUES (?, ?)').run(key, owner);
  const drop = (key: string) => void database.prepare('DELETE FROM claims WHERE key = ?').run(key);
  const settle = (key: string, until: number, since: number) =>
    void database.prepare('INSERT INTO settling VALUES (?, ?, ?)').run(key, until, since);
  const claimed = () =>
    database
      .prepare('SELECT key FROM claims ORDER BY turn')
      .all()
      .map(({ key }) => key);
  const waiting = (timers: number) => vi.waitFor(() => expect(clock.running()).toBe(timers));
  return { claims, clock, mine, other, put, drop, settle, claimed, waiting };
}

const LONG = { deadline: 1_000 };

test('who waits in the same process has the key as soon as it is given back', async () => {
  const { claims, clock, waiting, claimed } = await start();
  const first = await claims.acquire('g', LONG);
  const second = claims.acquire('g', LONG);
  await waiting(1);
  await first.release();
  await (await second).release();
  expect(clock.running()).toBe(0);
  expect(claimed()).toEqual([]);
});

test('who gives up takes nothing from those who wait beside it', async () => {
  const { claims, clock, waiting, claimed } = await start();
  const first = await claims.acquire('g', LONG);
  const stop = new AbortController();
  const reason = new Error('enough');
  const second = claims.acquire('g', { ...LONG, signal: stop.signal });
  const ended = expect(second).rejects.toBe(reason);
  const third = claims.acquire('g', LONG);
  await waiting(2);
  stop.abort(reason);
  await ended;
  expect(clock.running()).toBe(1);
  expect(claimed()).toEqual(['g', 'g']);
  await first.release();
  await (await third).release();
});

test('a wait that is over listens to its signal no longer', async () => {
  const { claims, waiting } = await start();
  const { signal } = new AbortController();
  const first = await claims.acquire('g', LONG);
  const second = claims.acquire('g', { ...LONG, signal });
  await waiting(1);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await first.release();
  await second;
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('what a dead owner claimed is taken away at the next look, of whatever key it is', async () => {
  const { claims, clock, put, waiting, claimed, other } = await start();
  const dead = randomUUID();
  put('g', dead);
  put('h', dead);
  put('h', other.id);
  const held = claims.acquire('g', LONG);
  await waiting(1);
  expect(claimed()).toEqual(['g', 'h', 'h', 'g']);
  clock.advance(15);
  await held;
  expect(claimed()).toEqual(['h', 'g']);
});

test('an owner of many keys is asked about once for all who wait, and again at their next look', async () => {
  const { claims, clock, put, other, mine, waiting, drop } = await start();
  const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`);
  for (const key of keys) put(key, other.id);
  const asked = vi.spyOn(mine, 'isAlive');
  const held = Promise.all(keys.map((key) => claims.acquire(key, LONG)));
  for (const look of [1, 2]) {
    await waiting(10);
    clock.advance(15);
    await waiting(10);
    expect(asked.mock.calls).toEqual(Array(look).fill([other.id]));
  }
  for (const key of keys) drop(key);
  clock.advance(15);
  await held;
});

test('who is given the key before a short deadline has it', async () => {
  const { claims, waiting, clock } = await start();
  const first = await claims.acquire('g', LONG);
  const second = claims.acquire('g', { deadline: 10 });
  await waiting(1);
  clock.advance(9);
  await first.release();
  await (await second).release();
});

test('who is not given the key by the deadline is told so, and claims it no longer', async () => {
  const { claims, clock, put, other, waiting, claimed } = await start();
  put('g', other.id);
  const refused = expect(claims.acquire('g', { deadline: 20 })).rejects.toThrow(
    'the lock of "g" was not free in time',
  );
  await waiting(1);
  clock.advance(15);
  await waiting(1);
  clock.advance(5);
  await refused;
  expect(claimed()).toEqual(['g']);
  expect(clock.running()).toBe(0);
});

test('who was stopped beyond the deadline looks once more before it gives up', async () => {
  const { claims, clock, put, drop, other, waiting } = await start();
  put('g', other.id);
  const held = claims.acquire('g', { deadline: 20 });
  await waiting(1);
  drop('g');
  clock.advance(5_000);
  await held;
});

test('a key on which something may still happen is given when that is over', async () => {
  const { claims, clock, settle, waiting } = await start();
  settle('g', 300, 0);
  let isHeld = false;
  const held = claims.acquire('g', LONG).then(() => {
    isHeld = true;
  });
  await waiting(1);
  clock.advance(299);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isHeld).toBe(false);
  clock.advance(1);
  await held;
});
