import { describe, expect, test } from 'vitest';
import type { BulkSummary, GroupOutcome } from '../../src/cluster/bulk-result.ts';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import { sleep } from '../../src/core/abort.ts';
import type { Run } from '../../src/core/run.ts';
import type { RunOptions } from '../../src/core/run-options.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { type GroupNodes, startGroupNodes } from '../../src/testing/group-nodes.ts';
import { startCluster } from './cluster.ts';
import { holdersOf, holdingsOf } from './holdings.ts';
import { PASSING_KINDS } from './kinds.ts';
import { brokenPromises } from './promise.ts';
import { QUICK } from './scenario.ts';
import { type SteadyClock, steadyClock } from './steady-clock.ts';
import { type Arrival, watchedFetch, watchedPlan } from './watched.ts';

const IDS = Array.from({ length: 10_000 }, (_, index) => `group ${index}`);
const ALL = ['node01', 'node02', 'node03'];

const CASES = [
  { operation: 'create', dialect: 'header' },
  { operation: 'create', dialect: 'path' },
  { operation: 'delete', dialect: 'header' },
  { operation: 'delete', dialect: 'path' },
] as const;

interface Bulk {
  readonly clock: SteadyClock;
  readonly nodes: GroupNodes;
  readonly run: (options: RunOptions) => Run<GroupOutcome, BulkSummary>;
  /** The groups that a request was sent for. */
  readonly begun: ReadonlySet<string>;
  readonly arrivals: readonly Arrival[];
}

/** Nodes that fail in every way, one request in five; to be deleted are the first thousand groups. */
async function withBulk(
  { operation, dialect }: (typeof CASES)[number],
  check: (bulk: Bulk) => Promise<void>,
  options: ClusterClientOptions = {},
): Promise<void> {
  using clock = steadyClock();
  const begun = new Set<string>();
  const arrivals: Arrival[] = [];
  const rates = Object.fromEntries(PASSING_KINDS.map((kind) => [kind, 0.2 / PASSING_KINDS.length]));
  const plan = FaultPlan.seeded(1, { ...rates, lateBy: 120, slowBy: 30, retryAfter: 0 });
  const faults = watchedPlan(plan, (arrival) => arrivals.push(arrival));
  await using nodes = await startGroupNodes({ dialect, faults, clock });
  const fetch = watchedFetch(nodes.urls, {
    before: ({ groupId }) => {
      begun.add(groupId);
    },
  });
  await using client = new ClusterClient(nodes.urls, { ...QUICK, ...options, dialect, clock, fetch });
  if (operation === 'delete') {
    for (const groupId of IDS.slice(0, 1_000))
      for (const node of ALL) nodes.put(node, { groupId, timestamp: '1.5' });
  }
  const run = (given: RunOptions) =>
    operation === 'create' ? client.createGroups(IDS, given) : client.deleteGroups(IDS, given);
  await check({ clock, nodes, run, begun, arrivals });
}

