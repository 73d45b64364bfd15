import { expect, test } from 'vitest';
import { type AuditWork, type GroupAudit, type Presence, runAudit } from '../../src/cluster/audit.ts';
import type { BulkOptions } from '../../src/cluster/bulk-options.ts';
import { NodeUnavailableError } from '../../src/cluster/errors.ts';
import { ClosedError, ConfigError, HoldfastError } from '../../src/core/errors.ts';
import { virtualClock } from '../../src/testing/virtual-clock.ts';

const NODES = ['a', 'b'];
const FOUND = { present: ['p', 'p'], absent: ['-', '-'], split: ['p', '-'], unknown: ['p', '?'] } as const;

const silent = (groupId: string) =>
  new NodeUnavailableError('it is silent', {
    ...{ groupId, operation: 'read', operationId: '1.5', nodes: [], attempts: [] },
  });

/** `p`: it has it; `-`: it has not; `?`: it does not say. */
const says = (what: string | undefined, groupId: string) =>
  what === '?' ? Promise.reject(silent(groupId)) : Promise.resolve(what === 'p');

const audit = (ids: AuditWork['ids'], work: Partial<AuditWork> = {}) =>
  runAudit({
    ids,
    options: undefined,
    clock: virtualClock(),
    nodeNames: NODES,
    ask: (node, groupId) => says(FOUND[groupId as keyof typeof FOUND]?.[NODES.indexOf(node)], groupId),
    check: () => undefined,
    ...work,
  });

/** By id, for they come in no order. */
const list = async (run: AsyncIterable<GroupAudit>) => {
  const audits: GroupAudit[] = [];
  for await (const one of run) audits.push(one);
  return audits.sort((one, other) => one.groupId.localeCompare(other.groupId));
};

/** Never answers, and ends as a read does that is cut: with the reason. */
const hang = (_node: string, _groupId: string, signal: AbortSignal) =>
  new Promise<boolean>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

const rejects = (error: unknown) => () => Promise.reject(error);
const throws = (error: unknown) => () => {
  throw error;
};

test.each<[string, GroupAudit['status'], boolean, Presence[]]>([
  ['pp', 'present', true, ['present', 'present']],
  ['--', 'absent', true, ['absent', 'absent']],
  ['p-', 'split', false, ['present', 'absent']],
  ['-p', 'split', false, ['absent', 'present']],
  ['p?', 'unknown', false, ['present', 'unknown']],
  ['?-', 'unknown', false, ['unknown', 'absent']],
  ['??', 'unknown', false, ['unknown', 'unknown']],
  ['p?-', 'split', false, ['present', 'unknown', 'absent']],
])('nodes that say %s make a group %s', async (said, status, consistent, presences) => {
  const nodeNames = ['a', 'b', 'c'].slice(0, said.length);
  const ask: AuditWork['ask'] = (node, groupId) => says(said[nodeNames.indexOf(node)], groupId);
  const nodes = Object.fromEntries(nodeNames.map((name, index) => [name, presences[index]]));
  expect(await list(audit(['g'], { nodeNames, ask }))).toEqual([{ groupId: 'g', status, consistent, nodes }]);
});

test('counts every kind, and gives those that are split or unknown to be run again', async () => {
  const summary = await audit(['present', 'split', 'absent', 'unknown', 'present', 'split', 'split']);
  expect(summary).toMatchObject({
    ...{ present: 2, absent: 1, split: 3, unknown: 1 },
    ...{ done: 3, failed: 4, skipped: 0, ok: false },
  });
  expect(summary.rerun('failed')).toEqual(['split', 'unknown', 'split', 'split']);
  expect(summary.rerun('unknown')).toEqual(['unknown']);
  expect(await audit(['present', 'absent'])).toMatchObject({ done: 2, ok: true });
});

test('an id that cannot be one is unknown, with the reason, and no node is asked', async () => {
  const error = new ConfigError([{ path: 'ids[0]', message: 'is empty' }]);
  const [one] = await list(audit([''], { check: throws(error), ask: rejects(new Error('it was asked')) }));
  expect(one).toEqual({
    groupId: '',
    status: 'unknown',
    consistent: false,
    nodes: { a: 'unknown', b: 'unknown' },
    error,
  });
});

test('an id is checked under its place in the list, where that is known', async () => {
  const checked: string[] = [];
  const check: AuditWork['check'] = (groupId, path) => checked.push(`${path} ${groupId}`);
  await audit(['present', 'absent'], { check });
  await audit(['present'], { check, options: { shard: { index: 0, of: 1 } } });
  expect(checked).toEqual(['ids[0] present', 'ids[1] absent', 'ids present']);
});

