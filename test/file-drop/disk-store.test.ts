import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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

test.skipIf(process.platform === 'win32')(
  'a disk that takes no more is said to be full, and the file leaves nothing and stops no other',
  async () => {
    const directory = await folder();
    const child = fileURLToPath(new URL('./full-disk-child.ts', import.meta.url));
    const limited = ['-c', 'ulimit -f 1000; exec "$@"', 'sh', process.execPath, child, directory];
    const { stdout } = await promisify(execFile)('sh', limited);
    expect(JSON.parse(stdout)).toEqual([
      'STORE_FULL: the disk of the file store is full (EFBIG); make room on it, or remove files with removeBefore',
      'stored 5',
    ]);
    expect(await readdir(join(directory, 'files'))).toEqual([dropFileId('d', 1)]);
  },
);

test('a store whose directory is removed says so, and a dropped file that is missing is none of it', async () => {
  const directory = await folder();
  const store = diskStore(directory);
  await store.put(file, body());
  // Opened when it is read: a stream that fails before anybody listens would end the process.
  async function* other() {
    yield* createReadStream(`${directory}-other`);
  }
  const missing = store.put({ ...file, filename: 'b' }, other());
  await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
  await rm(directory, { recursive: true });
  const gone = { name: 'FileStoreError', code: 'STORE_GONE' };
  await expect(store.put(file, body())).rejects.toMatchObject(gone);
  const drop = { dropId: 'd', mode: 'job', createdAt: new Date() } as const;
  await expect(store.saveDrop(drop)).rejects.toMatchObject(gone);
  await expect(store.removeBefore(new Date())).rejects.toMatchObject(gone);
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
