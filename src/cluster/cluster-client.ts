import { Calls } from '../core/calls.ts';
import { ConfigError } from '../core/errors.ts';
import { safeLogger } from '../core/observe.ts';
import type { Run } from '../core/run.ts';
import { openTransport, type Transport } from '../http/transport.ts';
import { type AuditSummary, type GroupAudit, runAudit } from './audit.ts';
import { runBulk } from './bulk.ts';
import { type BulkOptions, operationFor, parseRecoverOptions, type RecoverOptions } from './bulk-options.ts';
import type { BulkSummary, GroupOutcome } from './bulk-result.ts';
import type { ClusterNode, OperationId } from './dialect.ts';
import { checkGroupId, checkListedId } from './group-id.ts';
import { type NodeList, parseNodes, type ReachableNode } from './node-list.ts';
import { OpenEntries } from './open-entries.ts';
import { operationIds } from './operation-id.ts';
import { type OperationRequest, Operations } from './operations.ts';
import {
  type CallOptions,
  type ClusterClientOptions,
  type ClusterSettings,
  parseCallOptions,
  parseClusterOptions,
} from './options.ts';
import { readGroup } from './read-group.ts';
import type { GroupResult, NodeResult } from './result.ts';
import { parseRollback } from './rollback.ts';
import { type ClusterStats, noStats, readStats } from './stats.ts';

/**
 * Creates and deletes group records on every node of a cluster whose API is unstable: everywhere, or nowhere, or told
 * exactly where not.
 *
 * Besides what is said of it, every call throws `ConfigError` for arguments that are wrong (nothing was sent), `ClosedError`
 * after `close()`, and the reason of its `signal` where that aborts before anything was written. A bulk call throws at once for
 * options that are wrong, and tells of each id by its outcome.
 *
 * @example
 * await using cluster = new ClusterClient({ node01: 'http://10.0.0.1:5000', node02: 'http://10.0.0.2:5000' });
 * await cluster.createGroup('orders');
 */
export class ClusterClient implements AsyncDisposable {
  /** The nodes, in the order given; their urls without credentials. */
  readonly nodes: readonly ClusterNode[];
  readonly #nodes: readonly ReachableNode[];
  readonly #settings: ClusterSettings;
  readonly #transport: Transport;
  readonly #operations: Operations;
  readonly #nextOperationId: () => OperationId;
  readonly #calls = new Calls('this ClusterClient');

  /** @throws ConfigError that names every mistake in the nodes or the options; nothing is sent before the first call */
  constructor(nodes: NodeList, options: ClusterClientOptions = {}) {
    const settings = parseClusterOptions(options);
    this.#nodes = parseNodes(nodes);
    this.nodes = this.#nodes.map(({ name, url }) => Object.freeze({ name, url }));
    settings.dialect.checkNodes?.(this.nodes);
    this.#settings = { ...settings, logger: safeLogger(settings.logger) };
    this.#transport = openTransport(this.#settings);
    this.#operations = new Operations(this.#nodes, this.#settings, this.#transport);
    this.#nextOperationId = operationIds(settings.clock, settings.random);
  }

  /**
   * Whether one node, by name, has the group. Asked again until the node itself says so: a proxy's 404 is no answer.
   *
   * @throws NodeUnavailableError when it does not say within the attempts and the deadline; the signal's reason
   */
  groupExists(node: string, groupId: string, options?: CallOptions): Promise<boolean> {
    return this.#calls.track(async () => {
      checkGroupId(groupId, this.#settings.dialect);
      const call = parseCallOptions(options);
      const target = this.#nodes.find(({ name }) => name === node);
      if (target === undefined) {
        const known = this.#nodes.map(({ name }) => name).join(', ');
        throw new ConfigError([
          { path: 'node', message: `this cluster has no node ${JSON.stringify(node)}; it has ${known}` },
        ]);
      }
      const operationId = this.#nextOperationId();
      return readGroup(this.#settings, this.#transport, { node: target, groupId, operationId, call });
    });
  }

