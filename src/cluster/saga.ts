import {
  answerCheck,
  answerLook,
  answerUndo,
  answerVerify,
  answerWrite,
  beginUndo,
  type FinishStart,
  isBusy,
  isGood,
  isWaiting,
  type NodeState,
  needsUndo,
  type ReadAnswer,
  type SagaRules,
  type Step,
  settled,
  UNASKED,
  type UndoStart,
  unfinished,
  type WriteAnswer,
} from './saga-node.ts';

/**
 * The saga of one operation on one group, pure: events in, commands out, no time and no network. It is written for
 * "the wanted state" and "a write", so that delete is create with the words changed.
 *
 * look at every node -> record the intent -> write to those that lack it -> close; and when a node fails or the caller
 * stops: drain (let what is in flight end) -> undo on every node that may have changed -> close.
 */
export function advance(rules: SagaRules, state: SagaState, event: SagaEvent): Advance {
  const saga = new Saga(rules, state);
  saga.take(event);
  return { state: saga.state, commands: saga.commands };
}

/** Begins an operation: the first commands are looks. */
export function beginSaga(rules: SagaRules, nodeCount: number): Advance {
  const saga = new Saga(rules, {
    phase: 'look',
    stopped: 'no',
    nodes: new Array<NodeState>(nodeCount).fill(UNASKED),
  });
  saga.startNext('look');
  return { state: saga.state, commands: saga.commands };
}

/** Begins an operation that only undoes, on nodes whose history is known from elsewhere. */
export function beginRollback(rules: SagaRules, nodes: readonly UndoStart[]): Advance {
  const saga = new Saga(rules, { phase: 'record', stopped: 'rollback', nodes: nodes.map(settled) });
  saga.commands.push({ type: 'record' });
  return { state: saga.state, commands: saga.commands };
}

/**
 * Begins to finish an operation that died: from a look at every node on, as if it were all one operation. Where that
 * fails, what either of them wrote is undone.
 */
export function beginFinish(rules: SagaRules, nodes: readonly FinishStart[]): Advance {
  const saga = new Saga(rules, { phase: 'look', stopped: 'no', nodes: nodes.map(unfinished) });
  saga.startNext('look');
  return { state: saga.state, commands: saga.commands };
}

export interface SagaState {
  readonly phase: 'look' | 'record' | 'write' | 'drain' | 'undo' | 'close' | 'ended';
  /**
   * `caller`: aborted, or past the deadline: nothing new goes forward. `rollback`: only undoing was asked for. `expired`:
   * the undo's own deadline passed. `lost`: the lock is gone and nothing more may be sent.
   */
  readonly stopped: 'no' | 'caller' | 'rollback' | 'expired' | 'lost';
  readonly nodes: readonly NodeState[];
  /** How it will have ended once the journal has it. */
  readonly ending?: Ending;
}

/**
 * `unchanged`: all had it. `good`: all have it now. `unwritten`: nothing was written. `undone`: every node is as it was.
 * `apart`: some node may differ.
 */
export type Ending = 'unchanged' | 'good' | 'unwritten' | 'undone' | 'apart';

export type SagaEvent =
  | { readonly type: 'looked'; readonly node: number; readonly answer: ReadAnswer }
  | { readonly type: 'wrote'; readonly node: number; readonly answer: WriteAnswer }
  /** The delay asked for by a `wait` is over. */
  | { readonly type: 'waited'; readonly node: number }
  | { readonly type: 'recorded' | 'record-failed' | 'closed' | 'close-failed' }
  | { readonly type: 'stop' }
  | { readonly type: 'expire' }
  | { readonly type: 'lose' };

export type SagaCommand =
  /** Every send is answered by one `looked` (look, verify, check) or `wrote` (write, undo), unless cancelled. */
  | { readonly type: 'send'; readonly node: number; readonly step: Step }
  /** Until it is time to try again, or until no attempt on this node can take effect any more. */
  | { readonly type: 'wait'; readonly node: number; readonly until: 'retry' | 'settled' }
  /** Ends a wait or cuts a read; no event of it may follow. A write is never cancelled. */
  | { readonly type: 'cancel'; readonly node: number }
  /** Make the intent durable. */
  | { readonly type: 'record' }
  /** Make the end durable: `unresolved` keeps the entry for recovery. */
  | { readonly type: 'close'; readonly as: 'closed' | 'unresolved' }
  /** From here on the undo's own deadline counts. */
  | { readonly type: 'undoing' }
  | { readonly type: 'end'; readonly ending: Ending };

