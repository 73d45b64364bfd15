import { InconsistentClusterError, NodeUnavailableError, RolledBackError } from '../../cluster/errors.ts';
import type { GroupResult } from '../../cluster/result.ts';
import type { GroupRequest } from '../group-api.ts';
import type { MemoryRecords } from './memory-records.ts';
import { describeCall, type OperationCall, operationCall } from './operation-call.ts';
import type { OperationEnding } from './tally.ts';

export type CallEnd =
  | { readonly result: GroupResult }
  | { readonly error: unknown; readonly aborted: boolean };

/** A record that came or went. */
export interface RecordChange {
  readonly node: string;
  readonly groupId: string;
  readonly kind: GroupRequest['kind'];
  /** Later than `settle` after its sender stopped waiting. */
  readonly isBeyond: boolean;
}

interface Group {
  /** Calls that have not ended, oldest first. */
  readonly pending: OperationCall[];
  /** What its last operation has said of each node; nothing where that may be either. */
  readonly said: Map<string, boolean>;
  /** The call that sent something last. */
  last?: OperationCall;
  /** The call whose journal entry is open. */
  entry: OperationCall | undefined;
  /** Who wrote that entry last. */
  owner?: string;
  /** That one has died since, so that the entry is recovered before anything else is done on the group. */
  abandoned: boolean;
}

/**
 * Holds every operation to what it says: compares the records of the nodes with the promise of `ClusterClient`, at the end
 * of each operation, at the beginning of the next and in the end.
 */
export class Ledger {
  readonly violations: string[] = [];
  readonly #records: MemoryRecords;
  readonly #nodes: readonly string[];
  readonly #groups = new Map<string, Group>();
  readonly #usesJournal: boolean;
  readonly #provable: boolean;
  readonly #say: (text: string) => void;

  constructor(parts: {
    readonly records: MemoryRecords;
    readonly nodes: readonly string[];
    readonly usesJournal: boolean;
    /** Whether what shows up after an unknown attempt is surely the client's own, so that it can always be undone. */
    readonly provable: boolean;
    readonly say: (text: string) => void;
  }) {
    this.#records = parts.records;
    this.#nodes = parts.nodes;
    this.#usesJournal = parts.usesJournal;
    this.#provable = parts.provable;
    this.#say = parts.say;
  }

  /** Before the call itself: calls of one process on one group get their turn in this order. */
  begin(asked: Pick<OperationCall, 'process' | 'operation' | 'groupId' | 'undoes'>): OperationCall {
    const call = operationCall(asked);
    this.#group(asked.groupId).pending.push(call);
    return call;
  }

  end(call: OperationCall, end: CallEnd): OperationEnding {
    if (call.state !== 'pending') this.#accuse(call, 'ended after its process had died');
    call.state = 'ended';
    this.#leave(call);
    if ('result' in end) return this.#endWell(call, end.result);
    return this.#endBadly(call, end);
  }

  /** A request leaves. The call whose doing it is, where that is known. */
  sent(process: string, asked: GroupRequest, groupId: string): OperationCall | undefined {
    const group = this.#groups.get(groupId);
    const head = group?.pending.find((call) => call.process === process);
    const { entry } = group ?? {};
    const recovers = group !== undefined && entry !== undefined && isRecovery(group, head);
    const call = recovers ? entry : head;
    if (group === undefined || call === undefined) return undefined;
    if (call.before === undefined) this.#start(group, call);
    if (asked.kind === 'read') return call;
    call.wrote.add(asked.node);
    // Until the recovery has ended, the node may be either.
    if (recovers) group.said.delete(asked.node);
    if (this.#usesJournal && group.entry !== call) {
      this.#accuse(call, `sent a write to ${asked.node} before its intent was durable`);
    }
    return call;
  }

  changed(call: OperationCall | undefined, { node, groupId, kind, isBeyond }: RecordChange): void {
    const group = this.#group(groupId);
    if (isBeyond) {
      group.said.delete(node);
      for (const pending of group.pending) {
        // One that has not begun will look for itself.
        if (pending.before !== undefined) this.#excuse(group, pending, node);
      }
      this.#excuse(group, group.entry, node);
      return;
    }
    if (call?.before === undefined || call.excused.has(node)) return;
    const was = call.restores?.get(node) === true;
    if (call.operation === 'create' && kind === 'delete' && was) {
      this.#accuse(call, `deleted the record that ${node} had before`);
    }
    if (call.operation === 'delete' && kind === 'create' && !was) {
      this.#accuse(call, `created a record on ${node} where there was none before`);
    }
  }

