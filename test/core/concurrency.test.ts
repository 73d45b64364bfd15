import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openSlots } from '../../src/core/concurrency.ts';
import { idle } from './runs.ts';

it('gives slots in the order they were asked for', async () => {
  const slots = openSlots(1);
  const order: string[] = [];
  const first = await slots.take();
  const second = slots.take();
  void second.then(() => order.push('second'));
  const third = slots.take();
  void third.then(() => order.push('third'));
  await idle();
  expect(order).toEqual([]);
  first();
  (await second)();
  (await third)();
  expect(order).toEqual(['second', 'third']);
});

it('gives back one slot however often it is released', async () => {
  const slots = openSlots(1);
  const release = await slots.take();
  release();
  release();
  await slots.take();
  let another = false;
  void slots.take().then(() => {
    another = true;
  });
  await idle();
  expect(another).toBe(false);
});

it('rejects with the reason at once when the signal aborts, and passes the slot on', async () => {
  const slots = openSlots(1);
  const release = await slots.take();
  const controller = new AbortController();
  const gaveUp = slots.take(controller.signal);
  const next = slots.take();
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(gaveUp).rejects.toBe(reason);
  release();
  expect(await next).toBeTypeOf('function');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

it('takes no slot for a signal that has aborted already', async () => {
  const slots = openSlots(1);
  const reason = new Error('enough');
  await expect(slots.take(AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await slots.take()).toBeTypeOf('function');
});

it('leaves no listener on the signal of one who got a slot', async () => {
  const { signal } = new AbortController();
  await openSlots(1).take(signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('never gives out more than there are, and loses none, whoever gives up', async () => {
  const taker = fc.record({ turns: fc.nat(5), gaveUpAfter: fc.option(fc.nat(8)) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(taker, { maxLength: 20 }),
      async (size, takers) => {
        const slots = openSlots(size);
        let held = 0;
        const use = async ({ turns, gaveUpAfter }: (typeof takers)[number]) => {
          const controller = new AbortController();
          if (gaveUpAfter !== null) void turn(gaveUpAfter).then(() => controller.abort());
          const release = await slots.take(controller.signal).catch(() => undefined);
          if (release === undefined) return;
          held += 1;
          expect(held).toBeLessThanOrEqual(size);
          await turn(turns);
          held -= 1;
          release();
        };
        await Promise.all(takers.map(use));
        await Promise.all(Array.from({ length: size }, () => slots.take()));
      },
    ),
  );
});

async function turn(times: number): Promise<void> {
  for (let n = 0; n < times; n++) await undefined;
}
