import { FaultPlan, type GroupNodesOptions, startGroupNodes } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { FAULT_KINDS } from '../../src/testing/fault-schema.ts';
import { NETWORK_FAULTS } from '../../src/testing/simulation/network-faults.ts';
import { readPages } from './pages.ts';

const text = readPages().find(({ path }) => path === 'docs/testing.md')?.text ?? '';

/** The cells of each row of the table that begins with this one. */
function tableOf(head: string): readonly string[][] {
  const [, table = ''] = text.split(`\n| ${head} |`);
  const [rows = ''] = table.split('\n\n');
  return rows
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

const namesIn = (head: string) =>
  tableOf(head).flatMap(([first = '']) => Array.from(first.matchAll(/`([^`]+)`/g), ([, name]) => name));

it('the table of faults has every kind, and that of the network every other', () => {
  expect(namesIn('kind').sort()).toEqual([...FAULT_KINDS].sort());
  expect(namesIn('kind, of `simulate()` only').sort()).toEqual([...NETWORK_FAULTS].sort());
});

it('the table of the options of group nodes has each, and no other', () => {
  const options: Readonly<Record<keyof GroupNodesOptions, true>> = {
    nodes: true,
    dialect: true,
    database: true,
    faults: true,
    port: true,
    hostname: true,
    clock: true,
  };
  expect(namesIn('option of `startGroupNodes`').sort()).toEqual(Object.keys(options).sort());
});

it.each(tableOf('kind').map(([kind = '', what = '']) => [kind.replaceAll('`', ''), what] as const))(
  '%s does to a group node what the table says: %s',
  async (kind, what) => {
    const fault = kind as (typeof FAULT_KINDS)[number];
    const faults = FaultPlan.script([{ method: 'POST', fault, lateBy: 1, slowBy: 1 }]);
    await using nodes = await startGroupNodes({ nodes: 1, faults });
    const isSilent = what.includes('never answered');
    const answer = fetch(`${nodes.urls['node01']}/v1/group/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"groupId":"g"}',
      ...(isSilent && { signal: AbortSignal.timeout(500) }),
    }).then(async (response) => {
      await response.text();
      return String(response.status);
    });
    const [said] = /\b[45]\d\d\b/.exec(what) ?? [];
    const isAnswered = !isSilent && !/reset|breaks off/.test(what);
    expect(await answer.catch(() => 'none')).toBe(said ?? (isAnswered ? '201' : 'none'));
    const count = () => nodes.records().get('node01')?.length;
    if (what.includes('not done')) expect([count(), nodes.pendingCommits]).toEqual([0, 0]);
    else await expect.poll(count).toBe(1);
  },
);