  /** The intent of a process on a group is durable. */
  recorded(process: string, groupId: string): void {
    const group = this.#group(groupId);
    const head = group.pending.find((call) => call.process === process);
    if (!isRecovery(group, head)) group.entry = head;
    group.owner = process;
  }

  /** The operation of a group's entry has ended, and the entry stays open. */
  unresolved(groupId: string): void {
    this.#group(groupId).abandoned = false;
  }

  /** The end of a group's entry is durable. */
  closed(groupId: string): void {
    const group = this.#group(groupId);
    const call = group.entry;
    group.entry = undefined;
    group.abandoned = false;
    if (call !== undefined && call.state !== 'pending') this.#endRecovered(group, call);
  }

  /** The process is dead. How many of its operations died with it. */
  crashed(process: string): number {
    let count = 0;
    for (const group of this.#groups.values()) {
      if (group.entry !== undefined && group.owner === process) group.abandoned = true;
      for (const call of group.pending.filter((pending) => pending.process === process)) {
        count += 1;
        call.state = 'crashed';
        this.#leave(call);
        if (call.before === undefined) continue;
        if (group.entry === call) for (const node of call.wrote) group.said.delete(node);
        else this.#endRecovered(group, call);
      }
    }
    return count;
  }

  /** Whether a journal entry is open that nobody living is at. */
  get hasLeftOpen(): boolean {
    return [...this.#groups.values()].some(({ entry }) => entry !== undefined && entry.state !== 'pending');
  }

  /** Notes that something does not hold. */
  violate(what: string): void {
    this.violations.push(what);
    this.#say(`VIOLATION: ${what}`);
  }

  /** After everything has settled. */
  finish(): void {
    for (const [groupId, group] of this.#groups) {
      for (const call of group.pending) this.#accuse(call, 'never ended');
      if (group.entry !== undefined && this.#provable)
        this.#accuse(group.entry, 'is still open after recovery');
      this.#checkDrift(groupId, group);
    }
  }

  #start(group: Group, call: OperationCall): void {
    this.#checkDrift(call.groupId, group);
    call.before = new Map(this.#nodes.map((node) => [node, this.#has(node, call.groupId)]));
    const { undoes } = call;
    if (undoes === undefined) call.restores = call.before;
    else {
      const { restores } = undoes.call;
      call.restores = new Map(
        [...call.before].map(([node, had]) => [
          node,
          undoes.nodes.has(node) ? (restores?.get(node) ?? had) : had,
        ]),
      );
      for (const node of undoes.call.excused) call.excused.add(node);
      // Somebody else's operation came in between, and what this one takes back may be that one's.
      if (group.last !== undoes.call) for (const node of this.#nodes) this.#excuse(group, call, node);
    }
    group.last = call;
  }

  /** Nothing is promised of this node until another operation says something of it. */
  #excuse(group: Group, call: OperationCall | undefined, node: string): void {
    group.said.delete(node);
    call?.excused.add(node);
  }

  #endWell(call: OperationCall, { changed, nodes }: GroupResult): OperationEnding {
    const wanted = call.operation === 'create';
    const words = wanted ? (['existed', 'created'] as const) : (['deleted', 'absent'] as const);
    for (const node of this.#nodes) {
      if (call.excused.has(node)) {
        this.#excuse(this.#group(call.groupId), call, node);
        continue;
      }
      if (call.undoes !== undefined) {
        this.#hold(call, node, call.restores?.get(node), 'says that it is undone');
        continue;
      }
      this.#hold(call, node, wanted, `says that every node ${wanted ? 'has' : 'lacks'} it`);
      const outcome = nodes.find((told) => told.node === node)?.outcome;
      const truly = call.before?.get(node) === true ? words[0] : words[1];
      if (outcome !== truly) this.#accuse(call, `says ${outcome} of ${node}, and it is ${truly}`);
    }
    return changed ? 'changed' : 'unchanged';
  }

  #endBadly(call: OperationCall, { error, aborted }: { error: unknown; aborted: boolean }): OperationEnding {
    if (error instanceof InconsistentClusterError) {
      this.#endApart(call, error);
      return 'inconsistent';
    }
    if (error instanceof RolledBackError) {
      for (const node of this.#nodes)
        this.#hold(call, node, call.restores?.get(node), 'says that it is undone');
      return 'rolled-back';
    }
    if (!aborted && !(error instanceof NodeUnavailableError)) {
      this.#accuse(call, `ended with an error that nobody expects: ${String(error)}`);
    }
    if (call.wrote.size > 0) {
      this.#accuse(call, `says that nothing was written, and wrote to ${[...call.wrote].join(', ')}`);
    }
    return aborted ? 'aborted' : 'unavailable';
  }

  #endApart(call: OperationCall, error: InconsistentClusterError): void {
    const { said } = this.#group(call.groupId);
    // Refused, for an earlier operation is still open.
    if (call.before === undefined) return;
    const named = new Set(error.nodes.map(({ node }) => node));
    if (named.size === 0) this.#accuse(call, 'says that nodes may differ, and names none');
    for (const node of this.#nodes) {
      if (!named.has(node)) {
        this.#hold(call, node, call.restores?.get(node), 'does not name it');
      } else {
        said.delete(node);
        if (call.undoes === undefined && !call.wrote.has(node)) {
          this.#accuse(call, `names ${node}, which it has never written to`);
        }
      }
    }
  }