test('only the ids of the shard are asked for', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `group ${index}`);
  const run = (index: number) => audit(ids, { options: { shard: { index, of: 2 } } });
  const [first, second] = await Promise.all([list(run(0)), list(run(1))]);
  expect(first.length).toBeGreaterThan(0);
  expect(second.length).toBeGreaterThan(0);
  expect([...first, ...second].map(({ groupId }) => groupId).sort()).toEqual(ids.toSorted());
});

test.each([
  ['the client is closed', new ClosedError('this ClusterClient')],
  ['something is broken', new TypeError('broken')],
])('where %s the run ends by it', async (_, error) => {
  await expect(audit(['g'], { ask: rejects(error) })).rejects.toBe(error);
  await expect(audit(['g'], { check: throws(error) })).rejects.toBe(error);
});

test.each([
  ['any reason', new Error('enough')],
  ['an error of the library', new HoldfastError('enough', { code: 'TEST' })],
])('an abort for %s leaves what was not known yet skipped', async (_, reason) => {
  const stop = new AbortController();
  const ask: AuditWork['ask'] = (node, groupId, signal) => {
    if (groupId === 'begun' && node === 'b') queueMicrotask(() => stop.abort(reason));
    return groupId === 'begun' ? hang(node, groupId, signal) : says('p', groupId);
  };
  const run = audit(['known', 'begun', 'waits'], { ask, options: { signal: stop.signal, concurrency: 1 } });
  const skipped = { status: 'skipped', consistent: false, nodes: { a: 'unknown', b: 'unknown' } };
  expect(await list(run)).toEqual([
    { groupId: 'begun', ...skipped },
    { groupId: 'known', status: 'present', consistent: true, nodes: { a: 'present', b: 'present' } },
    { groupId: 'waits', ...skipped },
  ]);
  const summary = await run;
  expect(summary).toMatchObject({ done: 1, failed: 0, skipped: 2, present: 1, unknown: 0, ok: false });
  expect(summary.rerun('skipped')).toEqual(['begun', 'waits']);
});

test('too many failures cut those that are being asked', async () => {
  const ask: AuditWork['ask'] = (node, groupId, signal) =>
    groupId === 'slow' ? hang(node, groupId, signal) : says(node === 'a' ? 'p' : '-', groupId);
  const summary = await audit(['slow', 'split'], { ask, options: { failAbove: 0 } });
  expect(summary).toMatchObject({ split: 1, failed: 1, skipped: 1 });
});

test('a node that failed just as the run was stopped is unknown, and what the others said stands', async () => {
  const stop = new AbortController();
  const ask: AuditWork['ask'] = (node, groupId) => {
    stop.abort(new Error('enough'));
    return says(node === 'a' ? 'p' : '?', groupId);
  };
  expect(await list(audit(['g'], { ask, options: { signal: stop.signal } }))).toEqual([
    { groupId: 'g', status: 'unknown', consistent: false, nodes: { a: 'present', b: 'unknown' } },
  ]);
});

test('what breaks after an abort ends the run all the same', async () => {
  const stop = new AbortController();
  const broken = new TypeError('broken');
  const ask = () => {
    stop.abort(new Error('enough'));
    return Promise.reject(broken);
  };
  await expect(audit(['g'], { ask, options: { signal: stop.signal } })).rejects.toBe(broken);
});

test('16 groups are asked for at once, all nodes of each side by side', async () => {
  const asked: string[] = [];
  const stop = new AbortController();
  const ask: AuditWork['ask'] = (node, groupId, signal) => {
    if (asked.push(`${groupId} ${node}`) === 32) setImmediate(() => stop.abort());
    return hang(node, groupId, signal);
  };
  const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
  expect(await audit(ids, { ask, options: { signal: stop.signal } })).toMatchObject({ skipped: 20 });
  expect(asked).toEqual(ids.slice(0, 16).flatMap((id) => [`${id} a`, `${id} b`]));
});

test('wrong options and ids that are no list are refused at once', () => {
  expect(() => audit([], { options: { paralel: 5 } as BulkOptions })).toThrow(
    'options.paralel: is not an option',
  );
  expect(() => audit('abc')).toThrow(/^ids: /);
});

test('says how long it took by the clock of the client', async () => {
  const clock = virtualClock();
  const ask = async () => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, 70));
    return true;
  };
  expect(await clock.run(audit(['g'], { ask, clock }))).toMatchObject({ durationMs: 70 });
});
