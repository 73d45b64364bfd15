import { applyRequest } from '../apply-request.ts';
import type { Fault } from '../fault-schema.ts';
import { BAD_GATEWAY, type GroupAnswer } from '../group-answer.ts';
import type { GroupApi, GroupRequest } from '../group-api.ts';
import { answerWithFault, type Exchange } from '../group-exchange.ts';
import { networkError, responseOf, truncatedResponse } from './answer-response.ts';
import type { FetchRequest } from './fetch-request.ts';
import type { Network } from './network.ts';
import type { NetworkFault } from './network-faults.ts';
import type { OperationCall } from './operation-call.ts';
import type { Process } from './process.ts';

export interface PassageParts {
  readonly process: Process;
  readonly request: FetchRequest;
  readonly api: GroupApi;
  readonly asked: GroupRequest;
  readonly resolve: (response: Response) => void;
  readonly reject: (reason: unknown) => void;
}

/** One request on its way to a node, what becomes of it there, and its answer on the way back. */
export class Passage implements Exchange {
  readonly process: Process;
  readonly node: string;
  readonly api: GroupApi;
  /** It is at the node. */
  arrived = false;
  readonly #network: Network;
  readonly #parts: PassageParts;
  readonly #groupId: string;
  readonly #writes: boolean;
  /** Whose doing it is, as far as the ledger knows. */
  #call: OperationCall | undefined;
  /** When its sender stopped waiting, by both clocks of the machine. */
  #forsaken: { readonly at: number; readonly wall: number } | undefined;
  #answered = false;
  #stopListening = (): void => undefined;
  /** Things that are still to happen to it. */
  #left = 0;
  #cancelLate = (): void => undefined;

  constructor(network: Network, parts: PassageParts) {
    const { asked, process, api } = parts;
    this.#network = network;
    this.#parts = parts;
    this.process = process;
    this.api = api;
    this.node = asked.node;
    this.#groupId = String(asked.groupId);
    this.#writes = asked.kind !== 'read';
  }

  begin(): void {
    this.#listen(this.#parts.request.signal);
    // In a moment of its own: whoever heard that an operation has ended has said so by then.
    this.#later(0, () => this.#leave(), true);
  }

  #leave(): void {
    if (this.#forsaken !== undefined) return;
    const { asked, request } = this.#parts;
    const { ledger, tally, draws, rules } = this.#network.parts;
    this.#call = ledger.sent(this.process.name, asked, this.#groupId);
    tally.requests += 1;
    const fault = this.#drawFault();
    const name = typeof fault === 'object' ? fault.kind : fault;
    this.#say('->', `${request.method} ${this.#groupId}${name === undefined ? '' : ` (${name})`}`);
    if (name !== undefined) tally.fault(name);
    if (fault === 'request-lost') return;
    const way = this.#network.way();
    const held = fault === 'request-held' ? draws.whole(0, rules.late) : 0;
    this.#later(way + held, () => this.#arrive(fault), true);
  }

  /** Nobody waits for it any more: its sender is dead. */
  forsake(): void {
    const { machine } = this.#network.parts;
    this.#forsaken ??= { at: machine.timeline.time, wall: machine.wall() };
    this.#stopListening();
    this.#endWhenDone();
  }

  /** What was to take effect late never will. */
  dropLate(): void {
    this.#cancelLate();
  }

