import type { Ending, SagaCommand, SagaEvent, SagaState } from '../../../src/cluster/saga.ts';
import type { NodeState, ReadAnswer, SagaRules, Step, WriteAnswer } from '../../../src/cluster/saga-node.ts';
import type { Promised } from './node-world.ts';
import { brokenRule, isForward, wrongEnding } from './step-rules.ts';

/** Thrown with the promise that was broken. */
export class Violation extends Error {}

/** What an observer of events and commands knows, with no look into the machine. */
export interface Monitor {
  readonly asked: 'saga' | 'rollback' | 'finish';
  readonly record: 'not yet' | 'asked' | 'recorded';
  readonly close: 'not yet' | 'closed' | 'unresolved';
  /** Some node failed, or the caller stopped: nothing goes forward any more. */
  readonly halted: boolean;
  readonly undoing: boolean;
  /** The lock is lost, or the undo's deadline has passed: nothing is sent any more. */
  readonly over: boolean;
  /** Some write or undo was sent. */
  readonly wrote: boolean;
  readonly ended: boolean;
}

export interface MonitorNode {
  readonly out: Outstanding;
  /**
   * `never`: it was as wanted when looked at, or the operation is done with it. `undo only`: it was as wanted when looked at,
   * and that may be the doing of the operation that is to be finished.
   */
  readonly touch: 'after a look' | 'allowed' | 'undo only' | 'never';
  /** `yes`: a write was answered as done, and no undo was sent since. `maybe`: some write or undo was sent in vain or not. */
  readonly changed: 'no' | 'maybe' | 'yes';
  /** Some write was unknown, and the node has not been read back. */
  readonly unread: boolean;
  /** The kind of attempt that may still take effect; an undo where both may. */
  readonly inDoubt: 'no' | 'write' | 'undo';
}

/** A request that the event at hand answers. */
export interface Attempt {
  readonly node: number;
  readonly step: Step;
  readonly attempt: number;
}

export type Outstanding =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'request'; readonly step: Step; readonly attempt: number }
  | { readonly kind: 'retry'; readonly step: Step; readonly attempt: number }
  | { readonly kind: 'settle' };

const NOTHING: Outstanding = { kind: 'nothing' };

export const NEW_MONITOR: Monitor = {
  asked: 'saga',
  record: 'not yet',
  close: 'not yet',
  halted: false,
  undoing: false,
  over: false,
  wrote: false,
  ended: false,
};

export const NEW_NODE: MonitorNode = {
  out: NOTHING,
  touch: 'after a look',
  changed: 'no',
  unread: false,
  inDoubt: 'no',
};

/** All that is left to say of a node that the undo is done with. */
const LEFT_ALONE: MonitorNode = { ...NEW_NODE, touch: 'never' };

export interface Watched {
  readonly monitor: Monitor;
  readonly nodes: readonly MonitorNode[];
}

/** The step that one event and the machine's answer to it make. */
export interface WatchedStep {
  readonly rules: SagaRules;
  /** Absent at the beginning. */
  readonly event?: SagaEvent;
  readonly commands: readonly SagaCommand[];
  readonly before?: SagaState;
  readonly after: SagaState;
}

/** Checks what holds for every single step, whatever the nodes truly hold. */
export function watch(watched: Watched, step: WatchedStep): Watched {
  return new Watch(watched, step).run();
}

/** The events that may come without a node: the driver's timers, the journal, the caller and the lock. */
export function eventsOf({ record, close, undoing, ended }: Monitor): readonly SagaEvent[] {
  if (ended) return [];
  const events: SagaEvent[] = [{ type: 'stop' }, { type: 'lose' }];
  if (undoing) events.push({ type: 'expire' });
  if (record === 'asked') events.push({ type: 'recorded' }, { type: 'record-failed' });
  if (close !== 'not yet') events.push({ type: 'closed' }, { type: 'close-failed' });
  return events;
}

/** The undo is done with it. */
export const isFinished = ({ at }: NodeState): boolean => at === 'clean' || at === 'stuck';

/** The nodes that the caller is told of when the nodes may be apart. */
function isReported(node: NodeState, all: readonly NodeState[]): boolean {
  if (all.some(({ at }) => at === 'stuck')) return node.at === 'stuck';
  return node.at === 'good' && (node.whose === 'ours' || node.whose === 'unproven' || node.unknown);
}

/** What a node must be, once the operation is done with it. */
export function promiseOf(
  { phase, ending, nodes }: SagaState,
  asked: Monitor['asked'],
  index: number,
): Promised | undefined {
  const node = nodes[index];
  if (node === undefined || node.at === 'clean') return 'as before';
  if (node.at === 'stuck') return 'nothing';
  if (phase !== 'ended' || ending === undefined) return undefined;
  if (ending === 'good' || ending === 'unchanged') return 'good';
  // What it was to take back is still there, and so must its entry be (`checkForgotten`).
  if (ending === 'unwritten' && asked !== 'saga') return 'nothing';
  return ending === 'apart' && isReported(node, nodes) ? 'nothing' : 'as before';
}