describe.each(CASES)('stopping a bulk run of 10,000 groups ($operation, $dialect dialect)', (which) => {
  const { operation } = which;

  test('by an abort begins nothing new, leaves no group half made and reports the rest as skipped', () =>
    withBulk(which, async ({ clock, nodes, run, begun, arrivals }) => {
      const before = holdingsOf(nodes);
      const controller = new AbortController();
      const running = run({ signal: controller.signal });
      const outcomes: GroupOutcome[] = [];
      let atAbort = 0;
      for await (const outcome of running) {
        outcomes.push(outcome);
        if (outcomes.length !== 150) continue;
        controller.abort(new Error('enough'));
        atAbort = begun.size;
      }
      const summary = await running;
      expect(begun.size).toBe(atAbort);
      expect(outcomes).toHaveLength(IDS.length);
      expect(new Set(outcomes.map(({ groupId }) => groupId)).size).toBe(IDS.length);
      expect(summary.done + summary.failed + summary.skipped).toBe(IDS.length);
      expect(summary.skipped).toBeGreaterThan(9_000);
      expect(summary.rerun('skipped')).toHaveLength(summary.skipped);
      expect(summary.ok).toBe(false);

      await sleep(QUICK.settle, clock);
      await nodes.settled();
      const after = holdingsOf(nodes);
      const evidence = { operation, before, after };
      const ofGroup = Map.groupBy(arrivals, ({ key }) => key);
      expect(
        outcomes.flatMap((outcome) =>
          brokenPromises({ ...evidence, outcome, arrivals: ofGroup.get(outcome.groupId) ?? [] }),
        ),
      ).toEqual([]);
      expect(outcomes.filter(({ status }) => status === 'inconsistent')).toEqual([]);
      expect(halfMade(nodes)).toEqual([]);
    }));

  test('by break ends what is in flight and begins nothing new', () =>
    withBulk(which, async ({ clock, nodes, run, begun }) => {
      const running = run({});
      let taken = 0;
      let atBreak = 0;
      for await (const { status } of running) {
        expect(status).not.toBe('skipped');
        if (++taken < 150) continue;
        atBreak = begun.size;
        break;
      }
      expect(begun.size).toBe(atBreak);
      const summary = await running;
      expect(begun.size).toBe(atBreak);
      expect(summary.done + summary.failed + summary.skipped).toBe(IDS.length);
      expect(summary.done + summary.failed).toBe(begun.size);
      await sleep(QUICK.settle, clock);
      await nodes.settled();
      expect(halfMade(nodes)).toEqual([]);
    }));
});

test('an abort has the group that was written to undone, and names the caller as the cause', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let seen = 0;
  await using cluster = await startCluster({
    dialect: 'path',
    steps: [{ node: 'node03', method: 'POST', fault: 'error-before', times: Infinity }],
    options: { retry: { attempts: 1_000 } },
    onArrival: ({ method, node }) => {
      if (method === 'POST' && node === 'node03' && ++seen === 3) controller.abort(reason);
    },
  });
  const outcomes: GroupOutcome[] = [];
  const options = { concurrency: 1, signal: controller.signal };
  for await (const outcome of cluster.client.createGroups(['g', 'h'], options)) outcomes.push(outcome);
  outcomes.sort((one, other) => one.groupId.localeCompare(other.groupId));
  expect(outcomes).toMatchObject([
    { groupId: 'g', status: 'rolled-back', error: { cause: reason } },
    { groupId: 'h', status: 'skipped' },
  ]);
  expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
});

test('an abort after a break has what is still in flight undone, and the run resolves', () =>
  withBulk({ operation: 'create', dialect: 'header' }, async ({ clock, nodes, run }) => {
    const controller = new AbortController();
    const running = run({ signal: controller.signal });
    const iterator = running[Symbol.asyncIterator]();
    await iterator.next();
    const left = iterator.return?.();
    controller.abort(new Error('enough'));
    await left;
    const summary = await running;
    expect(summary.done + summary.failed + summary.skipped).toBe(IDS.length);
    await sleep(QUICK.settle, clock);
    await nodes.settled();
    expect(halfMade(nodes)).toEqual([]);
  }));

test('failAbove stops a bulk run, too', () =>
  withBulk(
    { operation: 'create', dialect: 'path' },
    async ({ clock, nodes, run, begun }) => {
      const summary = await run({ failAbove: 10, concurrency: 8 });
      expect(summary.failed).toBeGreaterThan(10);
      // At most those in flight ended after that.
      expect(summary.failed).toBeLessThanOrEqual(11 + 8);
      expect(summary.done + summary.failed + summary.skipped).toBe(IDS.length);
      expect(begun.size).toBe(summary.done + summary.failed);
      await sleep(QUICK.settle, clock);
      await nodes.settled();
      expect(halfMade(nodes)).toEqual([]);
    },
    { retry: { attempts: 2, baseDelay: 0 } },
  ));

/** Groups that some nodes have and others have not. */
function halfMade(nodes: GroupNodes): string[] {
  const holders = Map.groupBy(
    [...nodes.records().values()].flat().map(({ groupId }) => groupId),
    (groupId) => groupId,
  );
  return [...holders].filter(([, records]) => records.length !== ALL.length).map(([groupId]) => groupId);
}
