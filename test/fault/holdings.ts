import type { GroupNodes } from '../../src/testing/group-nodes.ts';
import type { GroupRecord } from '../../src/testing/group-records.ts';

/** What every node's database holds at one moment: node, then group. */
export type Holdings = ReadonlyMap<string, Map<string, GroupRecord>>;

export const holdingsOf = (nodes: GroupNodes): Holdings =>
  new Map(
    [...nodes.records()].map(([node, records]) => [
      node,
      new Map(records.map((record) => [record.groupId, record])),
    ]),
  );

export const recordOf = (holdings: Holdings, node: string, groupId: string): GroupRecord | undefined =>
  holdings.get(node)?.get(groupId);

/** The nodes that have the group. */
export const holdersOf = (nodes: GroupNodes, groupId: string): string[] => {
  const holdings = holdingsOf(nodes);
  return [...holdings.keys()].filter((node) => recordOf(holdings, node, groupId) !== undefined);
};