/** What was not there by then will not come from the operation that died. */
function touchAfterLook(
  answer: 'wanted' | 'unwanted',
  changed: MonitorNode['changed'],
): Pick<MonitorNode, 'touch' | 'changed'> {
  if (answer === 'unwanted') return { touch: 'allowed', changed: 'no' };
  return { touch: changed === 'no' ? 'never' : 'undo only', changed };
}

/** Whether a forward step is given up with this answer. */
function hasFailed(step: Step, answer: ReadAnswer | WriteAnswer, isLast: boolean): boolean {
  if (answer === 'refused') return true;
  if (answer === 'unwanted') return step === 'verify';
  return isLast && answer !== 'wanted' && answer !== 'done' && answer !== 'already';
}

class Watch {
  readonly #step: WatchedStep;
  readonly #nodes: MonitorNode[];
  #monitor: Monitor;
  /** The request that this very event answers. */
  #answered: Attempt | undefined;
  /** The attempt whose wait for the next one is over with this very event. */
  #retried: Attempt | undefined;

  constructor({ monitor, nodes }: Watched, step: WatchedStep) {
    this.#monitor = monitor;
    this.#nodes = [...nodes];
    this.#step = step;
  }

  run(): Watched {
    const { event, commands, after } = this.#step;
    if (event !== undefined) this.#take(event);
    for (const command of commands) this.#obey(command);
    const broken = brokenRule({ monitor: this.#monitor, nodes: this.#nodes }, this.#step, this.#answered);
    if (broken !== undefined) this.#fail(broken);
    this.#leaveFinished(after);
    return { monitor: this.#monitor, nodes: this.#nodes };
  }

  #take(event: SagaEvent): void {
    switch (event.type) {
      case 'looked':
      case 'wrote': {
        const { out } = this.#node(event.node);
        this.#setOut(event.node, NOTHING);
        if (out.kind !== 'request') return;
        this.#answered = { ...out, node: event.node };
        return this.#takeAnswer(this.#answered, event.answer);
      }
      case 'waited': {
        const { out } = this.#node(event.node);
        this.#setOut(event.node, NOTHING);
        if (out.kind === 'settle') this.#noteNode(event.node, { inDoubt: 'no' });
        if (out.kind === 'retry') this.#retried = { ...out, node: event.node };
        return;
      }
      case 'recorded':
        this.#note({ record: 'recorded' });
        return;
      case 'expire':
        if (this.#monitor.close === 'not yet') this.#note({ over: true });
        return;
      case 'lose':
        if (this.#monitor.close === 'not yet') this.#note({ over: true });
        this.#halt();
        return;
      case 'stop':
        this.#halt();
    }
  }

  #takeAnswer({ node, step, attempt }: Attempt, answer: ReadAnswer | WriteAnswer): void {
    const { changed, inDoubt } = this.#node(node);
    if (step === 'look' && (answer === 'wanted' || answer === 'unwanted'))
      this.#noteNode(node, touchAfterLook(answer, changed));
    if (step === 'verify' && answer === 'wanted') this.#noteNode(node, { unread: false });
    if (step === 'write' && answer === 'done') this.#noteNode(node, { changed: 'yes' });
    if (step === 'write' && (answer === 'unknown' || answer === 'in-doubt'))
      this.#noteNode(node, { unread: true, changed: changed === 'no' ? 'maybe' : changed });
    if (answer === 'in-doubt')
      this.#noteNode(node, { inDoubt: step === 'undo' || inDoubt === 'undo' ? 'undo' : 'write' });
    if (isForward(step) && hasFailed(step, answer, attempt >= this.#step.rules.attempts)) this.#halt();
  }

  /** Once the undo has begun nothing goes forward anyway. */
  #halt(): void {
    if (!this.#monitor.undoing && this.#monitor.close === 'not yet') this.#note({ halted: true });
  }

  #obey(command: SagaCommand): void {
    if (this.#monitor.ended) this.#fail('a command after the end');
    switch (command.type) {
      case 'send':
        return this.#send(command.node, command.step);
      case 'wait':
        return this.#wait(command.node, command.until);
      case 'cancel':
        return this.#cancel(command.node);
      case 'record':
        if (this.#monitor.record !== 'not yet') this.#fail('recorded twice');
        return this.#note({ record: 'asked' });
      case 'undoing':
        if (this.#monitor.undoing) this.#fail('the undo began twice');
        if (this.#monitor.record !== 'recorded') this.#fail('the undo began before the intent was recorded');
        if (this.#nodes.some(({ out }) => out.kind !== 'nothing'))
          this.#fail('the undo began before every forward attempt had ended');
        if (!this.#monitor.halted) this.#fail('the undo began for no reason');
        for (const index of this.#nodes.keys()) this.#noteNode(index, { unread: false });
        return this.#note({ undoing: true });
      case 'close':
        return this.#close(command.as);
      case 'end':
        return this.#end(command.ending);
    }
  }

  #send(index: number, step: Step): void {
    const { rules } = this.#step;
    const { record, halted, undoing, over } = this.#monitor;
    const { out, touch } = this.#node(index);
    const forward = isForward(step);
    const writes = step === 'write' || step === 'undo';
    if (out.kind !== 'nothing') this.#fail(`${step} was sent to node ${index} with another under way`);
    if (over) this.#fail(`${step} was sent after the lock was lost or the undo's deadline had passed`);
    if (this.#monitor.close !== 'not yet') this.#fail(`${step} was sent after the close`);
    if (writes && record !== 'recorded') this.#fail(`${step} was sent before the intent was recorded`);
    const mayTouch = touch === 'allowed' || (touch === 'undo only' && !forward);
    if (step !== 'look' && !mayTouch) this.#fail(`${step} was sent to a node that is to be left alone`);
    if (forward && (halted || undoing)) this.#fail(`${step} went forward after a failure or a stop`);
    if (forward && rules.strategy === 'sequential' && this.#nodes.some((node) => node.out.kind !== 'nothing'))
      this.#fail('two nodes at once in sequence');
    if (!forward && !undoing) this.#fail(`${step} was sent before the undo began`);
    const before = this.#retried?.node === index && this.#retried.step === step ? this.#retried.attempt : 0;
    const attempt = before + 1;
    const limit = forward ? rules.attempts : rules.undoAttempts;
    if (attempt > limit) this.#fail(`${step} was sent more than ${limit} times`);
    this.#setOut(index, { kind: 'request', step, attempt });
    if (step === 'undo') this.#noteNode(index, { changed: 'maybe' });
    if (writes) this.#note({ wrote: true });
  }

  #wait(index: number, until: 'retry' | 'settled'): void {
    const { out } = this.#node(index);
    if (out.kind !== 'nothing') this.#fail('a wait with something under way');
    if (this.#monitor.over) this.#fail('a wait although nothing may be sent any more');
    if (until === 'settled') return this.#setOut(index, { kind: 'settle' });
    if (this.#answered?.node !== index) return this.#fail('a wait for a retry with nothing to try again');
    const { event } = this.#step;
    const answer = event !== undefined && 'answer' in event ? event.answer : undefined;
    if (answer !== 'later' && answer !== 'unknown' && answer !== 'in-doubt')
      this.#fail(`an attempt that was ${answer} is made again`);
    const { step, attempt } = this.#answered;
    this.#setOut(index, { kind: 'retry', step, attempt });
  }

  #cancel(index: number): void {
    const { out } = this.#node(index);
    if (out.kind === 'nothing') this.#fail('a cancel with nothing to cancel');
    if (out.kind === 'request' && (out.step === 'write' || out.step === 'undo'))
      this.#fail('a write in flight was cancelled');
    this.#setOut(index, NOTHING);
  }

  #close(as: 'closed' | 'unresolved'): void {
    const { record, close } = this.#monitor;
    if (close !== 'not yet') this.#fail('closed twice');
    if (record !== 'recorded') this.#fail('closed what was not recorded');
    if (this.#nodes.some(({ out }) => out.kind !== 'nothing')) this.#fail('closed with something under way');
    this.#note({ close: as });
  }

  #end(ending: Ending): void {
    const { event, after } = this.#step;
    const { record, close } = this.#monitor;
    if (this.#nodes.some(({ out }) => out.kind !== 'nothing'))
      this.#fail('it ended with something under way');
    if (record === 'recorded' && close === 'not yet') this.#fail('it ended without a close');
    if (ending !== after.ending) this.#fail('it did not end as its state says');
    const wrong = wrongEnding(ending, this.#step, { monitor: this.#monitor, nodes: this.#nodes });
    if (wrong !== undefined) this.#fail(`it ended as ${ending} ${wrong}`);
    const kept = close === 'unresolved' || event?.type === 'close-failed';
    if (ending === 'good' && kept) this.#fail('it ended as good, and recovery would undo it');
    if (ending === 'apart' && !kept) this.#fail('it ended as apart, and recovery would not know');
    this.#note({ ended: true });
  }

  /** From here on no request goes to them, and so nothing but late attempts can change them. */
  #leaveFinished(after: SagaState): void {
    for (const [index, node] of after.nodes.entries()) {
      const was = this.#step.before?.nodes[index];
      if (was !== undefined && isFinished(was) && was.at !== node.at)
        this.#fail(`node ${index} was ${was.at} before`);
      const { out, touch } = this.#node(index);
      if (!isFinished(node) || touch === 'never') continue;
      if (out.kind !== 'nothing') this.#fail(`node ${index} is ${node.at} with something under way`);
      this.#nodes[index] = LEFT_ALONE;
    }
  }

  #note(change: Partial<Monitor>): void {
    this.#monitor = { ...this.#monitor, ...change };
  }

  #node(index: number): MonitorNode {
    const node = this.#nodes[index];
    if (node === undefined) throw new Violation(`there is no node ${index}`);
    return node;
  }

  #setOut(index: number, out: Outstanding): void {
    this.#noteNode(index, { out });
  }

  #noteNode(index: number, change: Partial<MonitorNode>): void {
    this.#nodes[index] = { ...this.#node(index), ...change };
  }

  #fail(what: string): never {
    throw new Violation(what);
  }
}
