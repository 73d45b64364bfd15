import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ConfigError } from '../core/errors.ts';

/** What a node holds of a group. */
export interface GroupRecord {
  /** As text, whatever it was sent as. */
  readonly groupId: string;
  /** What the `timestamp` header of the create said; absent where it had none. */
  readonly timestamp?: string;
}

/** A JSON number where a client of the path dialect sent one: there 42 and "42" are different groups. */
export type GroupId = string | number;

/** The records of several nodes in one SQLite database, a table for each node, named as the node. */
export interface GroupRecords {
  has(node: string, groupId: GroupId): boolean;
  /** `false` where there is a record of that id already, which then stays as it is. */
  create(node: string, groupId: GroupId, timestamp: string | undefined): boolean;
  /** Without a timestamp, any record of that id. `false` where there was none. */
  delete(node: string, groupId: GroupId, timestamp: string | undefined): boolean;
  put(node: string, record: GroupRecord): void;
  remove(node: string, groupId: string): void;
  /** Every node's records, sorted by id. */
  all(): ReadonlyMap<string, readonly GroupRecord[]>;
  stats(): GroupStats;
  close(): void;
}

export interface GroupStats {
  /** Whether every node holds the same ids. */
  readonly consistent: boolean;
  readonly counts: ReadonlyMap<string, number>;
}

/** Opens, or creates, the database. Records that a file holds already are kept. */
export async function openGroupRecords(path: string, nodes: readonly string[]): Promise<GroupRecords> {
  // Not at the top: the module warns on Node 22, also those who never start a node.
  const { DatabaseSync } = await import('node:sqlite');
  const { database, tables } = open(() => new DatabaseSync(path, { timeout: 5_000 }), path, nodes);
  const table = (node: string): Table => {
    const found = tables.get(node);
    if (found !== undefined) return found;
    const known = [...tables.keys()].join(', ');
    throw new ConfigError([
      { path: 'node', message: `there is no node ${JSON.stringify(node)}; there are ${known}` },
    ]);
  };
  return {
    has: (node, groupId) => table(node).find.get(groupId) !== undefined,
    create: (node, groupId, timestamp) => table(node).insert.run(groupId, timestamp ?? null).changes === 1,
    delete: (node, groupId, timestamp) => {
      const { remove, removeOne } = table(node);
      const result = timestamp === undefined ? remove.run(groupId) : removeOne.run(groupId, timestamp);
      return result.changes === 1;
    },
    put: (node, { groupId, timestamp }) => {
      table(node).replace.run(groupId, timestamp ?? null);
    },
    remove: (node, groupId) => {
      table(node).remove.run(groupId);
    },
    all: () => new Map([...tables].map(([node, { list }]) => [node, list.all().map(toRecord)])),
    stats: () => {
      const counts = new Map([...tables].map(([node, { count }]) => [node, numberOf(count)]));
      const [first, ...others] = [...tables.values()].map(({ name }) => `SELECT groupId FROM ${name}`);
      // Among equally many ids, none missing there means none missing here.
      const consistent =
        new Set(counts.values()).size === 1 &&
        others.every((other) => database.prepare(`${first} EXCEPT ${other}`).get() === undefined);
      return { consistent, counts };
    },
    close: () => database.close(),
  };
}

interface Table {
  /** Quoted. */
  readonly name: string;
  readonly find: StatementSync;
  readonly insert: StatementSync;
  readonly replace: StatementSync;
  readonly remove: StatementSync;
  readonly removeOne: StatementSync;
  readonly list: StatementSync;
  readonly count: StatementSync;
}

function open(openDatabase: () => DatabaseSync, path: string, nodes: readonly string[]) {
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase();
    // A stand-in: another process may read along, and a power cut may cost the last records.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
    const tables = new Map<string, Table>();
    for (const node of nodes) tables.set(node, openTable(database, node));
    return { database, tables };
  } catch (cause) {
    database?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot use ${JSON.stringify(path)} (${reason}); pass the path of a SQLite file of earlier nodes, or of a new one in a folder that exists`;
    throw new ConfigError([{ path: 'options.database', message }], { cause });
  }
}

function openTable(database: DatabaseSync, node: string): Table {
  const name = `"${node.replaceAll('"', '""')}"`;
  // STRICT with ANY keeps a number a number and a text a text; a TEXT column would make 42 and "42" one key.
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${name} (groupId ANY PRIMARY KEY, timestamp TEXT) STRICT, WITHOUT ROWID`,
  );
  const prepare = (sql: string) => database.prepare(sql);
  return {
    name,
    find: prepare(`SELECT 1 FROM ${name} WHERE groupId = ?`),
    insert: prepare(`INSERT OR IGNORE INTO ${name} VALUES (?, ?)`),
    replace: prepare(`INSERT OR REPLACE INTO ${name} VALUES (?, ?)`),
    remove: prepare(`DELETE FROM ${name} WHERE groupId = ?`),
    removeOne: prepare(`DELETE FROM ${name} WHERE groupId = ? AND timestamp = ?`),
    list: prepare(`SELECT groupId, timestamp FROM ${name} ORDER BY groupId`),
    count: prepare(`SELECT count(*) AS value FROM ${name}`),
  };
}

function numberOf(count: StatementSync): number {
  const row: Readonly<Record<string, unknown>> = count.get() ?? {};
  const { value } = row;
  return Number(value);
}

function toRecord(row: Readonly<Record<string, unknown>>): GroupRecord {
  const { groupId, timestamp } = row;
  const id = { groupId: String(groupId) };
  return typeof timestamp === 'string' ? { ...id, timestamp } : id;
}