  /**
   * Creates the group on every node that lacks it. Resolved means: every node was seen to have it.
   *
   * @throws NodeUnavailableError nothing was written
   * @throws RolledBackError every node is as it was before
   * @throws InconsistentClusterError names every node that may differ
   */
  createGroup(groupId: string, options?: CallOptions): Promise<GroupResult> {
    return this.#calls.track(() => this.#operate('create', groupId, options));
  }

  /**
   * Deletes the group from every node that has it. Resolved means: every node was seen to lack it. Undoing a delete makes
   * a new record of the id.
   *
   * @throws NodeUnavailableError nothing was written
   * @throws RolledBackError every node has it that had it before
   * @throws InconsistentClusterError names every node that may differ
   */
  deleteGroup(groupId: string, options?: CallOptions): Promise<GroupResult> {
    return this.#calls.track(() => this.#operate('delete', groupId, options));
  }

  /**
   * Undoes a create on the nodes whose outcome is `created` or `unknown`: pass the `nodes` of a result or of an
   * `InconsistentClusterError`, all of them: where the operation is open in the journal, this ends it. Other nodes are not
   * touched.
   *
   * @throws ConfigError for unknown nodes, and in the header dialect for a node without its operation id
   * @throws InconsistentClusterError names every node that may still differ
   */
  rollbackCreate(groupId: string, nodes: readonly NodeResult[], options?: CallOptions): Promise<GroupResult> {
    return this.#calls.track(() => this.#rollback('create', groupId, nodes, options));
  }

  /**
   * Undoes a delete on the nodes whose outcome is `deleted` or `unknown`, by creating the group there again.
   *
   * @throws ConfigError for unknown nodes, and in the header dialect for a node without its operation id
   * @throws InconsistentClusterError names every node that may still differ
   */
  rollbackDelete(groupId: string, nodes: readonly NodeResult[], options?: CallOptions): Promise<GroupResult> {
    return this.#calls.track(() => this.#rollback('delete', groupId, nodes, options));
  }

  /**
   * `createGroup` for every id, `concurrency` (16) at a time, each with an outcome of its own. See `Run` for how to await,
   * iterate, stop and repeat it.
   */
  createGroups(
    ids: Iterable<string> | AsyncIterable<string>,
    options?: BulkOptions,
  ): Run<GroupOutcome, BulkSummary> {
    return this.#bulk('create', ids, options);
  }

  /** `deleteGroup` for every id, as `createGroups` does. */
  deleteGroups(
    ids: Iterable<string> | AsyncIterable<string>,
    options?: BulkOptions,
  ): Run<GroupOutcome, BulkSummary> {
    return this.#bulk('delete', ids, options);
  }

  /**
   * Which nodes have each group, `concurrency` (16) groups at a time. Nothing is written, and no lock is taken: of an
   * operation under way it shows a moment.
   */
  audit(ids: Iterable<string> | AsyncIterable<string>, options?: BulkOptions): Run<GroupAudit, AuditSummary> {
    const { clock, dialect } = this.#settings;
    return runAudit({
      ids,
      options,
      clock,
      nodeNames: this.nodes.map(({ name }) => name),
      check: (groupId, path) => {
        this.#calls.refuseClosed();
        checkListedId(groupId, dialect, path);
      },
      ask: (node, groupId, signal) => this.groupExists(node, groupId, { signal }),
    });
  }

  /**
   * Makes all nodes agree on each group: `createGroup` for `present`, `deleteGroup` for `absent`. Where an operation on the
   * group is unresolved in the journal, this one takes its place, `settle` after it was begun, for the caller names what is
   * right; it is unresolved again where the repair is undone.
   *
   * @throws ConfigError for another `want`
   */
  repair(
    ids: Iterable<string> | AsyncIterable<string>,
    want: 'present' | 'absent',
    options?: BulkOptions,
  ): Run<GroupOutcome, BulkSummary> {
    return this.#bulk(operationFor(want), ids, options, 'unresolved');
  }

