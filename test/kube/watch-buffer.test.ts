import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KubernetesWatchEvent, WatchBuffer } from '../../src/kube/watch-buffer.ts';
import type { WatchedObject } from '../../src/kube/watch-lines.ts';
import { Picture } from '../../src/kube/watch-picture.ts';

const object = (name: string, uid: string, resourceVersion: number): WatchedObject => ({
  metadata: { name, uid, resourceVersion: `${resourceVersion}` },
});
type Told = KubernetesWatchEvent<WatchedObject>;
const show = (event: Told) =>
  event.type === 'synced' ? 'synced' : `${event.type} ${event.object.metadata.resourceVersion}`;

async function drain(buffer: WatchBuffer<WatchedObject>): Promise<Told[]> {
  buffer.end({});
  const all: Told[] = [];
  for (;;) {
    const { done, value } = await buffer.take();
    if (done) return all;
    all.push(value);
  }
}

const short = { a: 'added', m: 'modified', d: 'deleted' } as const;
test.each([
  ['a m m', 'added 3'],
  ['m m', 'modified 2'],
  ['m d', 'deleted 2'],
  ['a d', 'added 1, deleted 2'],
  ['d a', 'deleted 1, added 2'],
  ['d a m', 'deleted 1, added 3'],
  ['d a d', 'deleted 3'],
  ['a d a', 'added 1, deleted 2, added 3'],
  ['a d a d', 'added 1, deleted 4'],
  ['a d a d a d a', 'added 1, deleted 6, added 7'],
])('%s of one object, not taken, becomes %s', async (events, told) => {
  const buffer = new WatchBuffer<WatchedObject>(10);
  events.split(' ').forEach((letter, index) => {
    buffer.put({ type: short[letter as keyof typeof short], object: object('x', 'u', index + 1) });
  });
  expect((await drain(buffer)).map(show).join(', ')).toBe(told);
});

test('room is made when an object was taken; an abort ends the wait', async () => {
  const buffer = new WatchBuffer<WatchedObject>(2);
  const never = new AbortController();
  buffer.put({ type: 'added', object: object('a', 'a', 1) });
  await buffer.room(never.signal);
  buffer.put({ type: 'added', object: object('b', 'b', 2) });
  let room = false;
  const waiting = buffer.room(never.signal).then(() => {
    room = true;
  });
  await Promise.resolve();
  expect(room).toBe(false);
  await buffer.take();
  await waiting;
  buffer.put({ type: 'added', object: object('c', 'c', 3) });
  const cut = buffer.room(never.signal);
  never.abort(new Error('enough'));
  await expect(cut).rejects.toThrow('enough');
});

test('who waits for an event is told the end or the error once', async () => {
  const buffer = new WatchBuffer<WatchedObject>(2);
  const [first, second] = [buffer.take(), buffer.take()];
  buffer.end({ error: new Error('over') });
  await expect(first).rejects.toThrow('over');
  expect(await second).toEqual({ done: true, value: undefined });
  expect(await buffer.take()).toEqual({ done: true, value: undefined });
});

/** What happens on a server, how it is learned of, and when the consumer takes. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('change'), name: fc.nat(4), remove: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('missed'), name: fc.nat(4), remove: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('list') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay'), from: fc.nat(10) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take') }) },
);
type Step = { kind: string; name?: number; remove?: boolean; from?: number };

test('whatever is listed, missed, replayed and taken: each change is told once, and all add up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps: Step[]) => {
      const store = new Map<string, WatchedObject>();
      const past: { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: WatchedObject }[] = [];
      const picture = new Picture<WatchedObject>();
      const buffer = new WatchBuffer<WatchedObject>(1_000);
      const told = new Map<string, WatchedObject>();
      let version = 0;
      let missed = false;

      const happen = (name: string, remove: boolean) => {
        version += 1;
        const known = store.get(name);
        const now = object(name, known?.metadata.uid ?? `u${version}`, version);
        const type = known === undefined ? 'ADDED' : remove ? 'DELETED' : 'MODIFIED';
        if (type === 'DELETED') store.delete(name);
        else store.set(name, now);
        past.push({ type, object: now });
        return { type, object: now } as const;
      };
      const put = (changes: readonly Told[]) => {
        for (const change of changes) buffer.put(change);
      };
      const list = () => {
        const sweep = picture.beginList();
        for (const one of store.values()) put(sweep.see(one));
        put(sweep.end(`${version}`));
        missed = false;
      };
      const check = (event: Told) => {
        if (event.type === 'synced') return;
        const { name, uid, resourceVersion } = event.object.metadata;
        const before = told.get(name)?.metadata;
        if (event.type === 'added') expect(before).toBeUndefined();
        else expect(before?.uid).toBe(uid);
        if (event.type === 'modified')
          expect(Number(resourceVersion)).toBeGreaterThan(Number(before?.resourceVersion));
        if (event.type === 'deleted') told.delete(name);
        else told.set(name, event.object);
      };

      for (const { kind, name = 0, remove = false, from = 0 } of steps) {
        if (kind === 'take') {
          buffer.put({ type: 'synced' });
          check((await buffer.take()).value as Told);
        } else if (kind === 'list') {
          list();
        } else if (kind === 'replay') {
          if (missed) continue;
          for (const event of past.slice(-from)) put(picture.apply(event.type, event.object));
        } else {
          const event = happen(`p${name}`, remove);
          // Once something was missed the stream is broken, until the next list.
          missed ||= kind === 'missed';
          if (!missed) put(picture.apply(event.type, event.object));
        }
      }
      list();
      for (const event of await drain(buffer)) check(event);
      const sorted = (objects: Iterable<WatchedObject>) =>
        [...objects]
          .map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`)
          .sort();
      expect(sorted(told.values())).toEqual(sorted(store.values()));
    }),
    { numRuns: 500 },
  );
});
