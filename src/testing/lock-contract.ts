import assert from 'node:assert/strict';
import type { Hold, Lock } from '../core/lock.ts';
import type { ContractTest } from './file-store-contract.ts';

/** A lock under test. */
export interface LockSubject {
  /** A handle on keys that nobody holds. */
  readonly lock: Lock;
  /** Another handle on the same keys, as another process or machine has it; `lock` itself where there is only one. */
  readonly other: Lock;
  /** Milliseconds after which one who waits in vain may give up. @default 100 */
  readonly patience?: number;
}

/**
 * What every `Lock` keeps to. `make` gives new keys, all of them free, each time.
 *
 * @example
 * for (const { name, run } of lockContract(make)) test(name, run);
 */
export function lockContract(make: () => Promise<LockSubject>): readonly ContractTest[] {
  const rule = (name: string, check: (subject: Required<LockSubject>) => Promise<void>): ContractTest => ({
    name,
    run: async () => check({ patience: 100, ...(await make()) }),
  });
  return [
    rule('gives a key to one at a time, and to the next once it is given back', async ({ lock, other }) => {
      const hold = await lock.acquire('key', PATIENT);
      let isFree = false;
      const next = other.acquire('key', PATIENT).then((second) => {
        assert.ok(isFree, 'the key was given to two at once');
        return second;
      });
      const elsewhere = await other.acquire('another key', PATIENT);
      await elsewhere.release();
      isFree = true;
      await hold.release();
      await (await next).release();
    }),
    rule('lets every one of many in, and none beside another', async ({ lock, other }) => {
      let inside = 0;
      const turns = [lock, other, lock, other, lock, other].map(async (each) => {
        const hold = await each.acquire('key', PATIENT);
        inside += 1;
        assert.equal(inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        await hold.release();
      });
      await Promise.all(turns);
    }),
    rule('takes any text for a key, and no two for one', async ({ lock, other }) => {
      const holds: Hold[] = [];
      for (const key of KEYS) holds.push(await lock.acquire(key, PATIENT));
      for (const hold of holds) await hold.release();
      for (const key of KEYS) await (await other.acquire(key, PATIENT)).release();
    }),
    rule('gives up with a TimeoutError after the deadline, and leaves nothing behind', async (subject) => {
      const { lock, other, patience } = subject;
      const hold = await lock.acquire('key', PATIENT);
      await assert.rejects(other.acquire('key', { deadline: patience }), { name: 'TimeoutError' });
      await hold.release();
      await (await other.acquire('key', PATIENT)).release();
      await (await lock.acquire('key', PATIENT)).release();
    }),
    rule('ends a wait with the reason of its signal, and leaves nothing behind', async ({ lock, other }) => {
      const hold = await lock.acquire('key', PATIENT);
      const stop = new AbortController();
      const reason = new Error('stopped');
      const waiting = other.acquire('key', { ...PATIENT, signal: stop.signal });
      stop.abort(reason);
      await assert.rejects(waiting, (error) => error === reason);
      await hold.release();
      await (await lock.acquire('key', PATIENT)).release();
      await (await other.acquire('key', PATIENT)).release();
    }),
    rule('gives no key to one whose signal has aborted before', async ({ lock, other }) => {
      const reason = new Error('stopped');
      const hold = await lock.acquire('key', PATIENT);
      const waiting = other.acquire('key', { ...PATIENT, signal: AbortSignal.abort(reason) });
      await assert.rejects(waiting, (error) => error === reason);
      await hold.release();
      await (await other.acquire('key', PATIENT)).release();
    }),
    rule('is given back once: a second release takes it from nobody', async (subject) => {
      const { lock, other, patience } = subject;
      const first = await lock.acquire('key', PATIENT);
      await first.release();
      const second = await other.acquire('key', PATIENT);
      await first.release();
      assert.equal(second.lost.aborted, false);
      await assert.rejects(lock.acquire('key', { deadline: patience }), { name: 'TimeoutError' });
      await second.release();
    }),
    rule('says that a key is lost of none that is held or was given back', async ({ lock }) => {
      const hold = await lock.acquire('key', PATIENT);
      assert.equal(hold.lost.aborted, false);
      await hold.release();
      assert.equal(hold.lost.aborted, false);
    }),
  ];
}

/** Longer than any of these rules takes. */
const PATIENT = { deadline: 20_000 };

const KEYS = [
  'a',
  'A',
  'a ',
  'ä',
  'a/b',
  'a.b',
  '..',
  '$(a)',
  "a'b",
  '🔒',
  'k'.repeat(1_000),
  'k'.repeat(999),
];
