import { existsSync } from 'node:fs';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type FileJournalOptions, fileJournal } from '../../../src/cluster/file-journal/file-journal.ts';
import { journalContract } from '../../../src/testing/journal-contract.ts';
import { lockContract } from '../../../src/testing/lock-contract.ts';
import { virtualClock } from '../../../src/testing/virtual-clock.ts';
import { entryOf, journalPath, openJournal } from './journal-files.ts';
import { startRemoteJournal } from './remote-journal.ts';

const journals = journalContract(async () => {
  const path = await journalPath();
  const { journal, kill } = startRemoteJournal(path);
  return { journal, another: async () => openJournal(path), crash: kill };
});
for (const { name, run } of journals) test(`fileJournal ${name}`, run);

const openedTwice = journalContract(async () => {
  const path = await journalPath();
  return { journal: openJournal(path), another: async () => openJournal(path) };
});
for (const { name, run } of openedTwice) test(`fileJournal, opened twice in one process, ${name}`, run);

const inProcess = lockContract(async () => {
  const path = await journalPath();
  return { lock: openJournal(path).lock, other: openJournal(path).lock };
});
for (const { name, run } of inProcess) test(`the lock of a fileJournal ${name}`, run);

const PATIENT = { deadline: 20_000 };

test('an owner that is stopped is not dead: its entries run on, and its keys are its own', async () => {
  const path = await journalPath();
  const remote = startRemoteJournal(path);
  await remote.journal.begin(entryOf('g'));
  const hold = await remote.journal.lock.acquire('g', PATIENT);
  const mine = openJournal(path);
  remote.stop();
  expect(await mine.openEntry('g')).toMatchObject({ state: 'running' });
  await expect(mine.lock.acquire('g', { deadline: 100 })).rejects.toThrow('not free in time');
  remote.resume();
  await hold.release();
  await (await mine.lock.acquire('g', PATIENT)).release();
  expect(await mine.openEntry('g')).toMatchObject({ state: 'running' });
});

test('a group that settles is free in time, though the wall clock was set back by an hour', async () => {
  const clock = virtualClock();
  const journal = fileJournal(await journalPath(), { clock });
  onTestFinished(() => journal.close());
  const entry = entryOf('g');
  await journal.begin(entry);
  await journal.end(entry, { as: 'closed', unsettledUntil: clock.now() + 1_000 });
  clock.jump(-3_600_000);
  let isHeld = false;
  const held = journal.lock.acquire('g', { deadline: 10_000 }).then(() => {
    isHeld = true;
  });
  await vi.waitFor(() => expect(clock.pending).toBe(1));
  await clock.advance(900);
  expect(isHeld).toBe(false);
  await clock.advance(100);
  await held;
});

test('a key is lost to its holder, and to those who wait for it, when the journal is closed', async () => {
  const path = await journalPath();
  const journal = openJournal(path);
  const { lost } = await journal.lock.acquire('g', PATIENT);
  const waiting = journal.lock.acquire('g', PATIENT);
  const outcome = expect(waiting).rejects.toMatchObject({
    name: 'ClosedError',
    message: expect.stringContaining('this journal'),
  });
  await journal.openEntry('g');
  expect(lost.aborted).toBe(false);
  await journal.close();
  expect(lost.aborted).toBe(true);
  await outcome;
  await (await openJournal(path).lock.acquire('g', PATIENT)).release();
});

test('a key passes between processes in the order they asked', async () => {
  const path = await journalPath();
  const mine = openJournal(path);
  const remote = startRemoteJournal(path);
  const first = await mine.lock.acquire('g', PATIENT);
  const order: string[] = [];
  const second = remote.journal.lock.acquire('g', PATIENT).then((hold) => {
    order.push('theirs');
    return hold.release();
  });
  const claims = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => claims.close());
  await expect.poll(() => claims.prepare('SELECT count(*) AS n FROM claims').get()?.['n']).toBe(2);
  const third = mine.lock.acquire('g', PATIENT).then((hold) => {
    order.push('mine');
    return hold.release();
  });
  await first.release();
  await Promise.all([second, third]);
  expect(order).toEqual(['theirs', 'mine']);
});

test('begins and ends wait for the disk, and those of one turn wait once', async () => {
  const original = DatabaseSync.prototype.exec;
  const settings: unknown[] = [];
  const commits: string[] = [];
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
    this: DatabaseSync,
    sql,
  ) {
    original.call(this, sql);
    if (sql !== 'COMMIT') return;
    commits.push(sql);
    settings.push(this.prepare('PRAGMA synchronous').get()?.['synchronous']);
  });
  onTestFinished(() => exec.mockRestore());
  const journal = openJournal(await journalPath());
  await journal.openEntry('g');
  commits.length = 0;
  settings.length = 0;
  const groups = Array.from({ length: 200 }, (_, index) => `group ${index}`);
  await Promise.all(groups.map((groupId) => journal.begin(entryOf(groupId))));
  await Promise.all(groups.map((groupId) => journal.end(entryOf(groupId), { as: 'closed' })));
  // 2 is FULL.
  expect(new Set(settings)).toEqual(new Set([2]));
  expect(commits).toHaveLength(2);
});
test('is opened at its first use', async () => {
  const path = await journalPath();
  const journal = fileJournal(path);
  expect(existsSync(path)).toBe(false);
  await journal.close();
  expect(existsSync(path)).toBe(false);
});

