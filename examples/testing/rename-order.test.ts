import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterClient, InconsistentClusterError, RolledBackError } from 'holdfast';
import {
  describeSimulation,
  FaultPlan,
  type SimulationReport,
  simulate,
  startGroupNodes,
} from 'holdfast/testing';
import { renameOrder, renameSideBySide, type Sleep } from './rename-order.ts';

type Rename = (cluster: ClusterClient, from: string, to: string, sleep: Sleep) => Promise<void>;

const { RENAME, SEEDS = '100', SEED } = process.env;
const rename: Rename = RENAME === 'side-by-side' ? renameSideBySide : renameOrder;
const [first, last] = SEED === undefined ? [1, Number(SEEDS)] : [Number(SEED), Number(SEED)];

// Most of the time would go into the stacks of errors that nobody reads.
Error.stackTraceLimit = 0;

test(`an order is renamed everywhere or nowhere, seeds ${first} to ${last}`, async (t) => {
  let requests = 0;
  for (let seed = first; seed <= last; seed++) {
    const report = await simulateRename(rename, seed);
    assert.ok(report.ok, describeSimulation(report));
    requests += report.requests;
  }
  t.diagnostic(`${requests} requests, and no violation`);
});

test('the simulator finds the seed at which renaming side by side goes wrong', async (t) => {
  for (let seed = 1; seed <= 100; seed++) {
    const { ok, violations } = await simulateRename(renameSideBySide, seed);
    if (ok) continue;
    t.diagnostic(`seed ${seed}: ${violations.join('; ')}`);
    return;
  }
  assert.fail('100 seeds show nothing');
});

test('an order whose old id stays on a node keeps that id everywhere', async () => {
  const faults = FaultPlan.script([
    { node: 'node02', method: 'DELETE', key: 'old', fault: 'error-before', times: Number.POSITIVE_INFINITY },
    // The new id is taken back, and that does not come out well at once.
    { node: 'node01', method: 'DELETE', key: 'new', fault: 'reset-after', times: 2 },
  ]);
  await using nodes = await startGroupNodes({ faults });
  // A lost answer is waited for: short times keep a test quick.
  const times = { attemptTimeout: 300, settle: 100, retry: { attempts: 3 } };
  await using cluster = new ClusterClient(nodes.urls, times);
  await cluster.createGroup('old');
  await assert.rejects(rename(cluster, 'old', 'new', sleep), RolledBackError);
  for (const [node, records] of nodes.records()) {
    assert.deepEqual(
      records.map(({ groupId }) => groupId),
      ['old'],
      node,
    );
  }
});

/** One rename in a cluster where all kinds of things go wrong, drawn from the seed. */
async function simulateRename(rename: Rename, seed: number): Promise<SimulationReport> {
  let outcome: 'renamed' | 'kept' | 'uncertain' = 'uncertain';
  return simulate({
    seed,
    // Few attempts, so that operations do fail.
    client: { attemptTimeout: 1_000, deadline: 5_000, retry: { attempts: 2 } },
    workload: async ({ cluster, sleep, log }) => {
      outcome = 'uncertain';
      if (!(await isCreated(cluster, 'old', sleep))) return;
      try {
        await rename(cluster, 'old', 'new', sleep);
        outcome = 'renamed';
      } catch (error) {
        if (!(error instanceof InconsistentClusterError)) outcome = 'kept';
      }
      log(`the order is ${outcome}`);
    },
    check: (records) => {
      if (outcome === 'uncertain') return;
      const wanted = outcome === 'renamed' ? 'new' : 'old';
      for (const [node, held] of records) {
        const ids = held.map(({ groupId }) => groupId).join();
        if (ids !== wanted) throw new Error(`the order is ${outcome}, and ${node} has ${ids || 'none'}`);
      }
    },
  });
}

async function isCreated(cluster: ClusterClient, id: string, sleep: Sleep): Promise<boolean> {
  for (;;) {
    try {
      await cluster.createGroup(id);
      return true;
    } catch (error) {
      if (error instanceof InconsistentClusterError) return false;
      await sleep(1_000);
    }
  }
}
