import { expect, test } from 'vitest';
import { inShard, shard, shardOf } from '../../src/core/shard.ts';
import { validate } from '../../src/core/validate.ts';
import { collect } from './runs.ts';

const IDS = Array.from({ length: 40 }, (_, index) => `group ${index}`);
const mineOf = (index: number, of: number) => IDS.filter((id) => shardOf(id, of) === index);

test('the shard of an id is below the number of shards, and each shard has some', () => {
  const shards = new Set(IDS.map((id) => shardOf(id, 3)));
  expect([...shards].sort()).toEqual([0, 1, 2]);
  // Every character counts, the last one too.
  expect(shardOf('a', 2 ** 31)).not.toBe(shardOf('ab', 2 ** 31));
  expect(shardOf('ab', 2 ** 31)).not.toBe(shardOf('ac', 2 ** 31));
});

test('the shard of an id never changes', () => {
  expect(['', 'g', 'group 1'].map((id) => shardOf(id, 1_000_003))).toEqual([990_307, 167_170, 740_806]);
});

test('an index is below the number of shards and counts from 0', () => {
  for (const given of [
    { index: 0, of: 1 },
    { index: 2, of: 3 },
  ]) {
    expect(validate(shard, given, 'shard')).toEqual(given);
  }
  for (const given of [
    { index: 3, of: 3 },
    { index: 4, of: 3 },
  ]) {
    expect(() => validate(shard, given, 'shard')).toThrow(
      `shard: expected an index below 3, received ${given.index}; it counts from 0`,
    );
  }
});

test('an array stays one, so that it is known how many there are', () => {
  expect(inShard(IDS, { index: 1, of: 3 })).toEqual(mineOf(1, 3));
});

test('without shards, or with one, the ids are what was given', () => {
  expect(inShard(IDS, undefined)).toBe(IDS);
  expect(inShard(IDS, { index: 0, of: 1 })).toBe(IDS);
});

test('of what is iterated, at once or asynchronously, only the shard is passed on, one by one', async () => {
  const pulled: string[] = [];
  let closed = 0;
  function* some() {
    try {
      for (const id of IDS) {
        pulled.push(id);
        yield id;
      }
    } finally {
      closed += 1;
    }
  }
  async function* later() {
    yield* some();
  }
  for (const ids of [some, later]) {
    pulled.length = 0;
    for await (const id of inShard(ids(), { index: 2, of: 3 })) {
      expect(id).toBe(mineOf(2, 3)[0]);
      break;
    }
    expect(pulled.at(-1)).toBe(mineOf(2, 3)[0]);
    const all = inShard(ids(), { index: 2, of: 3 });
    expect(Symbol.asyncIterator in all ? await collect(all) : [...all]).toEqual(mineOf(2, 3));
  }
  expect(closed).toBe(4);
});

test('what cannot be iterated is passed on, for the run to refuse it', () => {
  for (const given of ['group', 5, undefined, null, {}, () => []]) {
    const ids = given as unknown as string[];
    expect(inShard(ids, { index: 0, of: 2 })).toBe(given);
  }
});

test('what is no text is in the shard it would be in as one', () => {
  const ids = [1, 2, 3] as unknown as string[];
  const parts = [0, 1].map((index) => inShard(ids, { index, of: 2 }) as unknown as number[]);
  expect(parts.flat().sort()).toEqual([1, 2, 3]);
});
