import type { GroupOutcome } from '../../src/cluster/bulk-result.ts';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import { sleep } from '../../src/core/abort.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { FaultKind, FaultRates } from '../../src/testing/fault-schema.ts';
import { type GroupNodes, startGroupNodes } from '../../src/testing/group-nodes.ts';
import type { GroupRecord } from '../../src/testing/group-records.ts';
import { type Holdings, holdingsOf } from './holdings.ts';
import { PASSING_KINDS } from './kinds.ts';
import { brokenPromises } from './promise.ts';
import { steadyClock } from './steady-clock.ts';
import { type Arrival, watchedFetch, watchedPlan } from './watched.ts';

export interface Scenario {
  readonly dialect: 'path' | 'header';
  /** One kind, or all that can be got past, in equal parts. */
  readonly kind: FaultKind | 'mixed';
  /** Of all requests, from 0 to 1. */
  readonly rate: number;
  readonly seed: number;
  readonly transport?: 'fetch' | 'undici';
  readonly strategy?: 'parallel' | 'sequential';
  /** Gives up soon, forward and undoing, so that many operations end as inconsistent. */
  readonly patience?: 'usual' | 'little';
  readonly groups?: number;
  /** Somebody else creates every third group on one of the nodes, right before the client's own first create leaves for it. */
  readonly intruder?: boolean;
}

export interface Report {
  /** None where the promise was kept. */
  readonly broken: readonly string[];
  /** How often each outcome came. */
  readonly tally: Readonly<Record<GroupOutcome['status'], number>>;
}

/** Settings that make the promise come true quickly. A commit may be late by more than an attempt's time, and is within settle. */
export const QUICK = {
  attemptTimeout: 80,
  settle: 200,
  deadline: 3_000,
  rollbackDeadline: 6_000,
  retry: { attempts: 8, baseDelay: 1, maxDelay: 10 },
  rollbackRetry: { attempts: 40, baseDelay: 2, maxDelay: 20 },
} as const satisfies ClusterClientOptions;

const LITTLE = {
  retry: { ...QUICK.retry, attempts: 3 },
  rollbackRetry: { ...QUICK.rollbackRetry, attempts: 3 },
};

/** Creates groups on unstable nodes, then deletes them, and compares every outcome with the nodes' databases. */
export async function play(scenario: Scenario): Promise<Report> {
  const { dialect, transport = 'fetch', strategy = 'parallel', patience = 'usual', groups = 15 } = scenario;
  const writers = scenario.intruder ? 'shared' : 'exclusive';
  using clock = steadyClock();
  const arrivals: Arrival[] = [];
  const plan = FaultPlan.seeded(scenario.seed, ratesOf(scenario));
  const faults = watchedPlan(plan, (arrival) => arrivals.push(arrival));
  await using nodes = await startGroupNodes({ dialect, faults, clock });
  const intruder = scenario.intruder ? intrude(nodes, groups) : undefined;
  await using client = new ClusterClient(nodes.urls, {
    ...QUICK,
    ...(patience === 'little' ? LITTLE : {}),
    dialect,
    transport,
    strategy,
    clock,
    writers,
    ...(intruder === undefined ? {} : { fetch: intruder.fetch }),
  });
  const ids = Array.from({ length: groups }, (_, index) => idOf(index));
  // One group in five stood on one of the nodes before.
  for (const [index, groupId] of ids.entries()) {
    if (index % 5 === 0) nodes.put(nodeOf(nodes, index), { groupId, timestamp: `${index}.5` });
  }

  const broken: string[] = [];
  const tally = { changed: 0, unchanged: 0, 'rolled-back': 0, unavailable: 0, inconsistent: 0, skipped: 0 };
  for (const operation of ['create', 'delete'] as const) {
    const before = holdingsOf(nodes);
    arrivals.length = 0;
    const outcomes: GroupOutcome[] = [];
    const options = { concurrency: groups };
    const run =
      operation === 'create' ? client.createGroups(ids, options) : client.deleteGroups(ids, options);
    for await (const outcome of run) outcomes.push(outcome);
    // What was sent and given up is over by then, wherever it was.
    await sleep(QUICK.settle, clock);
    await nodes.settled();
    const after = holdingsOf(nodes);
    // Theirs by then, whether they came a little before or after the operation began.
    if (operation === 'create') intruder?.addTo(before);
    for (const outcome of outcomes) {
      tally[outcome.status]++;
      broken.push(...brokenPromises({ operation, outcome, before, after, arrivals, writers }));
    }
    if (outcomes.length !== ids.length) broken.push(`${outcomes.length} outcomes for ${ids.length} ids`);
  }
  return { broken, tally };
}

const idOf = (index: number) => `group ${index}`;

function nodeOf(nodes: GroupNodes, index: number): string {
  const names = Object.keys(nodes.urls);
  return names[index % names.length] ?? '';
}

/** A fetch that somebody else is quicker than, and what they made. */
function intrude(nodes: GroupNodes, groups: number) {
  const victims = new Map<string, string>();
  for (let index = 1; index < groups; index += 3) victims.set(idOf(index), nodeOf(nodes, index + 1));
  const made: { readonly node: string; readonly record: GroupRecord }[] = [];
  return {
    fetch: watchedFetch(nodes.urls, {
      before: ({ method, node, groupId }) => {
        if (method !== 'POST' || victims.get(groupId) !== node) return;
        victims.delete(groupId);
        const record = { groupId, timestamp: '7.000007' };
        nodes.put(node, record);
        made.push({ node, record });
      },
    }),
    addTo: (holdings: Holdings) => {
      for (const { node, record } of made) holdings.get(node)?.set(record.groupId, record);
    },
  };
}

function ratesOf({ kind, rate, seed }: Scenario): FaultRates {
  const rates =
    kind === 'mixed'
      ? Object.fromEntries(PASSING_KINDS.map((each) => [each, rate / PASSING_KINDS.length]))
      : { [kind]: rate };
  return {
    ...rates,
    lateBy: 120,
    // Within the time of an attempt, or beyond it.
    slowBy: seed % 2 === 0 ? 120 : 30,
    retryAfter: seed % 5 === 0 ? 1 : 0,
  };
}
