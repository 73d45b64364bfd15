import { once } from 'node:events';
import type { Server } from 'node:http';
import * as v from 'valibot';
import { type Clock, systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { count, having, oneOf, validate } from '../core/validate.ts';
import type { FaultPlan } from './fault-plan.ts';
import { type GroupRecord, openGroupRecords } from './group-records.ts';
import { createGroupServer } from './group-server.ts';
import { headerGroupApi } from './header-group-api.ts';
import { pathGroupApi } from './path-group-api.ts';
import { TimerSet } from './timer-set.ts';

/** Options of `startGroupNodes`. */
export interface GroupNodesOptions {
  /** How many (then named node01, node02, …), or their names. @default 3 */
  readonly nodes?: number | readonly string[] | undefined;
  /**
   * `path`: every node is a server of its own. `header`: one server for all, and the request header `node` names the
   * one meant. @default 'path'
   */
  readonly dialect?: 'path' | 'header' | undefined;
  /**
   * Path of a SQLite file, made where there is none; records in it are kept. It has a table per node, named as the
   * node, with the columns `groupId` and `timestamp`, and may be read by others meanwhile. @default ':memory:'
   */
  readonly database?: string | undefined;
  /** What goes wrong on the group routes. @default nothing */
  readonly faults?: FaultPlan | undefined;
  /** 0 takes free ones. Where each node is a server, the first one's; the next one's is one higher. @default 0 */
  readonly port?: number | undefined;
  /** @default '127.0.0.1' */
  readonly hostname?: string | undefined;
  /** Times late commits and slow answers. @default the system's */
  readonly clock?: Clock | undefined;
}

/** Running nodes. */
export interface GroupNodes extends AsyncDisposable {
  /** A node's name to its base url; in the header dialect every node has the same one. */
  readonly urls: Readonly<Record<string, string>>;
  /** Of the SQLite database: `:memory:` for one that is no file. */
  readonly databasePath: string;
  /** How many commits are still to come that no client waits for. */
  readonly pendingCommits: number;
  /**
   * What each node holds now, sorted by id, straight from the database. Ids that were sent as JSON numbers (the path
   * dialect tells 42 from "42") come first and are shown as text.
   */
  records(): ReadonlyMap<string, readonly GroupRecord[]>;
  /** Resolves when no late commit is pending. */
  settled(): Promise<void>;
  /**
   * Writes a record, over one of the same id, as somebody else would: past the clients and the faults.
   * @throws ConfigError where there is no such node.
   */
  put(node: string, record: GroupRecord): void;
  /**
   * Removes a record, of whatever timestamp, as somebody else would. Nothing happens where there is none.
   * @throws ConfigError where there is no such node.
   */
  remove(node: string, groupId: string): void;
  /** Ends at once, whatever hangs; late commits that are still to come never happen. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts nodes of the unstable group API, real servers on real sockets, for tests and demonstrations. Also answers
 * `/ping`, and in the header dialect `/stats`; those never fail.
 *
 * @throws ConfigError for options that are wrong or a database that cannot be opened; Node's own error
 * (`EADDRINUSE`, `EACCES`) for a port that cannot be had.
 */
export async function startGroupNodes(options: GroupNodesOptions = {}): Promise<GroupNodes> {
  const valid = validate(optionsSchema, options, 'options');
  const { dialect = 'path', database = ':memory:', port = 0, hostname = '127.0.0.1' } = valid;
  const { clock = systemClock, faults } = valid;
  const names = typeof valid.nodes === 'object' ? valid.nodes : numbered(valid.nodes ?? 3);
  for (const node of faults?.nodes ?? []) {
    if (names.includes(node)) continue;
    const message = `no node is named ${JSON.stringify(node)}, as a step does; there are ${names.join(', ')}`;
    throw new ConfigError([{ path: 'options.faults', message }]);
  }

  const records = await openGroupRecords(database, names);
  const lateCommits = new TimerSet(clock);
  const slowAnswers = new TimerSet(clock);
  const apis = dialect === 'header' ? [headerGroupApi(new Set(names))] : names.map(pathGroupApi);
  const servers = apis.map((api) => createGroupServer(api, { records, faults, lateCommits, slowAnswers }));

  const end = async () => {
    lateCommits.drop();
    slowAnswers.drop();
    await Promise.all(servers.map(endServer));
    records.close();
  };
  try {
    await Promise.all(
      servers.map((server, index) => listen(server, port === 0 ? 0 : port + index, hostname)),
    );
  } catch (error) {
    await end();
    throw error;
  }

  const urlOf = (index: number) =>
    dialect === 'header' ? `${originOf(servers[0], hostname)}/v1` : originOf(servers[index], hostname);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= end();
    return closing;
  };
  return {
    urls: Object.fromEntries(names.map((name, index) => [name, urlOf(index)])),
    databasePath: database,
    get pendingCommits() {
      return lateCommits.size;
    },
    records: records.all,
    settled: () => lateCommits.settled(),
    put: records.put,
    remove: records.remove,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const numbered = (nodes: number) =>
  Array.from({ length: nodes }, (_, index) => `node${String(index + 1).padStart(2, '0')}`);

/** A name is a header's value and a table's name: SQLite keeps some for itself and does not tell `a` from `A`. */
const nodeName = v.custom<string>(
  (value) =>
    typeof value === 'string' &&
    /^[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(value) &&
    !/^sqlite_/i.test(value),
  ({ received }) => `expected a name of printable Latin-1 characters, not sqlite_…, received ${received}`,
);

const nodeNames = v.pipe(
  v.array(nodeName),
  v.minLength(1, 'expected at least one node, received none'),
  v.check(
    (names) => new Set(names.map((name) => name.toLowerCase())).size === names.length,
    ({ input }) => `expected names that differ in more than case, received ${input.join(', ')}`,
  ),
);

const portNumber = v.custom<number>(
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  ({ received }) => `expected a port from 0 to 65535, received ${received}`,
);

const optionsSchema = v.pipe(
  v.strictObject({
    // Not a union: that would report what is wrong with either form.
    nodes: v.optional(v.lazy((value) => (typeof value === 'number' ? count(1) : nodeNames))),
    dialect: v.optional(oneOf('path', 'header')),
    database: v.optional(v.pipe(v.string(), v.nonEmpty('expected a path, received an empty text'))),
    faults: v.optional(having<FaultPlan>('next')),
    port: v.optional(portNumber),
    hostname: v.optional(v.pipe(v.string(), v.nonEmpty('expected a host name, received an empty text'))),
    clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  }),
  v.forward(
    v.check(
      ({ dialect, port = 0, nodes = 3 }) =>
        dialect === 'header' || port + (typeof nodes === 'number' ? nodes : nodes.length) <= 65_536,
      'expected one with enough ports above it: in the path dialect every node takes one',
    ),
    ['port'],
  ),
);

async function listen(server: Server, port: number, hostname: string): Promise<void> {
  server.listen(port, hostname);
  // Rejects with the server's 'error', which it emits where the port is taken.
  await once(server, 'listening');
}

function originOf(server: Server | undefined, hostname: string): string {
  const address = server?.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('the server is not listening');
  return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${address.port}`;
}

async function endServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