  /** Its caller is gone; it must have ended one way or the other. */
  #endRecovered(group: Group, call: OperationCall): void {
    if (call.before === undefined) return;
    const nodes = this.#nodes.filter((node) => !call.excused.has(node));
    const wanted = call.operation === 'create';
    const is = (node: string) => this.#has(node, call.groupId);
    const undone = nodes.every((node) => is(node) === call.restores?.get(node));
    const done = nodes.every((node) => is(node) === wanted);
    if (!undone && !done) {
      const shown = nodes.map((node) => `${node} ${is(node) ? 'has' : 'lacks'} it`).join(', ');
      this.#accuse(call, `is neither done nor undone: ${shown}`);
    }
    for (const node of nodes) group.said.set(node, is(node));
  }

  /** What an operation says of a node must be so, now and until the next one. */
  #hold(call: OperationCall, node: string, wanted: boolean | undefined, says: string): void {
    const { said } = this.#group(call.groupId);
    if (wanted === undefined) return;
    if (call.excused.has(node)) {
      said.delete(node);
      return;
    }
    said.set(node, wanted);
    if (this.#has(node, call.groupId) !== wanted) {
      this.#accuse(call, `${says}, and ${node} ${wanted ? 'lacks' : 'has'} it`);
      said.delete(node);
    }
  }

  #checkDrift(groupId: string, group: Group): void {
    for (const [node, wanted] of group.said) {
      if (this.#has(node, groupId) === wanted) continue;
      const by = group.last === undefined ? '' : ` after the ${describeCall(group.last)} had ended`;
      this.violate(`${node} ${wanted ? 'lost' : 'got'} ${groupId}${by}`);
      group.said.delete(node);
    }
  }

  #accuse(call: OperationCall, what: string): void {
    this.violate(`the ${describeCall(call)} ${what}`);
  }

  #has(node: string, groupId: string): boolean {
    return this.#records.has(node, groupId);
  }

  #leave(call: OperationCall): void {
    const { pending } = this.#group(call.groupId);
    pending.splice(pending.indexOf(call), 1);
  }

  #group(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      const said = new Map(this.#nodes.map((node) => [node, this.#has(node, groupId)]));
      group = { pending: [], said, entry: undefined, abandoned: false };
      this.#groups.set(groupId, group);
    }
    return group;
  }
}

/**
 * Whether what is done on a group, by the process whose oldest call `head` is, is the recovery of what somebody left open:
 * a dead owner, or an unresolved operation that `head` does not itself take back.
 */
const isRecovery = ({ entry, abandoned }: Group, head: OperationCall | undefined): boolean =>
  entry !== undefined && entry.state !== 'pending' && (abandoned || head?.undoes?.call !== entry);
