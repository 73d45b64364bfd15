import { expect } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { startGroupNodes } from '../../src/testing/group-nodes.ts';

export interface Hundred {
  readonly dialect: 'path' | 'header';
  readonly seed: number;
  /** The share of requests that fail, half of them with 500 and half with 408, before anything is done. */
  readonly failures: number;
}

const IDS = Array.from({ length: 100 }, (_, index) => String(index));

/** Creates 100 groups with the client's own options, then deletes them, and looks into the nodes' databases each time. */
export async function createAndDeleteHundred({ dialect, seed, failures }: Hundred): Promise<void> {
  const faults = FaultPlan.seeded(seed, { 'error-before': failures / 2, 'timeout-before': failures / 2 });
  await using nodes = await startGroupNodes({ dialect, faults });
  await using client = new ClusterClient(nodes.urls, { dialect });
  const idsByNode = () =>
    [...nodes.records().values()].map((records) => records.map(({ groupId }) => groupId));
  const all = [...IDS].sort();

  expect(await client.createGroups(IDS)).toMatchObject({ ok: true, changed: 100, done: 100 });
  expect(idsByNode()).toEqual([all, all, all]);
  if (dialect === 'header') {
    expect(await client.stats()).toEqual({
      consistent: true,
      counts: { node01: 100, node02: 100, node03: 100 },
    });
  }

  expect(await client.deleteGroups(IDS)).toMatchObject({ ok: true, changed: 100, done: 100 });
  expect(idsByNode()).toEqual([[], [], []]);
  if (dialect === 'header') {
    expect(await client.stats()).toEqual({ consistent: true, counts: { node01: 0, node02: 0, node03: 0 } });
  }
}
