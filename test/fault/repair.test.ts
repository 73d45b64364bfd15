import { describe, expect, test } from 'vitest';
import { InconsistentClusterError } from '../../src/cluster/errors.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import { rejectionOf, startCluster } from './cluster.ts';
import { holdersOf } from './holdings.ts';

const ALL = ['node01', 'node02', 'node03'];

describe('audit(ids)', () => {
  test('says of every group which nodes have it', async () => {
    await using cluster = await startCluster({
      dialect: 'path',
      steps: [
        { node: 'node02', method: 'GET', key: 'mute', fault: 'error-before', times: 8 },
        { node: 'node01', method: 'GET', key: 'split', fault: 'reset-before', times: 3 },
      ],
    });
    for (const node of ALL) cluster.nodes.put(node, { groupId: 'whole' });
    for (const node of ['node01', 'node03']) cluster.nodes.put(node, { groupId: 'split' });
    const run = cluster.client.audit(['whole', 'none', 'split', 'mute', '..']);
    const audits = new Map();
    for await (const audit of run) audits.set(audit.groupId, audit);
    const everywhere = (presence: string) => Object.fromEntries(ALL.map((name) => [name, presence]));
    expect(audits.get('whole')).toEqual({
      groupId: 'whole',
      consistent: true,
      status: 'present',
      nodes: everywhere('present'),
    });
    expect(audits.get('none')).toMatchObject({
      consistent: true,
      status: 'absent',
      nodes: everywhere('absent'),
    });
    expect(audits.get('split')).toMatchObject({
      consistent: false,
      status: 'split',
      nodes: { node01: 'present', node02: 'absent', node03: 'present' },
    });
    expect(audits.get('mute')).toMatchObject({
      consistent: false,
      status: 'unknown',
      nodes: { node01: 'absent', node02: 'unknown', node03: 'absent' },
    });
    expect(audits.get('..')).toMatchObject({ status: 'unknown', error: { name: 'ConfigError' } });
    const summary = await run;
    expect(summary).toMatchObject({
      done: 2,
      failed: 3,
      present: 1,
      absent: 1,
      split: 1,
      unknown: 2,
      ok: false,
    });
    expect(summary.rerun('unknown').toSorted()).toEqual(['..', 'mute']);
    expect(cluster.arrivals.every((arrival) => arrival.startsWith('GET'))).toBe(true);
  });

  test('is as lazy as its source, and stops with its signal', async () => {
    await using cluster = await startCluster({ dialect: 'header' });
    const stop = new AbortController();
    let pulled = 0;
    function* endless() {
      for (;;) yield `${pulled++}`;
    }
    const run = cluster.client.audit(endless(), { concurrency: 4, signal: stop.signal });
    let audited = 0;
    for await (const { status } of run) {
      if (status !== 'skipped') audited++;
      if (audited === 20) stop.abort(new Error('enough'));
    }
    expect(pulled).toBeLessThan(40);
    const { done, skipped, failed } = await run;
    expect(failed).toBe(0);
    expect(done).toBeGreaterThanOrEqual(20);
    expect(done + skipped).toBe(pulled);
  });
});

describe('repair(ids, want)', () => {
  test.each([
    ['present', ALL],
    ['absent', []],
  ] as const)('makes every node agree: %s', async (want, holders) => {
    await using cluster = await startCluster({ dialect: 'header' });
    cluster.nodes.put('node02', { groupId: 'g', timestamp: '1.5' });
    expect(await cluster.client.repair(['g'], want)).toMatchObject({ changed: 1, ok: true });
    expect(holdersOf(cluster.nodes, 'g')).toEqual(holders);
    expect(await cluster.client.repair(['g'], want)).toMatchObject({ unchanged: 1, ok: true });
  });

  test.each([
    ['present', ALL],
    ['absent', []],
  ] as const)('takes the place of what is unresolved, once that has settled: %s', async (want, holders) => {
    const journal = memoryJournal();
    await using cluster = await startUnresolved(journal);
    const begin = cluster.clock.monotonic();
    expect(await cluster.client.repair(['g'], want)).toMatchObject({ changed: 1, ok: true });
    expect(cluster.clock.monotonic() - begin).toBeGreaterThanOrEqual(200);
    expect(holdersOf(cluster.nodes, 'g')).toEqual(holders);
    expect(await journal.openEntry('g')).toBeUndefined();
    expect(await cluster.client.createGroup('g')).toMatchObject({ changed: want === 'absent' });
  });

  test('closes what was unresolved where all nodes agree already', async () => {
    const journal = memoryJournal();
    await using cluster = await startUnresolved(journal);
    for (const node of ALL) cluster.nodes.put(node, { groupId: 'g', timestamp: '1.5' });
    expect(await cluster.client.repair(['g'], 'present')).toMatchObject({ unchanged: 1, ok: true });
    expect(await journal.openEntry('g')).toBeUndefined();
  });

  test('that is undone leaves open what was open', async () => {
    const journal = memoryJournal();
    await using cluster = await startUnresolved(journal, 16);
    const before = await journal.openEntry('g');
    expect(await cluster.client.repair(['g'], 'present')).toMatchObject({ rolledBack: 1, ok: false });
    const { unsettledUntil: _, ...open } = (await journal.openEntry('g')) ?? {};
    expect(before).toMatchObject(open);
    expect(open).toMatchObject({ state: 'unresolved' });
    // Which recovery then ends.
    expect(await cluster.client.recover()).toMatchObject({ changed: 1, ok: true });
    expect(holdersOf(cluster.nodes, 'g')).toEqual([]);
  });

  test('wants one of two words', async () => {
    await using cluster = await startCluster({ dialect: 'path' });
    expect(() => cluster.client.repair(['g'], 'gone' as 'absent')).toThrow(
      /want: expected 'present' or 'absent'/,
    );
  });
});

/** A create that node03 refuses and that node01 cannot be rid of; node03 refuses so many creates in all. */
async function startUnresolved(journal: ReturnType<typeof memoryJournal>, refusals = 8) {
  const cluster = await startCluster({
    dialect: 'header',
    options: { journal },
    steps: [
      { node: 'node03', method: 'POST', fault: 'error-before', times: refusals },
      { node: 'node01', method: 'DELETE', fault: 'error-before', times: 40 },
    ],
  });
  expect(await rejectionOf(cluster.client.createGroup('g'))).toBeInstanceOf(InconsistentClusterError);
  return cluster;
}
