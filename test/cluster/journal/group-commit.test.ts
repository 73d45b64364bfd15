import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { GroupCommit } from '../../../src/cluster/file-journal/group-commit.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { journalPath } from './journal-files.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Two connections to one database, of which the first commits in groups. */
async function open() {
  const path = await journalPath();
  const [database, other] = [new DatabaseSync(path), new DatabaseSync(path)];
  onTestFinished(() => {
    database.close();
    other.close();
  });
  database.exec('CREATE TABLE rows (id TEXT)');
  const clock = manualClock();
  const commit = new GroupCommit(database, clock);
  const insert = (id: string) => () => void database.prepare('INSERT INTO rows VALUES (?)').run(id);
  const rows = () =>
    database
      .prepare('SELECT id FROM rows ORDER BY id')
      .all()
      .map(({ id }) => id);
  return { commit, clock, other, insert, rows };
}

test('where one of the writes of a turn throws, all of them are told and none is kept', async () => {
  const { commit, insert, rows } = await open();
  const results = await Promise.allSettled([
    commit.run(insert('a')),
    commit.run(() => {
      throw new Error('no');
    }),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(rows()).toEqual([]);
  await commit.run(insert('b'));
  expect(rows()).toEqual(['b']);
});

test('gives each of those who write in one turn what its own work returned', async () => {
  const { commit } = await open();
  expect(await Promise.all([commit.run(() => 1), commit.run(() => 2)])).toEqual([1, 2]);
});

test('waits while another process holds the database, and then writes', async () => {
  const { commit, clock, other, insert, rows } = await open();
  other.exec('BEGIN IMMEDIATE');
  const written = commit.run(insert('a'));
  await expect.poll(() => clock.running()).toBe(1);
  clock.advance(5);
  await expect.poll(() => clock.running()).toBe(1);
  other.exec('COMMIT');
  clock.advance(5);
  await written;
  expect(rows()).toEqual(['a']);
});

test('gives up where another process does not let go of the database within ten seconds', async () => {
  const { commit, clock, other, insert, rows } = await open();
  other.exec('BEGIN IMMEDIATE');
  let idle = false;
  const written = commit.run(insert('a'));
  const refused = expect(written).rejects.toThrow('database is locked');
  await expect.poll(() => clock.running()).toBe(1);
  void commit.idle().then(() => (idle = true));
  await turn();
  expect(idle).toBe(false);
  clock.advance(10_000);
  await refused;
  await commit.idle();
  other.exec('COMMIT');
  expect(rows()).toEqual([]);
});
