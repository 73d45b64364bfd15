import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as sqlite from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Owners } from '../../../src/cluster/file-journal/owners.ts';
import { journalPath } from './journal-files.ts';

/** Some owners of one journal; none of them has entered. */
async function start() {
  const path = await journalPath();
  const make = () => {
    const owners = new Owners(sqlite, path);
    onTestFinished(() => owners.leave());
    return owners;
  };
  const fileOf = (id: string) => `${path}-owner-${id}`;
  const files = async () => (await readdir(dirname(path))).map((name) => name.replace(basename(path), ''));
  return { make, fileOf, files };
}

test('an owner is alive, to itself and to others, from when it enters to when it leaves', async () => {
  const { make, files } = await start();
  const [mine, other] = [make(), make()];
  const asked = () => [mine.isAlive(mine.id), other.isAlive(mine.id)];
  expect(asked()).toEqual([false, false]);
  mine.enter();
  expect(asked()).toEqual([true, true]);
  expect(await files()).toEqual([`-owner-${mine.id}`]);
  mine.leave();
  expect(asked()).toEqual([false, false]);
  expect(await files()).toEqual([]);
});

test('whoever asks gives back what it opened, whatever it finds', async () => {
  const { make, fileOf } = await start();
  const [mine, other] = [make(), make()];
  other.enter();
  const dead = randomUUID();
  await writeFile(fileOf(dead), '');
  const close = vi.spyOn(sqlite.DatabaseSync.prototype, 'close');
  onTestFinished(() => close.mockRestore());
  mine.isAlive(other.id);
  mine.isAlive(dead);
  expect(close).toHaveBeenCalledTimes(2);
});

test('an owner whose file nobody holds is dead, and to ask changes nothing', async () => {
  const { make, fileOf, files } = await start();
  const dead = randomUUID();
  await writeFile(fileOf(dead), '');
  const before = await files();
  expect(make().isAlive(dead)).toBe(false);
  expect(await files()).toEqual(before);
});

test('a name that is none of an owner is of nobody, and no other file is looked at', async () => {
  const { make, fileOf } = await start();
  await writeFile(fileOf('x'), 'something else');
  await writeFile(fileOf(''), 'something else');
  expect(make().isAlive('x')).toBe(false);
  expect(make().isAlive('')).toBe(false);
});

test('what cannot be told is not guessed', async () => {
  const { make, fileOf } = await start();
  const id = randomUUID();
  await mkdir(fileOf(id));
  expect(() => make().isAlive(id)).toThrow(expect.objectContaining({ code: 'ERR_SQLITE_ERROR' }));
});

test('sweeping removes what dead owners left, and nothing else', async () => {
  const { make, fileOf, files } = await start();
  const [mine, other] = [make(), make()];
  other.enter();
  await writeFile(fileOf(randomUUID()), '');
  await writeFile(fileOf('of-something-else'), '');
  mine.sweep();
  expect((await files()).sort()).toEqual([`-owner-${other.id}`, '-owner-of-something-else'].sort());
});

test('an owner may leave twice, and though somebody has taken its file away', async () => {
  const { make, fileOf } = await start();
  const mine = make();
  mine.leave();
  mine.enter();
  await rm(fileOf(mine.id));
  const close = vi.spyOn(sqlite.DatabaseSync.prototype, 'close');
  onTestFinished(() => close.mockRestore());
  mine.leave();
  mine.leave();
  expect(close).toHaveBeenCalledTimes(1);
  expect(existsSync(fileOf(mine.id))).toBe(false);
});
