import { readFile, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fileJournal } from '../../../src/cluster/file-journal/file-journal.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { entryOf, journalPath, openJournal } from './journal-files.ts';

/** A journal that another connection holds, and one that is about to be opened. */
async function startHeld() {
  const path = await journalPath();
  await openJournal(path).openEntry('g');
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const clock = manualClock();
  const journal = fileJournal(path, { clock });
  onTestFinished(async () => {
    other.close();
    await journal.close();
  });
  return { path, other, clock, journal };
}

test('while another process is at its file, a journal waits to be opened', async () => {
  const { other, clock, journal } = await startHeld();
  const found = journal.openEntry('g');
  for (let round = 0; round < 3; round++) {
    await vi.waitFor(() => expect(clock.running()).toBe(1));
    clock.advance(5);
  }
  await vi.waitFor(() => expect(clock.running()).toBe(1));
  other.exec('COMMIT');
  clock.advance(5);
  expect(await found).toBeUndefined();
});

test('a journal whose file is not let go of within ten seconds is not opened, and may be the next time', async () => {
  const { path, other, clock, journal } = await startHeld();
  const found = journal.openEntry('g');
  const refused = expect(found).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining(`${JSON.stringify(path)} cannot be used (database is locked)`),
  });
  await vi.waitFor(() => expect(clock.running()).toBe(1));
  clock.advance(9_999);
  await vi.waitFor(() => expect(clock.running()).toBe(1));
  clock.advance(5);
  await refused;
  other.exec('COMMIT');
  expect(await journal.openEntry('g')).toBeUndefined();
});

test('a file that is refused is let go of', async () => {
  const path = await journalPath();
  await writeFile(path, 'not a journal\n'.repeat(100));
  const close = vi.spyOn(DatabaseSync.prototype, 'close');
  onTestFinished(() => close.mockRestore());
  await expect(fileJournal(path).openEntry('g')).rejects.toThrow('no journal');
  expect(close).toHaveBeenCalledTimes(1);
});

test('a page that was overwritten is noticed before anything is read from it', async () => {
  const path = await journalPath();
  const journal = fileJournal(path);
  await Promise.all(Array.from({ length: 100 }, (_, index) => journal.begin(entryOf(`group ${index}`))));
  await journal.close();
  const bytes = await readFile(path);
  // The third to last of its pages holds entries; it begins with its kind.
  bytes.writeUInt8(0, bytes.length - 3 * 4_096);
  await writeFile(path, bytes);
  await expect(openJournal(path).openEntry('group 1')).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('is damaged, and what it knew of open operations cannot be trusted'),
  });
});

test('closing waits for what is being written', async () => {
  const path = await journalPath();
  const journal = fileJournal(path);
  await journal.openEntry('g');
  const begun = journal.begin(entryOf('g'));
  const closed = journal.close();
  await begun;
  await closed;
  expect(await openJournal(path).openEntry('g')).toMatchObject({ state: 'abandoned' });
});

test('claims do not wait for the disk', async () => {
  const original = DatabaseSync.prototype.exec;
  const settings: unknown[] = [];
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
    this: DatabaseSync,
    sql,
  ) {
    original.call(this, sql);
    if (sql === 'COMMIT') settings.push(this.prepare('PRAGMA synchronous').get()?.['synchronous']);
  });
  onTestFinished(() => exec.mockRestore());
  const journal = openJournal(await journalPath());
  await journal.openEntry('g');
  settings.length = 0;
  await (await journal.lock.acquire('g', { deadline: 1_000 })).release();
  // 1 is NORMAL.
  expect(settings).toEqual([1, 1]);
});
