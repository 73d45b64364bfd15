import assert from 'node:assert/strict';
import { dropFileId } from '../file-drop/file-id.ts';
import type { FileStore, NewFile } from '../file-drop/file-store.ts';

/** What a contract suite is: run each `run`, under its name, in any test runner. */
export type ContractTest = {
  /** The behaviour that it checks. */
  readonly name: string;
  /** Rejects where it does not hold. */
  run(): Promise<void>;
};

/** A store under test. */
export interface FileStoreSubject {
  /** An empty one. */
  readonly store: FileStore;
  /** The same store as a new process finds it. */
  reopen(): Promise<FileStore>;
  /** Bytes that one of its files may have; at most some megabytes. */
  readonly maxFileBytes: number;
  /** How many files it may have: 3 at least, some hundreds at most. */
  readonly maxFiles: number;
}

/**
 * What every `FileStore` keeps to. `make` gives a new, empty store each time.
 *
 * @example
 * for (const { name, run } of fileStoreContract(make)) test(name, run);
 */
export function fileStoreContract(make: () => Promise<FileStoreSubject>): readonly ContractTest[] {
  const rule = (name: string, check: (subject: FileStoreSubject) => Promise<void>): ContractTest => ({
    name,
    run: async () => check(await make()),
  });
  return [
    rule('gives back the bytes and what is known of them, after a restart as well', async (subject) => {
      const stored = await subject.store.put(fileAt(0), chunks('hello ', 'world'));
      assert.equal(stored.size, 11);
      assert.equal(stored.scheduled, false);
      for (const store of [subject.store, await subject.reopen()]) {
        assert.deepEqual(await store.get(stored.id), stored);
        assert.equal(await textOf(store, stored.id), 'hello world');
      }
    }),
    rule('keeps any name as the text it is', async ({ store }) => {
      for (const [position, filename] of HOSTILE_NAMES.entries()) {
        const { id } = await store.put({ ...fileAt(position), filename }, chunks('x'));
        assert.equal((await store.get(id))?.filename, filename);
        await store.removeBefore(new Date(8.64e15));
      }
    }),
    rule('keeps nothing of a file whose bytes break off', async (subject) => {
      const broken = new Error('broken');
      const { id } = fileAt(0);
      const putting = subject.store.put(fileAt(0), failing(broken));
      await assert.rejects(putting, (error) => error === broken);
      for (const store of [subject.store, await subject.reopen()]) {
        assert.equal(await store.get(id), undefined);
        assert.equal(await store.read(id), undefined);
      }
    }),
    rule('keeps the old bytes of a file whose new ones break off', async ({ store }) => {
      const { id } = await store.put(fileAt(0), chunks('old'));
      await assert.rejects(store.put(fileAt(0), failing(new Error('broken'))));
      assert.equal(await textOf(store, id), 'old');
    }),
    rule(
      'keeps a file that was stored while another try for it, which then broke off, was under way',
      async (subject) => {
        const { store } = subject;
        const broken = new Error('broken');
        const cut = Promise.withResolvers<never>();
        cut.promise.catch(() => undefined);
        const begun = Promise.withResolvers<void>();
        async function* stalled() {
          yield Buffer.from('half');
          begun.resolve();
          await cut.promise;
        }
        const first = store.put(fileAt(0), stalled());
        first.catch(() => undefined);
        await begun.promise;
        const { id } = await store.put(fileAt(0), chunks('whole'));
        await store.markScheduled(id);
        cut.reject(broken);
        await assert.rejects(first, (error) => error === broken);
        for (const each of [store, await subject.reopen()]) {
          assert.equal((await each.get(id))?.scheduled, true);
          assert.equal(await textOf(each, id), 'whole');
        }
      },
    ),
    rule('refuses a file over its limit and takes one at it', async ({ store, maxFileBytes }) => {
      const tooLarge = store.put(fileAt(0), bytes(maxFileBytes + 1));
      await assert.rejects(tooLarge, { name: 'FileStoreError', code: 'FILE_TOO_LARGE' });
      assert.equal(await store.get(fileAt(0).id), undefined);
      assert.equal((await store.put(fileAt(0), bytes(maxFileBytes))).size, maxFileBytes);
    }),
    rule('refuses more files than it may have, but not a known one again', async (subject) => {
      const { store, maxFiles } = subject;
      const every = Array.from({ length: maxFiles }, (_, position) => fileAt(position));
      for (const file of every) await store.put(file, chunks('x'));
      for (const each of [store, await subject.reopen()]) {
        const full = each.put(fileAt(maxFiles), chunks('x'));
        await assert.rejects(full, { name: 'FileStoreError', code: 'STORE_FULL' });
        await each.put(fileAt(0), chunks('y'));
      }
    }),
    rule('ends with the reason of an aborted signal and keeps nothing', async ({ store }) => {
      const stop = new AbortController();
      async function* body() {
        yield Buffer.from('some');
        stop.abort(new Error('stopped'));
        yield Buffer.from('more');
      }
      await assert.rejects(store.put(fileAt(0), body(), { signal: stop.signal }), { message: 'stopped' });
      assert.equal(await store.get(fileAt(0).id), undefined);
    }),
    rule('finds nothing by what is no id, and stores nothing under it', async ({ store }) => {
      for (const id of [
        '../../etc/passwd',
        '/etc/passwd',
        '',
        '.',
        'file-drop-',
        `${fileAt(0).id}/..`,
        '\0',
      ]) {
        assert.equal(await store.get(id), undefined);
        assert.equal(await store.read(id), undefined);
        assert.equal(await store.removeBytes(id), false);
        await assert.rejects(store.put({ ...fileAt(0), id }, chunks('x')), { name: 'ConfigError' });
      }
    }),
    rule('remembers what was scheduled when the bytes are gone', async (subject) => {
      const { id } = await subject.store.put(fileAt(0), chunks('x'));
      await subject.store.markScheduled(id);
      assert.equal(await subject.store.removeBytes(id), true);
      assert.equal(await subject.store.removeBytes(id), false);
      const store = await subject.reopen();
      assert.equal(await store.read(id), undefined);
      assert.equal((await store.get(id))?.scheduled, true);
    }),
    rule('lists the files of one drop, or of all', async ({ store }) => {
      await store.put(fileAt(0, 'one'), chunks('x'));
      await store.put(fileAt(1, 'one'), chunks('x'));
      await store.put(fileAt(0, 'two'), chunks('x'));
      const idsOf = async (dropId?: string) => (await collect(store.list(dropId))).map(({ id }) => id).sort();
      assert.deepEqual(await idsOf('one'), [fileAt(0, 'one').id, fileAt(1, 'one').id].sort());
      assert.equal((await idsOf()).length, 3);
    }),
    rule('keeps records of drops, the newest of each', async (subject) => {
      const drop = { dropId: 'one', mode: 'indexed', createdAt: new Date(5) } as const;
      await subject.store.saveDrop(drop);
      await subject.store.saveDrop({ ...drop, rate: 2.5, indexed: { count: 2, gaps: [1] } });
      const store = await subject.reopen();
      const kept = { ...drop, rate: 2.5, indexed: { count: 2, gaps: [1] } };
      assert.deepEqual(await store.drop('one'), kept);
      assert.deepEqual(await collect(store.drops()), [kept]);
      assert.equal(await store.drop('other'), undefined);
      await assert.rejects(store.saveDrop({ ...drop, dropId: '../up' }), { name: 'ConfigError' });
    }),
    rule('forgets what was stored before a moment, and has room again', async ({ store, maxFiles }) => {
      for (let position = 0; position < maxFiles; position += 1)
        await store.put(fileAt(position), chunks('x'));
      const { storedAt } = await store.put(fileAt(0), chunks('x'));
      assert.equal(await store.removeBefore(new Date(0)), 0);
      assert.equal(await store.removeBefore(new Date(storedAt.getTime() + 1)), maxFiles);
      assert.equal(await store.get(fileAt(0).id), undefined);
      await store.put(fileAt(maxFiles), chunks('x'));
    }),
  ];
}

const HOSTILE_NAMES = [
  '../../etc/passwd',
  'nul\0in.pdf',
  'n'.repeat(4_000),
  '\u202egpj.exe',
  'a "quoted"\r\nContent-Type: text/html\n.pdf',
  '$(API_TOKEN)',
  '<img src=x onerror=alert(1)>',
];

const fileAt = (position: number, dropId = 'drop'): NewFile => ({
  id: dropFileId(dropId, position),
  dropId,
  position,
  filename: `${position}.pdf`,
});

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function* bytes(count: number) {
  yield new Uint8Array(count);
}

async function* failing(error: Error) {
  yield Buffer.from('some');
  throw error;
}

async function textOf(store: FileStore, id: string): Promise<string> {
  const found = await store.read(id);
  assert.ok(found !== undefined, `${id} has no bytes`);
  const whole = Buffer.concat(await collect(found.body));
  assert.equal(whole.length, found.size);
  return whole.toString();
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