export interface Advance {
  readonly state: SagaState;
  readonly commands: readonly SagaCommand[];
}

class Saga {
  readonly commands: SagaCommand[] = [];
  readonly #rules: SagaRules;
  #phase: SagaState['phase'];
  #stopped: SagaState['stopped'];
  #nodes: NodeState[];
  #ending: Ending | undefined;

  constructor(rules: SagaRules, state: SagaState) {
    this.#rules = rules;
    this.#phase = state.phase;
    this.#stopped = state.stopped;
    this.#nodes = [...state.nodes];
    this.#ending = state.ending;
  }

  get state(): SagaState {
    const state = { phase: this.#phase, stopped: this.#stopped, nodes: this.#nodes };
    return this.#ending === undefined ? state : { ...state, ending: this.#ending };
  }

  take(event: SagaEvent): void {
    switch (event.type) {
      case 'looked':
        return this.#looked(event.node, event.answer);
      case 'wrote':
        return this.#wrote(event.node, event.answer);
      case 'waited':
        return this.#waited(event.node);
      case 'recorded':
        return this.#recorded();
      case 'record-failed':
        return this.#end('unwritten');
      case 'closed':
        return this.#end(this.#ending ?? 'apart');
      case 'close-failed':
        // An end that nobody recorded would be undone by recovery.
        return this.#end(this.#ending === undefined || this.#ending === 'good' ? 'apart' : this.#ending);
      case 'stop':
        return this.#stop('caller');
      case 'expire':
        return this.#stop('expired');
      case 'lose':
        return this.#stop('lost');
    }
  }

  /** Sends the step to every node that is due for it; to the first only, and to none while one is busy, in sequence. */
  startNext(step: 'look' | 'write'): void {
    const due = (node: NodeState) =>
      step === 'look' ? node.at === 'due' : node.step === 'look' && node.at === 'lacks';
    for (let index = 0; index < this.#nodes.length; index++) {
      const node = this.#node(index);
      if (due(node)) this.#set(index, { ...node, step, at: 'sent', tries: 1 });
      const busy = isBusy(this.#node(index));
      if (this.#rules.strategy === 'sequential' && busy) return;
    }
  }

  #looked(index: number, answer: ReadAnswer): void {
    const node = this.#node(index);
    switch (node.step) {
      case 'look':
        this.#set(index, answerLook(this.#rules, node, answer));
        return this.#afterLook();
      case 'verify':
        this.#set(index, answerVerify(this.#rules, node, answer));
        return this.#afterWrite();
      default:
        this.#setUndo(index, answerCheck(this.#rules, node, answer));
        return this.#afterUndo();
    }
  }

  #wrote(index: number, answer: WriteAnswer): void {
    const node = this.#node(index);
    if (node.step === 'undo') {
      this.#setUndo(index, answerUndo(this.#rules, node, answer));
      return this.#afterUndo();
    }
    this.#set(index, answerWrite(this.#rules, node, answer, this.#phase === 'drain' ? 'drain' : 'write'));
    this.#afterWrite();
  }

  #waited(index: number): void {
    const node = this.#node(index);
    const next: NodeState =
      node.at === 'settling'
        ? { ...node, step: 'check', at: 'sent', tries: 1, doubt: false }
        : { ...node, at: 'sent', tries: node.tries + 1 };
    this.#set(index, next);
  }

  #afterLook(): void {
    if (this.#nodes.some((node) => node.at === 'failed')) return this.#end('unwritten');
    if (this.#nodes.every((node) => node.at === 'had')) return this.#end('unchanged');
    if (this.#nodes.every((node) => isGood(node) || node.at === 'lacks')) {
      this.#phase = 'record';
      this.commands.push({ type: 'record' });
      return;
    }
    this.startNext('look');
  }

  #recorded(): void {
    if (this.#stopped === 'no') {
      this.#phase = 'write';
      // A finished operation may have nothing left to write.
      this.#afterWrite();
    } else if (this.#stopped === 'rollback') {
      this.#undo();
    } else {
      this.#close('unwritten');
    }
  }

