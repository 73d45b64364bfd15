import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type DiskStoreOptions, diskStore } from '../../src/file-drop/disk-store.ts';
import { dropFileId } from '../../src/file-drop/file-id.ts';
import { positionOf } from '../../src/file-drop/file-store.ts';
import { fileStoreContract } from '../../src/testing/file-store-contract.ts';

async function folder() {
  const directory = await mkdtemp(join(tmpdir(), 'file-drop-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const limits: DiskStoreOptions = { maxFileBytes: 1_000, maxFiles: 4 };
const contract = fileStoreContract(async () => {
  const directory = await folder();
  return {
    store: diskStore(directory, limits),
    reopen: async () => diskStore(directory, limits),
    maxFileBytes: 1_000,
    maxFiles: 4,
  };
});

for (const { name, run } of contract) test(`diskStore ${name}`, run);

const file = { id: dropFileId('d', 0), dropId: 'd', position: 0, filename: '../../evil' };
async function* body() {
  yield Buffer.from('bytes');
}

test('no name but the id stands in the directory, and nothing beside it', async () => {
  const outer = await folder();
  await diskStore(join(outer, 'store')).put(file, body());
  expect(await readdir(outer)).toEqual(['store']);
  const inside = await readdir(join(outer, 'store'), { recursive: true, withFileTypes: true });
  expect(inside.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([file.id, file.id]);
});

test('what a dead process was writing is removed after an hour, what another one writes is not', async () => {
  const directory = await folder();
  await diskStore(directory).put(file, body());
  const files = join(directory, 'files');
  for (const name of ['old.part', 'new.part']) await writeFile(join(files, name), 'x');
  await utimes(join(files, 'old.part'), 1, 1);
  await diskStore(directory).get(file.id);
  expect((await readdir(files)).sort()).toEqual([file.id, 'new.part'].sort());
});

test('bytes without a record, as a crash leaves them, are not there', async () => {
  const directory = await folder();
  await diskStore(directory).put(file, body());
  await rm(join(directory, 'records', file.id));
  const store = diskStore(directory);
  expect(await store.read(file.id)).toBeUndefined();
  expect(await store.get(file.id)).toBeUndefined();
});

test('a damaged record is an error that says so', async () => {
  const directory = await folder();
  const store = diskStore(directory);
  await store.put(file, body());
  await writeFile(join(directory, 'records', file.id), '{"id":');
  await expect(store.get(file.id)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
});

test('an index stands for the position that it has without the gaps', () => {
  expect([0, 1, 2, 3].map((index) => positionOf(index, [1, 2, 5]))).toEqual([0, 3, 4, 6]);
});