  /**
   * Ends what is open in the journal: operations whose owner died, and those that ended unresolved. It waits `settle` from
   * its start, so that nothing sent before can come after. An outcome is
   *
   * - `changed` where the entry was ended as `resolve` says and there was something of the operation: by `undo` some node is
   *   `undone` or `restored`, by `finish` some node is as wanted by the dead one's write or by this one's
   * - `unchanged` where it was ended and there was nothing to do: by `undo` nothing of it stood on any node (they are
   *   `untouched`), by `finish` every node is as wanted and none was to be written; or another holder has ended it
   * - `rolled-back` where `finish` could not be had and all was undone
   * - `inconsistent` where that failed: `error.nodes` may differ, and the entry stays
   * - `unavailable` where the journal or the note in the group's lock could not be read: nothing was sent
   * - `skipped`, with an `error` that tells why, for entries of living owners, of other clusters and of nodes that this
   *   client does not have; without one, where the run was stopped before
   *
   * It may be cut off and run again at any time: what an earlier recovery took back counts as nothing to do.
   *
   * @throws ConfigError where this client has no journal
   */
  recover(options?: RecoverOptions): Run<GroupOutcome, BulkSummary> {
    const { journal, clock, settle } = this.#settings;
    const { resolve, forget, run } = parseRecoverOptions(options);
    if (journal === undefined) {
      const message = 'recover() reads a journal and this client has none; pass fileJournal(path)';
      throw new ConfigError([{ path: 'options.journal', message }]);
    }
    const open = new OpenEntries(journal, clock, settle);
    return runBulk({
      ids: open.groups(run.signal),
      options: run,
      clock,
      operate: (groupId, { meter, signal, waitSignal, outside }) =>
        this.#calls.track(async () => {
          const entry = open.take(groupId);
          if (entry === undefined) throw new RangeError(`there is no entry of ${groupId}`);
          const { hasSettled } = open;
          const call = signal === undefined ? {} : { signal };
          const group = { call, meter, waitSignal, outside };
          return this.#operations.recover({ ...group, entry, resolve, forget, hasSettled });
        }),
    });
  }

  /**
   * The header dialect's own count of its records.
   *
   * @throws ConfigError where the nodes have none, or one server does not count them all
   */
  stats(options?: CallOptions): Promise<ClusterStats> {
    return this.#calls.track(async () => {
      const call = parseCallOptions(options);
      if (this.#settings.dialect.name !== 'header') {
        throw noStats('only the nodes of the header dialect count their records');
      }
      return readStats(this.#settings, this.#transport, this.#nodes, call);
    });
  }

  /**
   * Refuses new calls, waits for those in flight, and gives connections back. Abort their signals to be quicker. Idempotent.
   */
  close(): Promise<void> {
    return this.#calls.close(() => this.#transport.close());
  }

  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #operate(
    operation: 'create' | 'delete',
    groupId: string,
    options: CallOptions | undefined,
  ): Promise<GroupResult> {
    checkGroupId(groupId, this.#settings.dialect);
    const call = parseCallOptions(options);
    return this.#operations.run({ operation, groupId, operationId: this.#nextOperationId(), call });
  }

  async #rollback(
    operation: 'create' | 'delete',
    groupId: string,
    nodes: readonly NodeResult[],
    options: CallOptions | undefined,
  ): Promise<GroupResult> {
    const { dialect } = this.#settings;
    checkGroupId(groupId, dialect);
    const call = parseCallOptions(options);
    const fresh = this.#nextOperationId();
    const rollback = parseRollback(operation, nodes, this.#nodes, dialect, fresh);
    const operationId = rollback.find(({ start }) => start !== 'untouched')?.operationId ?? fresh;
    return this.#operations.run({ operation, groupId, operationId, call, rollback });
  }

  #bulk(
    operation: 'create' | 'delete',
    ids: Iterable<string> | AsyncIterable<string>,
    options: BulkOptions | undefined,
    supersede: NonNullable<OperationRequest['supersede']> = 'never',
  ): Run<GroupOutcome, BulkSummary> {
    const { clock, dialect } = this.#settings;
    return runBulk({
      ids,
      options,
      clock,
      operate: (groupId, { path, meter, signal, waitSignal, outside }) =>
        this.#calls.track(async () => {
          checkListedId(groupId, dialect, path);
          const operationId = this.#nextOperationId();
          const call = signal === undefined ? {} : { signal };
          const group = { call, meter, waitSignal, outside };
          return this.#operations.run({ ...group, operation, groupId, operationId, supersede });
        }),
    });
  }
}