test('leaves nothing beside its file when it is closed, and sweeps what dead owners left', async () => {
  const path = await journalPath();
  const { journal, kill } = startRemoteJournal(path);
  await journal.begin(entryOf('g'));
  await kill();
  expect((await readdir(dirname(path))).filter((name) => name.includes('-owner-'))).toHaveLength(1);
  const mine = fileJournal(path);
  expect(await mine.openEntry('g')).toMatchObject({ state: 'abandoned' });
  await mine.close();
  expect(await readdir(dirname(path))).toEqual([basename(path)]);
  await mine.close();
  await expect(mine.openEntry('g')).rejects.toMatchObject({
    name: 'ClosedError',
    message: expect.stringContaining('this journal'),
  });
});

test('two owners may open a new file at once', async () => {
  const path = await journalPath();
  const journals = Array.from({ length: 8 }, () => openJournal(path));
  await Promise.all(journals.map((journal, index) => journal.begin(entryOf(`${index}`))));
  const remotes = Array.from({ length: 3 }, () => startRemoteJournal(path));
  await Promise.all(remotes.map(({ journal }, index) => journal.begin(entryOf(`remote ${index}`))));
  const groups: string[] = [];
  for await (const { groupId, state } of openJournal(path).openEntries()) groups.push(`${groupId} ${state}`);
  expect(groups).toHaveLength(11);
  expect(groups.every((group) => group.endsWith(' running'))).toBe(true);
});

test.each<[string, (path: string) => Promise<void> | void, RegExp]>([
  [
    'text',
    (path) => writeFile(path, 'not a journal\n'.repeat(100)),
    /is no journal but a file of something else/,
  ],
  ['a database of something else', (path) => foreignDatabase(path), /is a database of something else/],
  ['a journal of a later version', (path) => laterVersion(path), /version 2 .* reads version 1/],
  ['a torn journal', (path) => tornJournal(path), /is damaged.*audit\(ids\)/],
])('%s is refused, and left as it is', async (_, make, message) => {
  const path = await journalPath();
  await make(path);
  const before = await readFile(path);
  const journal = openJournal(path);
  for (const attempt of [
    () => journal.begin(entryOf('g')),
    () => journal.openEntry('g'),
    () => journal.lock.acquire('g', PATIENT),
  ]) {
    const error: unknown = await attempt().catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringMatching(message) });
  }
  expect((await readFile(path)).equals(before)).toBe(true);
});

test('a folder that does not exist is named', async () => {
  const path = `${await journalPath()}/none/journal.db`;
  await expect(openJournal(path).openEntry('g')).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining(path),
  });
});

test.each([[''], ['a\0b'], [':memory:'], ['file:journal.db'], [undefined], [5]])(
  'the path %j is refused at once',
  (path) => {
    const received = path === undefined ? 'undefined' : JSON.stringify(path);
    expect(() => fileJournal(path as string)).toThrow(
      `path: expected the path of a file, received ${received}`,
    );
  },
);

test('an option that there is not is refused at once', () => {
  const options = { clok: undefined } as unknown as FileJournalOptions;
  expect(() => fileJournal('journal.db', options)).toThrow('options.clok: is not an option');
});

test.each([
  ['of something else', '{"later": true}'],
  ['no JSON', '{'],
])('an entry that is %s is named with its group', async (_, text) => {
  const path = await journalPath();
  const journal = openJournal(path);
  await journal.begin(entryOf('orders'));
  const database = new DatabaseSync(path);
  database.prepare('UPDATE entries SET entry = ?').run(text);
  database.close();
  await expect(journal.openEntry('orders')).rejects.toMatchObject({
    name: 'ConfigError',
    issues: [{ path: 'fileJournal' }],
    message: expect.stringMatching(/entry of group "orders" that cannot be read.*audit\(ids\)/),
  });
});

test('the file stays small, however many operations end', async () => {
  const path = await journalPath();
  const journal = openJournal(path);
  const round = async (name: string) => {
    const entries = Array.from({ length: 1_000 }, (_, index) => entryOf(`${name} ${index}`));
    await Promise.all(entries.map((entry) => journal.begin(entry)));
    await Promise.all(
      entries.map((entry, index) =>
        journal.end(entry, { as: 'closed', ...(index % 2 === 0 ? {} : { unsettledUntil: Date.now() }) }),
      ),
    );
  };
  await round('first');
  const { size } = await stat(path);
  for (let index = 0; index < 10; index++) await round(`round ${index}`);
  const whole = (await stat(path)).size + (await stat(`${path}-wal`)).size;
  expect(whole).toBeLessThan(size + 8_000_000);
  const database = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => database.close());
  expect(database.prepare('SELECT count(*) AS n FROM settling').get()?.['n']).toBeLessThan(1_500);
});

function foreignDatabase(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE notes (text TEXT)');
  database.close();
}

async function laterVersion(path: string): Promise<void> {
  const journal = fileJournal(path);
  await journal.openEntry('g');
  await journal.close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 2');
  database.close();
}

async function tornJournal(path: string): Promise<void> {
  const journal = fileJournal(path);
  const groups = Array.from({ length: 100 }, (_, index) => `group ${index}`);
  await Promise.all(groups.map((groupId) => journal.begin(entryOf(groupId))));
  await journal.close();
  const { size } = await stat(path);
  await truncate(path, size / 2);
}
