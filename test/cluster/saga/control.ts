import type { Advance, SagaEvent, SagaState } from '../../../src/cluster/saga.ts';
import type { NodeState, SagaRules, Step } from '../../../src/cluster/saga-node.ts';
import { forget } from './forget.ts';
import { beginAt, type Machine } from './machine.ts';
import {
  eventsOf,
  type Monitor,
  type MonitorNode,
  type Outstanding,
  promiseOf,
  Violation,
  type Watched,
  watch,
} from './monitor.ts';
import type { Outcome, Promised } from './node-world.ts';
import { at, eventOf, firstWatched, type Start } from './simulation.ts';

/** A state of the machine and of its monitor, with no nodes' truth in it. */
export interface ControlState {
  readonly id: number;
  readonly saga: SagaState;
  readonly monitor: Monitor;
  readonly nodes: readonly ControlNode[];
  readonly events: readonly SagaEvent[];
  /** Whether nodes of one value are interchangeable from here on. */
  readonly sorted: boolean;
  /** Whether the node before has the same value, and stands for the same. */
  readonly tied: readonly boolean[];
  readonly ended: boolean;
  /** What holds of each node from here on, where the machine is done with it. */
  readonly promises: readonly (Promised | undefined)[];
  readonly hasPromises: boolean;
}

/** The machine's and the monitor's state of one node. Equal values are the same object. */
export interface ControlNode {
  readonly id: number;
  readonly saga: NodeState;
  readonly seen: MonitorNode;
  /** The index into `OUT_KINDS` of what is outstanding. */
  readonly outKind: number;
}

export interface ControlStep {
  readonly to: ControlState;
  /** Where each node of `to` stood before: `order[new] = old`. */
  readonly order: readonly number[];
}

/** What can be outstanding, as far as the nodes' truth has to do with it. */
export const OUT_KINDS: readonly (Outstanding['kind'] | Step)[] = [
  'nothing',
  'retry',
  'settle',
  'look',
  'write',
  'verify',
  'undo',
  'check',
];

export const ANSWERS: readonly Outcome['answer'][] = [
  'waited',
  'wanted',
  'unwanted',
  'refused',
  'later',
  'unknown',
  'in-doubt',
  'done',
  'already',
];

/**
 * The machine and its monitor as a graph whose every edge is computed once, by the real `advance`. What the nodes truly
 * hold decides only which answers are possible, so the same graph serves many truths.
 *
 * Nodes are interchangeable, so they are kept in the order of their values; in sequence only once nothing goes forward
 * any more, for until then the machine takes them by position. `reductions.test.ts` shows that the machine does
 * not care.
 */
export class Control {
  readonly rules: SagaRules;
  readonly machine: Machine;
  readonly #forget: (state: SagaState) => SagaState;
  readonly #states = new Map<string, ControlState>();
  readonly #byId: ControlState[] = [];
  readonly #nodes = new Map<string, ControlNode>();
  readonly #sagaNodes = new Ids<NodeState>();
  readonly #seenNodes = new Ids<MonitorNode>();
  readonly #steps: (ControlStep | Violation)[][] = [];
  readonly #stays: ControlStep[] = [];

  constructor(machine: Machine, rules: SagaRules, withoutPast = forget) {
    this.machine = machine;
    this.rules = rules;
    this.#forget = withoutPast;
  }

  get size(): number {
    return this.#byId.length;
  }

