import { expect, it } from 'vitest';
import { Admission, type Place } from '../../src/core/admission.ts';
import { idle } from './runs.ts';

const never = new AbortController().signal;

async function enter(admission: Admission): Promise<Place> {
  const place = await admission.enter();
  if (place === undefined) throw new Error('not admitted');
  return place;
}

async function isFull(admission: Admission): Promise<boolean> {
  await idle();
  const place = admission.tryEnter();
  place?.leave();
  return place === undefined;
}

async function sendOut(admission: Admission, count: number): Promise<Place[]> {
  const places: Place[] = [];
  for (let n = 0; n < count; n++) {
    const place = await enter(admission);
    places.push(place);
    void place.outside(new Promise(() => undefined));
  }
  return places;
}

it('frees the slot of one that waits outside, and makes it wait for one before it goes on', async () => {
  const admission = new Admission(1, never);
  const first = await enter(admission);
  const wait = Promise.withResolvers<string>();
  const events: string[] = [];
  const outside = first.outside(wait.promise).then((value) => events.push(value));
  const second = await enter(admission);
  wait.resolve('back');
  await idle();
  expect(events).toEqual([]);
  second.leave();
  await outside;
  expect(events).toEqual(['back']);
  expect(await isFull(admission)).toBe(true);
});

it('has the slot again before a wait that rejects is told', async () => {
  const admission = new Admission(1, never);
  const place = await enter(admission);
  await expect(place.outside(Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await isFull(admission)).toBe(true);
  place.leave();
  expect(await isFull(admission)).toBe(false);
});

it('holds one slot for several waits at once', async () => {
  const admission = new Admission(2, never);
  const place = await enter(admission);
  await Promise.all([place.outside(Promise.resolve()), place.outside(idle()), place.outside(idle())]);
  expect(await isFull(admission)).toBe(false);
  place.leave();
  await enter(admission);
  await enter(admission);
  expect(await isFull(admission)).toBe(true);
});

it('takes no slot for a wait that ends after the place was left', async () => {
  const admission = new Admission(1, never);
  const place = await enter(admission);
  const wait = Promise.withResolvers<void>();
  const outside = place.outside(wait.promise);
  place.leave();
  wait.resolve();
  await outside;
  expect(await isFull(admission)).toBe(false);
  await sendOut(admission, 999);
  expect(await isFull(admission)).toBe(false);
  await sendOut(admission, 1);
  expect(await isFull(admission)).toBe(true);
});

it('does not count a wait that begins after the place was left', async () => {
  const admission = new Admission(1, never);
  for (let n = 0; n < 1_000; n++) {
    const place = await enter(admission);
    place.leave();
    void place.outside(new Promise(() => undefined));
  }
  expect(await isFull(admission)).toBe(false);
});

it('gives back the slot that comes to a place left on its way back', async () => {
  const admission = new Admission(1, never);
  const place = await enter(admission);
  const wait = Promise.withResolvers<void>();
  const outside = place.outside(wait.promise);
  const other = await enter(admission);
  wait.resolve();
  await idle();
  place.leave();
  other.leave();
  await outside;
  expect(await isFull(admission)).toBe(false);
  await sendOut(admission, 999);
  expect(await isFull(admission)).toBe(false);
  await sendOut(admission, 1);
  expect(await isFull(admission)).toBe(true);
});

it('admits nobody while 1,000 are outside, and the next one once one of them is back', async () => {
  const admission = new Admission(1, never);
  const waits = Array.from({ length: 1_000 }, () => Promise.withResolvers<void>());
  const places: Place[] = [];
  for (const { promise } of waits) {
    const place = await enter(admission);
    places.push(place);
    void place.outside(promise).then(() => place.leave());
  }
  expect(await isFull(admission)).toBe(true);
  let admitted = false;
  const next = enter(admission).then(() => {
    admitted = true;
  });
  await idle();
  expect(admitted).toBe(false);
  waits[500]?.resolve();
  await next;
});

it('admits the next one when a place is left while it is outside', async () => {
  const admission = new Admission(1, never);
  const [first] = await sendOut(admission, 1_000);
  expect(await isFull(admission)).toBe(true);
  first?.leave();
  expect(await isFull(admission)).toBe(false);
});

it('lets nobody in once it is closed, and tells whoever waits', async () => {
  const closing = new AbortController();
  const admission = new Admission(1, closing.signal);
  const place = await enter(admission);
  const waiting = admission.enter();
  closing.abort();
  expect(await waiting).toBeUndefined();
  place.leave();
  expect(admission.tryEnter()).toBeUndefined();
  expect(await admission.enter()).toBeUndefined();
});

it('gives a slot to one that comes back before any that is new', async () => {
  const admission = new Admission(1, never);
  const first = await enter(admission);
  const wait = Promise.withResolvers<void>();
  const events: string[] = [];
  const back = first.outside(wait.promise).then(() => events.push('back'));
  const second = await enter(admission);
  const third = enter(admission).then(() => events.push('new'));
  wait.resolve();
  await idle();
  second.leave();
  await back;
  first.leave();
  await third;
  expect(events).toEqual(['back', 'new']);
});

it('counts a place that is left twice once', async () => {
  const admission = new Admission(1, never);
  const [first] = await sendOut(admission, 1);
  first?.leave();
  first?.leave();
  await sendOut(admission, 1_000);
  expect(await isFull(admission)).toBe(true);
});

it('lets the one that waits in when one of too many that are outside is forgotten', async () => {
  const admission = new Admission(1, never);
  const [first] = await sendOut(admission, 1_000);
  let isIn = false;
  const waiting = enter(admission).then(() => {
    isIn = true;
  });
  await idle();
  expect(isIn).toBe(false);
  first?.leave();
  await waiting;
});
