import { onAbort } from '../core/abort.ts';
import type { Clock, Random } from '../core/clock.ts';
import { TimeoutError } from '../core/errors.ts';
import { backoff, type FullRetryPolicy } from '../core/retry.ts';
import type { Transport } from '../http/transport.ts';
import { attempt } from './attempt.ts';
import type { GroupDialect, OperationId } from './dialect.ts';
import type { FailedAttempt } from './errors.ts';
import { Intent } from './intent.ts';
import type { EntryLog, JournalEntry } from './journal.ts';
import { refuseLate } from './late-attempt.ts';
import type { ReachableNode } from './node-list.ts';
import {
  type Advance,
  advance,
  beginFinish,
  beginRollback,
  beginSaga,
  type Ending,
  type SagaCommand,
  type SagaEvent,
  type SagaState,
} from './saga.ts';
import { kindOf, mayHaveActed, purposeOf, readAnswer, writeAnswer } from './saga-answer.ts';
import {
  type FinishStart,
  isBusy,
  type NodeState,
  type SagaRules,
  type Step,
  UNASKED,
  type UndoStart,
} from './saga-node.ts';

/** What every operation of one client shares. */
export interface DriveSettings {
  readonly nodes: readonly ReachableNode[];
  readonly dialect: GroupDialect;
  readonly rules: SagaRules;
  readonly retry: FullRetryPolicy;
  readonly rollbackRetry: FullRetryPolicy;
  readonly rollbackDeadline: number;
  readonly settle: number;
  readonly journal?: EntryLog | undefined;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Task {
  readonly operation: 'create' | 'delete';
  readonly groupId: string;
  readonly operationId: OperationId;
  /** Only undo, from what is known of each node; else look first. */
  readonly rollback?: readonly { readonly start: UndoStart; readonly operationId: OperationId }[];
  /** Finish what the operation of this id began; all that it sent has settled. */
  readonly finish?: readonly FinishStart[];
  /** The open entry that this operation's takes the place of. */
  readonly supersedes?: JournalEntry;
  readonly attemptTimeout: number;
  /** Monotonic milliseconds at which nothing new goes forward. */
  readonly deadlineAt: number;
  readonly signal?: AbortSignal;
  /** Abort when a lock was lost. */
  readonly lost: readonly AbortSignal[];
  /** Monotonic milliseconds from which on the lock may be somebody else's: every attempt ends before. */
  aloneUntil(): number;
}

export interface Driven {
  readonly ending: Ending;
  readonly nodes: readonly DrivenNode[];
  /** Why the operation turned, where it did. */
  readonly turn?: Turn;
  /** In the order in which they ended. */
  readonly failures: readonly FailedAttempt[];
  readonly requests: number;
  readonly retries: number;
  /** Milliseconds until no attempt of this operation can take effect any more. */
  readonly unsettledFor: number;
}

export interface DrivenNode {
  readonly state: NodeState;
  readonly attempts: number;
  readonly operationId: OperationId;
  /** An undo was sent that may have changed it. */
  readonly undid: boolean;
}

export interface Turn {
  readonly by: 'signal' | 'deadline' | 'lock' | 'journal' | 'node';
  readonly cause: unknown;
  /** The node that failed; for a deadline, those that had not ended their step. */
  readonly nodes: readonly string[];
  /** How many attempts had failed by then: those after belong to the undo. */
  readonly failedBefore: number;
}

/** Runs one saga against the nodes: sends, waits and records as it commands, and tells it what came back. */
export function drive(settings: DriveSettings, task: Task): Promise<Driven> {
  return new Promise((resolve) => new Driver(settings, task, resolve).begin());
}

interface NodeDrive {
  readonly node: ReachableNode;
  readonly operationId: OperationId;
  attempts: number;
  undid: boolean;
  /** Monotonic time at which the last attempt in doubt ended. */
  doubtedAt?: number;
  /** Milliseconds that the last answer asked to be left alone. */
  retryAfter: number;
  /** Grows with every cancel, so that what was cut cannot be heard any more. */
  generation: number;
  cancelTimer: () => void;
}

class Driver {
  readonly #settings: DriveSettings;
  readonly #task: Task;
  readonly #resolve: (driven: Driven) => void;
  readonly #nodes: readonly NodeDrive[];
  readonly #intent: Intent;
  readonly #queue: SagaEvent[] = [];
  readonly #cleanups: (() => void)[] = [];
  #state: SagaState = { phase: 'ended', stopped: 'no', nodes: [] };
  #busy = false;
  readonly #failures: FailedAttempt[] = [];
  #turn: Turn | undefined;
  #reads = new AbortController();
  #retries = 0;

