import { readdir, symlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { entryOf, journalPath, openJournal } from './journal-files.ts';

test('owners know each other, whatever link they came by and whatever folder they went to', async () => {
  const path = await journalPath();
  const elsewhere = await journalPath();
  await symlink(path, elsewhere);
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(dirname(path));
  const relative = openJournal(basename(path));
  const linked = openJournal(elsewhere);
  await relative.begin(entryOf('relative'));
  await linked.begin(entryOf('linked'));
  process.chdir(before);
  const plain = openJournal(path);
  await plain.begin(entryOf('plain'));
  for (const journal of [relative, linked, plain]) {
    for (const group of ['relative', 'linked', 'plain']) {
      expect(await journal.openEntry(group)).toMatchObject({ state: 'running' });
    }
  }
  expect(await readdir(dirname(elsewhere))).toEqual([basename(elsewhere)]);
});