  state(id: number): ControlState {
    return at(this.#byId, id);
  }

  /** The step that changes nothing here. */
  stay(state: ControlState): ControlStep {
    return at(this.#stays, state.id);
  }

  begin(start: Start): ControlStep {
    const { machine, rules } = this;
    const advanced = beginAt(machine, rules, start);
    const watched = watch(firstWatched(start), { rules, commands: advanced.commands, after: advanced.state });
    return this.#intern(advanced, watched);
  }

  /** What an answer of a node, or `from.events[-1 - node]`, leads to. */
  step(from: ControlState, node: number, answer: number): ControlStep | Violation {
    const steps = at(this.#steps, from.id);
    const slot = node < 0 ? -1 - node : from.events.length + node * ANSWERS.length + answer;
    const known = steps[slot];
    if (known !== undefined) return known;
    const step = this.#compute(from, this.eventAt(from, node, answer));
    steps[slot] = step;
    return step;
  }

  eventAt(from: ControlState, node: number, answer: number): SagaEvent {
    if (node < 0) return at(from.events, -1 - node);
    const { out } = at(from.nodes, node).seen;
    return eventOf(node, out.kind === 'request' ? out.step : undefined, at(ANSWERS, answer));
  }

  #compute(from: ControlState, event: SagaEvent): ControlStep | Violation {
    const { rules } = this;
    const before = from.saga;
    try {
      const advanced = this.machine.advance(rules, before, event);
      const watched = watch(
        { monitor: from.monitor, nodes: from.nodes.map(({ seen }) => seen) },
        { rules, event, commands: advanced.commands, before, after: advanced.state },
      );
      return this.#intern(advanced, watched);
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  }

  #intern({ state: whole }: Advance, { monitor, nodes: seen }: Watched): ControlStep {
    const state = monitor.undoing ? this.#forget(whole) : whole;
    const forward = state.phase === 'look' || state.phase === 'record' || state.phase === 'write';
    const sorted = this.rules.strategy === 'parallel' || !forward;
    const nodes = state.nodes.map((node, index) => this.#node(node, at(seen, index)));
    const order = nodes.map((_, index) => index);
    if (sorted) order.sort((a, b) => at(nodes, a).id - at(nodes, b).id || a - b);
    const inOrder = order.map((index) => at(nodes, index));
    const key = `${JSON.stringify([{ ...state, nodes: [] }, monitor])}${inOrder.map(({ id }) => id).join()}`;
    let to = this.#states.get(key);
    if (to === undefined) {
      const saga = frozen({ ...state, nodes: inOrder.map(({ saga }) => saga) });
      const promises = inOrder.map((_, index) => promiseOf(saga, monitor.asked, index));
      to = {
        id: this.#byId.length,
        saga,
        monitor,
        nodes: inOrder,
        events: eventsOf(monitor),
        sorted,
        tied: inOrder.map((node, index) => sorted && index > 0 && node === inOrder[index - 1]),
        ended: monitor.ended,
        promises,
        hasPromises: promises.some((promised) => promised !== undefined),
      };
      this.#states.set(key, to);
      this.#byId.push(to);
      this.#steps.push([]);
      this.#stays.push({ to, order: nodes.map((_, index) => index) });
    }
    return { to, order };
  }

  #node(saga: NodeState, seen: MonitorNode): ControlNode {
    const key = `${this.#sagaNodes.of(saga)},${this.#seenNodes.of(seen)}`;
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { id: this.#nodes.size, saga: Object.freeze(saga), seen, outKind: kindOf(seen.out) };
      this.#nodes.set(key, node);
    }
    return node;
  }
}

const kindOf = (out: Outstanding) => OUT_KINDS.indexOf(out.kind === 'request' ? out.step : out.kind);

/** Numbers values; the same object is found without being read again. */
class Ids<T extends object> {
  readonly #byValue = new Map<string, number>();
  readonly #byObject = new WeakMap<T, number>();

  of(value: T): number {
    const known = this.#byObject.get(value);
    if (known !== undefined) return known;
    const key = JSON.stringify(value);
    let id = this.#byValue.get(key);
    if (id === undefined) {
      id = this.#byValue.size;
      this.#byValue.set(key, id);
    }
    this.#byObject.set(value, id);
    return id;
  }
}

/** A machine that changed what it was given would throw. Its nodes are frozen already. */
function frozen(state: SagaState): SagaState {
  Object.freeze(state.nodes);
  return Object.freeze(state);
}
