import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { Calls } from '../../src/core/calls.ts';
import { ClosedError } from '../../src/core/errors.ts';
import { idle } from './runs.ts';

it('gives what a call gives, and what it throws', async () => {
  const calls = new Calls('this client');
  expect(await calls.track(async () => 7)).toBe(7);
  await expect(calls.track(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(() => calls.refuseClosed()).not.toThrow();
});

it('ends what the calls stand on when the last of them has ended, however that is', async () => {
  const calls = new Calls('this client');
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const tracked = [calls.track(() => first.promise), calls.track(() => second.promise)];
  const events: string[] = [];
  const closed = calls
    .close(async () => {
      events.push('ended');
    })
    .then(() => events.push('closed'));
  first.resolve();
  await idle();
  expect(events).toEqual([]);
  second.reject(new Error('no'));
  await closed;
  expect(events).toEqual(['ended', 'closed']);
  expect((await Promise.allSettled(tracked)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

it('keeps nothing of a call that has ended', async () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const calls = new Calls('this client');
  const held: WeakRef<object>[] = [];
  await calls.track(() => {
    const call = Promise.resolve();
    held.push(new WeakRef(call));
    return call;
  });
  await setImmediate();
  collect();
  expect(held.map((call) => call.deref())).toEqual([undefined]);
  calls.refuseClosed();
});

it('begins nothing once it is closed, and names the client', async () => {
  const calls = new Calls('this client');
  const closing = calls.close(async () => undefined);
  let begun = false;
  const late = calls.track(async () => {
    begun = true;
  });
  await expect(late).rejects.toThrow(ClosedError);
  await expect(late).rejects.toThrow('this client');
  expect(() => calls.refuseClosed()).toThrow(ClosedError);
  expect(begun).toBe(false);
  await closing;
});

it('ends once, whoever closes it', async () => {
  const calls = new Calls('this client');
  let ends = 0;
  const end = async () => {
    ends += 1;
  };
  await Promise.all([calls.close(end), calls.close(end)]);
  await calls.close(end);
  expect(ends).toBe(1);
});
