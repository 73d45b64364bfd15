import type { ClusterClient } from '../../cluster/cluster-client.ts';
import { InconsistentClusterError } from '../../cluster/errors.ts';
import type { CallOptions } from '../../cluster/options.ts';
import type { Resolve } from '../../cluster/recovery.ts';
import { sleep } from '../../core/abort.ts';
import type { Draws } from './draws.ts';
import { type OperationCall, operationCall } from './operation-call.ts';
import type { Process } from './process.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

/** One after the other, a few operations on a few groups, as a service would do them: side by side, in bulk, aborted. */
export class Actor {
  readonly process: Process;
  readonly client: ClusterClient;
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #draws: Draws;

  constructor(world: World, scenario: Scenario, draws: Draws, process: Process) {
    this.#world = world;
    this.#scenario = scenario;
    this.#draws = draws;
    this.process = process;
    this.client = world.clientOf(process);
  }

  /** Ends what other processes, dead by now, have left open. */
  async recover(): Promise<void> {
    const { trace, tally } = this.#world;
    const resolve = this.#draws.one<Resolve>(['undo', 'undo', 'finish']);
    trace.say(`${this.process.name}: recover, ${resolve}`);
    for await (const { groupId, status } of this.client.recover({ resolve })) {
      trace.say(`${this.process.name}: recovery of ${groupId} has ended: ${status}`);
      tally.recoveries += 1;
    }
  }

  async step(): Promise<void> {
    const { whole, one } = this.#draws;
    const { groups, client } = this.#scenario;
    await sleep(whole(0, client.attemptTimeout), this.process.clock);
    const kind = one(['single', 'single', 'pair', 'bulk']);
    if (kind === 'bulk') return this.#bulk(this.#drawOperation(groups[0]));
    const operate = () => {
      const groupId = one(groups);
      return this.#single(this.#drawOperation(groupId), groupId);
    };
    await Promise.all(kind === 'pair' ? [operate(), operate()] : [operate()]);
  }

  async #single(operation: 'create' | 'delete', groupId: string): Promise<void> {
    const options = this.#drawOptions();
    const call = this.#begin({ operation, groupId });
    const { signal } = options;
    try {
      const result =
        operation === 'create'
          ? await this.client.createGroup(groupId, options)
          : await this.client.deleteGroup(groupId, options);
      this.#end(call, { result });
    } catch (error) {
      this.#end(call, { error, aborted: signal?.aborted === true && error === signal.reason });
      if (error instanceof InconsistentClusterError && this.#draws.chance(0.5)) await this.#undo(call, error);
    }
  }

  /** As the error's own words have it: pass its nodes to the rollback. */
  async #undo(call: OperationCall, { nodes, operationId }: InconsistentClusterError): Promise<void> {
    const { operation, groupId } = call;
    // What was refused because of somebody else's operation is not undone by this one.
    if (call.before === undefined || nodes.some((node) => node.operationId !== operationId)) return;
    const undo = this.#begin({
      operation,
      groupId,
      undoes: { call, nodes: new Set(nodes.map(({ node }) => node)) },
    });
    try {
      const result =
        operation === 'create'
          ? await this.client.rollbackCreate(groupId, nodes)
          : await this.client.rollbackDelete(groupId, nodes);
      this.#end(undo, { result });
    } catch (error) {
      this.#end(undo, { error, aborted: false });
    }
  }

  async #bulk(operation: 'create' | 'delete'): Promise<void> {
    const calls = new Map<string, OperationCall>();
    const begin = (groupId: string) => calls.set(groupId, this.#begin({ operation, groupId }));
    const ids = function* (groups: readonly string[]) {
      for (const groupId of groups) {
        begin(groupId);
        yield groupId;
      }
    };
    const groups = ids(this.#scenario.groups);
    const options = { concurrency: this.#draws.whole(1, 4) };
    const run =
      operation === 'create'
        ? this.client.createGroups(groups, options)
        : this.client.deleteGroups(groups, options);
    for await (const { groupId, result, error } of run) {
      const call = calls.get(groupId);
      if (call !== undefined) this.#end(call, result === undefined ? { error, aborted: false } : { result });
    }
  }

  /** Mostly one that has something to do. */
  #drawOperation(groupId: string): 'create' | 'delete' {
    const { nodes } = this.#scenario;
    const holders = nodes.filter((node) => this.#world.records.has(node, groupId)).length;
    return this.#draws.chance(0.1) === holders > nodes.length / 2 ? 'create' : 'delete';
  }

  #drawOptions(): CallOptions {
    const { chance, whole } = this.#draws;
    const { attemptTimeout } = this.#scenario.client;
    if (chance(0.1)) return { deadline: whole(1, 4 * attemptTimeout) };
    if (!chance(0.15)) return {};
    const controller = new AbortController();
    const { clock } = this.process;
    const after = whole(0, 3 * attemptTimeout);
    clock.setTimer(() => controller.abort(new Error('the caller has changed their mind')), after);
    return { signal: controller.signal };
  }

  #begin(asked: Pick<OperationCall, 'operation' | 'groupId' | 'undoes'>): OperationCall {
    const { trace, ledger } = this.#world;
    const { operation, groupId, undoes } = asked;
    // What is ready when the process dies still runs, and reaches nothing.
    if (!this.process.alive) return operationCall({ ...asked, process: this.process.name });
    const rollback = undoes === undefined ? '' : 'rollback of ';
    trace.say(`${this.process.name}: ${rollback}${operation} ${groupId}`);
    return ledger.begin({ ...asked, process: this.process.name });
  }

  #end(call: OperationCall, end: Parameters<World['ledger']['end']>[1]): void {
    if (!this.process.alive) return;
    const { trace, ledger, tally } = this.#world;
    const how = 'result' in end ? '' : `: ${String(end.error)}`;
    trace.say(`${this.process.name}: ${call.operation} ${call.groupId} has ended${how}`);
    tally.operation(ledger.end(call, end));
  }
}
