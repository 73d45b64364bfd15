import { expect, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import { shardOf } from '../../src/core/shard.ts';
import { startGroupNodes } from '../../src/testing/group-nodes.ts';

const IDS = Array.from({ length: 50 }, (_, index) => `group ${index}`);

async function start() {
  const nodes = await startGroupNodes({ dialect: 'path' });
  const client = new ClusterClient(nodes.urls);
  return {
    nodes,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await nodes.close();
    },
  };
}

/** Each kind of source. */
const SOURCES = {
  array: () => IDS,
  set: () => new Set(IDS),
  generator: function* () {
    yield* IDS;
  },
  'async generator': async function* () {
    yield* IDS;
  },
};

test.each(Object.entries(SOURCES))(
  'each id is in one shard, whatever it comes from: %s',
  async (_name, ids) => {
    await using cluster = await start();
    const done: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const shard = { index, of: 3 };
      for await (const { groupId, status } of cluster.client.createGroups(ids(), { shard })) {
        expect(status).toBe('changed');
        expect(shardOf(groupId, 3)).toBe(index);
        done.push(groupId);
      }
    }
    expect(done.sort()).toEqual([...IDS].sort());
    const audited = await Promise.all(
      [0, 1].map((index) => cluster.client.audit(ids(), { shard: { index, of: 2 } })),
    );
    expect(audited.reduce((sum, { present }) => sum + present, 0)).toBe(IDS.length);
  },
);

test('the shard of an id never changes, and shards are of about one size', () => {
  expect(['', 'g', 'group 1', 'ä', '🔒'].map((id) => shardOf(id, 1_000_003))).toMatchInlineSnapshot(`
    [
      990307,
      167170,
      740806,
      731850,
      171276,
    ]
  `);
  for (const of of [2, 3, 4, 7, 16, 100]) {
    const sizes = Array.from({ length: of }, () => 0);
    for (let id = 0; id < 1_000 * of; id += 1)
      sizes[shardOf(String(id), of)] = (sizes[shardOf(String(id), of)] ?? 0) + 1;
    expect(Math.min(...sizes)).toBeGreaterThan(800);
    expect(Math.max(...sizes)).toBeLessThan(1_200);
  }
});

test('leaving a run closes the source behind its shard', async () => {
  await using cluster = await start();
  let closed = false;
  async function* ids() {
    try {
      for (let id = 0; ; id += 1) yield String(id);
    } finally {
      closed = true;
    }
  }
  for await (const _ of cluster.client.createGroups(ids(), { shard: { index: 1, of: 2 } })) break;
  expect(closed).toBe(true);
});

test('a shard that cannot be is refused', async () => {
  await using cluster = await start();
  const refused = (shard: { index: number; of: number }) => () => cluster.client.createGroups(IDS, { shard });
  expect(refused({ index: 3, of: 3 })).toThrow(
    'options.shard: expected an index below 3, received 3; it counts from 0',
  );
  expect(refused({ index: 0, of: 0 })).toThrow(
    'options.shard.of: expected a whole number of at least 1, received 0',
  );
  expect(() => cluster.client.createGroups('abc', { shard: { index: 0, of: 2 } })).toThrow(
    "the string 'abc'",
  );
});
