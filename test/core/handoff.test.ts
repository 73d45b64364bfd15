import { expect, test } from 'vitest';
import { Handoff } from '../../src/core/handoff.ts';
import { collect } from './runs.ts';

test('what nobody takes is put at once', async () => {
  const handoff = new Handoff<number>();
  expect(handoff.wanted).toBe(false);
  await handoff.put(1);
  const iterator = handoff.iterate(Promise.resolve());
  expect(handoff.wanted).toBe(true);
  handoff.end();
  expect(await collect(iterator)).toEqual([]);
});

test('its iterator can be looped over, and from where it stands', async () => {
  const handoff = new Handoff<number>();
  const iterator = handoff.iterate(Promise.resolve());
  const taken = [1, 2, 3].map((item) => handoff.put(item));
  expect(await iterator.next()).toEqual({ done: false, value: 1 });
  handoff.end();
  expect(await collect(iterator)).toEqual([2, 3]);
  await Promise.all(taken);
});

test('who left has no item any more, and those who put are told why nothing is wanted', async () => {
  const handoff = new Handoff<number>();
  const iterator = handoff.iterate(Promise.resolve());
  void handoff.put(1);
  await iterator.next();
  expect(handoff.held).toBe(true);
  const waiting = handoff.put(2);
  await iterator.return?.();
  await waiting;
  expect(handoff.held).toBe(false);
  expect(handoff.left.reason).toMatchObject({
    code: 'RUN_LEFT',
    message: 'The loop over this Run was left',
  });
});