  constructor(settings: DriveSettings, task: Task, resolve: (driven: Driven) => void) {
    this.#settings = settings;
    this.#task = task;
    this.#resolve = resolve;
    this.#intent = new Intent(settings, task);
    this.#nodes = settings.nodes.map((node, index) => ({
      node,
      operationId: task.rollback?.[index]?.operationId ?? task.operationId,
      attempts: 0,
      undid: false,
      retryAfter: 0,
      generation: 0,
      cancelTimer: () => undefined,
      // A node that a rollback knows nothing of may be written to until `settle` from now.
      ...(task.rollback?.[index]?.start === 'unknown' ? { doubtedAt: settings.clock.monotonic() } : {}),
    }));
  }

  begin(): void {
    const { clock } = this.#settings;
    const { signal, lost, deadlineAt } = this.#task;
    const late = () => new TimeoutError('the deadline of the operation passed');
    this.#cleanups.push(
      clock.setTimer(() => this.#stop('deadline', late()), Math.max(0, deadlineAt - clock.monotonic())),
    );
    this.#take(this.#first());
    this.#cleanups.push(onAbort(signal, (cause) => this.#stop('signal', cause)));
    for (const lock of lost) {
      this.#cleanups.push(onAbort(lock, (cause) => this.#stop('lock', cause)));
    }
  }

  #first(): Advance {
    const { rules } = this.#settings;
    const { rollback, finish } = this.#task;
    if (rollback !== undefined) {
      const starts = rollback.map(({ start }) => start);
      return beginRollback(rules, starts);
    }
    return finish === undefined ? beginSaga(rules, this.#nodes.length) : beginFinish(rules, finish);
  }

  #stop(by: 'signal' | 'deadline' | 'lock', cause: unknown): void {
    const { phase, nodes } = this.#state;
    if (phase === 'look' || phase === 'record' || phase === 'write') {
      const busy = this.#nodes.filter((_, index) => isBusy(nodes[index] ?? UNASKED));
      this.#turnBy(
        by,
        cause,
        busy.map(({ node }) => node.name),
      );
    }
    this.#dispatch({ type: by === 'lock' ? 'lose' : 'stop' });
  }

  #dispatch(event: SagaEvent): void {
    if (this.#busy) this.#queue.push(event);
    else this.#advance(event);
  }

  #advance(event: SagaEvent): void {
    if (this.#state.phase === 'ended') return;
    const advanced = advance(this.#settings.rules, this.#state, event);
    this.#noteCulprit(event, advanced.state);
    this.#take(advanced);
  }

  /** Events that come while commands are carried out wait for the last of them. */
  #take({ state, commands }: Advance): void {
    this.#state = state;
    this.#busy = true;
    for (const command of commands) this.#execute(command);
    this.#busy = false;
    const next = this.#queue.shift();
    if (next !== undefined) this.#advance(next);
  }

  /** Only a failed node turns an operation in answer to a node. */
  #noteCulprit(event: SagaEvent, next: SagaState): void {
    if (!('node' in event)) return;
    const { phase } = this.#state;
    if ((phase !== 'look' && phase !== 'write') || next.phase === phase || next.phase === 'record') return;
    if (next.ending === 'good' || next.ending === 'unchanged') return;
    const { name } = this.#at(event.node).node;
    const cause = this.#failures.findLast(({ node }) => node === name)?.error;
    this.#turnBy('node', cause, [name]);
  }

  /** The first reason counts. */
  #turnBy(by: Turn['by'], cause: unknown, nodes: readonly string[]): void {
    this.#turn ??= { by, cause, nodes, failedBefore: this.#failures.length };
  }

  #execute(command: SagaCommand): void {
    switch (command.type) {
      case 'send':
        void this.#send(command.node, command.step);
        return;
      case 'wait':
        this.#wait(command.node, command.until);
        return;
      case 'cancel':
        this.#cancel(command.node);
        return;
      case 'record':
        void this.#record();
        return;
      case 'close':
        void this.#close(command.as);
        return;
      case 'undoing':
        this.#cleanups.push(
          this.#settings.clock.setTimer(
            () => this.#dispatch({ type: 'expire' }),
            this.#settings.rollbackDeadline,
          ),
        );
        return;
      case 'end':
        this.#end(command.ending);
    }
  }

  async #send(index: number, step: Step): Promise<void> {
    const at = this.#at(index);
    const { generation, node, operationId } = at;
    if ((this.#state.nodes[index]?.tries ?? 1) > 1) this.#retries++;
    const kind = kindOf(step, this.#task.operation);
    const { groupId, attemptTimeout } = this.#task;
    const unsent = refuseLate(this.#task, this.#settings.clock.monotonic());
    if (unsent === undefined) at.attempts++;
    else this.#stop('lock', unsent.failure);
    const sent = {
      kind,
      purpose: step === 'undo' ? 'undo' : 'forward',
      node,
      groupId,
      operationId,
      timeout: attemptTimeout,
      // A write in flight is never cut: nobody could tell whether it happened.
      signal: kind === 'read' ? this.#reads.signal : undefined,
    } as const;
    const outcome = await (unsent ?? attempt(this.#settings, sent));
    if (at.generation !== generation) return;
    const { failure: error } = outcome;
    if (error !== undefined) this.#failures.push({ node: node.name, step: purposeOf(step), error });
    if (step === 'undo' && mayHaveActed(outcome)) at.undid = true;
    at.retryAfter = outcome.retryAfter ?? 0;
    if (outcome.inDoubt && kind !== 'read') at.doubtedAt = this.#settings.clock.monotonic();
    const { operation } = this.#task;
    const tooLate = this.#isTooLate(at.retryAfter);
    this.#dispatch(
      kind === 'read'
        ? { type: 'looked', node: index, answer: readAnswer(outcome, operation, tooLate) }
        : { type: 'wrote', node: index, answer: writeAnswer(outcome, tooLate) },
    );
  }

  /** What may be tried again only after the deadline is given up at once, where nothing can have happened. */
  #isTooLate(retryAfter: number): boolean {
    if (this.#state.phase === 'undo') return false;
    return retryAfter > this.#task.deadlineAt - this.#settings.clock.monotonic();
  }

  #wait(index: number, until: 'retry' | 'settled'): void {
    const at = this.#at(index);
    const { clock } = this.#settings;
    at.cancelTimer = clock.setTimer(
      () => this.#dispatch({ type: 'waited', node: index }),
      until === 'retry' ? this.#delay(index, at) : this.#unsettled(at),
    );
  }

  #delay(index: number, at: NodeDrive): number {
    const { retry, rollbackRetry, random } = this.#settings;
    const policy = this.#state.phase === 'undo' ? rollbackRetry : retry;
    return Math.max(backoff(policy, this.#state.nodes[index]?.tries ?? 1, random), at.retryAfter);
  }

  #unsettled({ doubtedAt }: NodeDrive): number {
    if (doubtedAt === undefined) return 0;
    return Math.max(0, doubtedAt + this.#settings.settle - this.#settings.clock.monotonic());
  }

  #cancel(index: number): void {
    const at = this.#at(index);
    at.generation++;
    at.cancelTimer();
    // Whatever is cancelled together was begun together, so one signal serves all reads under way.
    this.#reads.abort();
    this.#reads = new AbortController();
  }

  async #record(): Promise<void> {
    try {
      const recorded = this.#intent.begin(this.#state.nodes.map(({ at }) => at !== 'had'));
      if (recorded !== undefined) await recorded;
    } catch (cause) {
      this.#turnBy('journal', cause, []);
      return this.#dispatch({ type: 'record-failed' });
    }
    this.#dispatch({ type: 'recorded' });
  }

  async #close(as: 'closed' | 'unresolved'): Promise<void> {
    try {
      const ended = this.#intent.end(as, this.#state.ending, this.#unsettledFor());
      if (ended !== undefined) await ended;
    } catch (cause) {
      this.#turnBy('journal', cause, []);
      return this.#dispatch({ type: 'close-failed' });
    }
    this.#dispatch({ type: 'closed' });
  }

  #end(ending: Ending): void {
    for (const cleanup of this.#cleanups) cleanup();
    this.#resolve({
      ending,
      nodes: this.#nodes.map(({ attempts, operationId, undid }, index) => {
        return { state: this.#stateOf(index), attempts, operationId, undid };
      }),
      failures: this.#failures,
      ...(this.#turn === undefined ? {} : { turn: this.#turn }),
      requests: this.#nodes.reduce((sum, { attempts }) => sum + attempts, 0),
      retries: this.#retries,
      unsettledFor: this.#unsettledFor(),
    });
  }

  #unsettledFor(): number {
    return this.#nodes.reduce((longest, at) => Math.max(longest, this.#unsettled(at)), 0);
  }

  #at(index: number): NodeDrive {
    const at = this.#nodes[index];
    if (at === undefined) throw new RangeError(`the cluster has no node ${index}`);
    return at;
  }

  #stateOf(index: number): NodeState {
    const state = this.#state.nodes[index];
    if (state === undefined) throw new RangeError(`the saga has no node ${index}`);
    return state;
  }
}
