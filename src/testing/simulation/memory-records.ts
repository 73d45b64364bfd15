import type { GroupId, GroupRecord, GroupRecords, GroupStats } from '../group-records.ts';

/** The records of several nodes, as `GroupRecords` has them, without a database. */
export class MemoryRecords implements Omit<GroupRecords, 'remove' | 'close'> {
  /** A node's records, and the timestamps they were created with. */
  readonly #nodes: ReadonlyMap<string, Map<GroupId, string | undefined>>;

  constructor(nodes: readonly string[]) {
    this.#nodes = new Map(nodes.map((node) => [node, new Map()]));
  }

  has(node: string, groupId: GroupId): boolean {
    return this.#of(node).has(groupId);
  }

  create(node: string, groupId: GroupId, timestamp: string | undefined): boolean {
    const records = this.#of(node);
    if (records.has(groupId)) return false;
    records.set(groupId, timestamp);
    return true;
  }

  delete(node: string, groupId: GroupId, timestamp: string | undefined): boolean {
    const records = this.#of(node);
    if (timestamp !== undefined && records.get(groupId) !== timestamp) return false;
    return records.delete(groupId);
  }

  put(node: string, { groupId, timestamp }: GroupRecord): void {
    this.#of(node).set(groupId, timestamp);
  }

  all(): ReadonlyMap<string, readonly GroupRecord[]> {
    return new Map([...this.#nodes].map(([node, records]) => [node, [...records].map(toRecord).sort(byId)]));
  }

  stats(): GroupStats {
    const [first, ...others] = this.#nodes.values();
    const consistent = others.every(
      (other) => other.size === first?.size && [...other.keys()].every((id) => first.has(id)),
    );
    return { consistent, counts: new Map([...this.#nodes].map(([node, { size }]) => [node, size])) };
  }

  #of(node: string): Map<GroupId, string | undefined> {
    const records = this.#nodes.get(node);
    if (records === undefined) throw new RangeError(`there is no node ${node}`);
    return records;
  }
}

const toRecord = ([id, timestamp]: readonly [GroupId, string | undefined]): GroupRecord => ({
  groupId: String(id),
  ...(timestamp === undefined ? {} : { timestamp }),
});

const byId = (one: GroupRecord, other: GroupRecord) =>
  one.groupId < other.groupId ? -1 : Number(one.groupId > other.groupId);