  #afterWrite(): void {
    if (this.#nodes.every(isGood)) return this.#close(this.#stopped === 'lost' ? 'apart' : 'good');
    if (this.#phase === 'write') {
      if (!this.#nodes.some((node) => node.at === 'failed')) return this.startNext('write');
      this.#drain();
    }
    if (!this.#nodes.some((node) => node.at === 'sent')) this.#undo();
  }

  /** No new attempt goes forward; writes in flight end by themselves, for nobody can call them back. */
  #drain(): void {
    this.#phase = 'drain';
    for (const [index, node] of this.#nodes.entries()) {
      if (isWaiting(node) || (node.at === 'sent' && node.step === 'verify')) {
        this.#cancel(index, { ...node, at: 'failed', tries: 0 });
      }
    }
  }

  #undo(): void {
    this.#phase = 'undo';
    this.commands.push({ type: 'undoing' });
    for (const [index, node] of this.#nodes.entries()) this.#setUndo(index, beginUndo(this.#rules, node));
    this.#afterUndo();
  }

  #afterUndo(): void {
    if (this.#nodes.every((node) => node.at === 'clean' || node.at === 'stuck')) {
      this.#close(this.#nodes.some((node) => node.at === 'stuck') ? 'apart' : 'undone');
    }
  }

  #giveUpWaits(): void {
    for (const [index, node] of this.#nodes.entries()) {
      if (isWaiting(node) || (node.at === 'sent' && node.step === 'check')) this.#cancel(index, stuck(node));
    }
  }

  #stop(why: 'caller' | 'expired' | 'lost'): void {
    if (this.#phase === 'close' || this.#phase === 'ended') return;
    if (this.#phase === 'look') return this.#end('unwritten');
    if (this.#phase === 'undo') {
      // The caller's signal and deadline do not reach an undo.
      if (why === 'caller') return;
      this.#stopped = why;
      this.#giveUpWaits();
      return this.#afterUndo();
    }
    if (why === 'expired' || this.#stopped === 'lost') return;
    this.#stopped = why;
    if (this.#phase === 'record') return;
    if (this.#phase === 'write') this.#drain();
    this.#afterWrite();
  }

  #close(ending: Ending): void {
    this.#phase = 'close';
    this.#ending = ending;
    // A rollback stopped before its first request leaves the entry to the next one.
    const isOpen = ending === 'apart' || (ending === 'unwritten' && this.#nodes.some(needsUndo));
    this.commands.push({ type: 'close', as: isOpen ? 'unresolved' : 'closed' });
  }

  #end(ending: Ending): void {
    for (const [index, node] of this.#nodes.entries()) {
      if (isBusy(node)) this.#cancel(index, { ...node, at: 'lacks', tries: 0 });
    }
    this.#phase = 'ended';
    this.#ending = ending;
    this.commands.push({ type: 'end', ending });
  }

  #node(index: number): NodeState {
    const node = this.#nodes[index];
    if (node === undefined) throw new RangeError(`the saga has no node ${index}`);
    return node;
  }

  /** Past its deadline, or without its lock, an undo sends nothing more: what is not clean by then is stuck. */
  #setUndo(index: number, node: NodeState): void {
    const over = this.#stopped === 'expired' || this.#stopped === 'lost';
    this.#set(index, over && node.at !== 'clean' ? stuck(node) : node);
  }

  /** What a node's new state asks of the outside follows from the state alone. */
  #set(index: number, node: NodeState): void {
    this.#nodes[index] = node;
    if (node.at === 'sent') this.commands.push({ type: 'send', node: index, step: node.step });
    else if (node.at === 'retry') this.commands.push({ type: 'wait', node: index, until: 'retry' });
    else if (node.at === 'settling') this.commands.push({ type: 'wait', node: index, until: 'settled' });
  }

  #cancel(index: number, node: NodeState): void {
    this.#nodes[index] = node;
    this.commands.push({ type: 'cancel', node: index });
  }
}

const stuck = (node: NodeState): NodeState => ({ ...node, at: 'stuck', tries: 0 });