  commit(): GroupAnswer {
    const { records, ledger, trace, tally, rules } = this.#network.parts;
    const { asked } = this.#parts;
    if (!this.#writes) return this.api.done(asked, applyRequest(records, asked));
    const lateness = this.#lateness();
    const isBeyond = lateness !== undefined && lateness >= rules.settle;
    if (isBeyond && !rules.beyondSettle) {
      trace.say(`${this.node} never hears of ${this.#describe()}`);
      return BAD_GATEWAY;
    }
    const hit = applyRequest(records, asked);
    const done = hit ? 'takes effect' : 'changes nothing';
    const late = lateness === undefined ? '' : `, ${lateness.toFixed(0)} ms late`;
    trace.say(`${this.node} ${this.#describe()} ${done}${late}`);
    if (lateness !== undefined) tally.fault(isBeyond ? 'commit-beyond-settle' : 'commit-after-the-end');
    if (hit)
      ledger.changed(this.#call, { node: this.node, groupId: this.#groupId, kind: asked.kind, isBeyond });
    return this.api.done(asked, hit);
  }

  commitLater(): void {
    if (!this.#writes) return;
    const { draws, rules } = this.#network.parts;
    // Half of them soon enough to be seen by the next look.
    const delay = draws.chance(0.5) ? draws.whole(0, rules.settle) : draws.whole(0, rules.late);
    this.#cancelLate = this.#later(delay, () => this.commit(), true);
  }

  send(answer: GroupAnswer): void {
    this.#return(0, String(answer.status), () => this.#parts.resolve(responseOf(answer)));
  }

  sendLater(answer: GroupAnswer): void {
    const { draws, rules } = this.#network.parts;
    const late = draws.whole(0, rules.late);
    this.#return(late, String(answer.status), () => this.#parts.resolve(responseOf(answer)));
  }

  sendTruncated(answer: GroupAnswer): void {
    this.#return(0, `${answer.status}, cut off`, () => this.#parts.resolve(truncatedResponse(answer)));
  }

  reset(): void {
    const error = networkError('fetch failed', 'ECONNRESET');
    this.#return(0, 'reset', () => this.#parts.reject(error));
  }

  #drawFault(): Fault | NetworkFault | undefined {
    const { draws, plan, rules } = this.#network.parts;
    if (this.#network.calm || (!this.#writes && !draws.chance(rules.readFaults))) return undefined;
    const { method } = this.#parts.request;
    const fault = plan?.next({ node: this.node, method, key: this.#groupId });
    if (fault !== undefined || rules.faults.size === 0) return fault;
    let drawn = draws.random();
    for (const [kind, rate] of rules.faults) {
      drawn -= rate;
      if (drawn < 0) return kind;
    }
    return undefined;
  }

  #arrive(fault: Fault | NetworkFault | undefined): void {
    this.arrived = true;
    const trouble = this.#network.troubleOf(this.node);
    if (trouble === 'down') return this.reset();
    if (trouble === 'sick') return this.send(this.api.failure(410));
    if (typeof fault === 'object') return answerWithFault(this, fault);
    switch (fault) {
      case 'answer-lost':
        this.commit();
        return;
      case 'answer-held':
        return this.sendLater(this.commit());
      case 'gateway-late':
        this.commitLater();
        return this.send(BAD_GATEWAY);
      default:
        return this.send(this.commit());
    }
  }

  /** Milliseconds since its sender stopped waiting; undefined while it waits. */
  #lateness(): number | undefined {
    if (this.#forsaken === undefined) return undefined;
    const { machine } = this.#network.parts;
    const late = machine.timeline.time - this.#forsaken.at;
    // What a dead process leaves behind is timed by the wall clock, for others have no other time in common with it.
    return this.process.alive ? late : Math.max(late, machine.wall() - this.#forsaken.wall);
  }

  #return(delay: number, what: string, settle: () => void): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#later(delay + this.#network.way(), () => {
      if (this.#forsaken !== undefined) return;
      // It may crash at the very moment.
      if (!this.process.reach()) return;
      this.forsake();
      this.#say('<-', what);
      settle();
    });
  }

  #listen(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const giveUp = () => {
      if (this.#forsaken !== undefined || !this.process.alive) return;
      this.forsake();
      this.#say('gives up on', this.#groupId);
      this.#parts.reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', giveUp);
  }

  #later(delay: number, run: () => void, quiet = false): () => void {
    this.#left += 1;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.#left -= 1;
      this.#endWhenDone();
    };
    const cancel = this.#network.parts.machine.timeline.after(
      delay,
      () => {
        run();
        end();
      },
      { quiet },
    );
    return () => {
      cancel();
      end();
    };
  }

  #endWhenDone(): void {
    if (this.#left === 0 && (this.#answered || this.#forsaken !== undefined)) this.#network.left(this);
  }

  #describe(): string {
    const { request } = this.#parts;
    return `${request.method} ${this.#groupId} of ${this.process.name}`;
  }

  #say(arrow: string, what: string): void {
    this.#network.parts.trace.say(`${this.process.name} ${arrow} ${this.node} ${what}`);
  }
}
