import type { Ending } from '../../../src/cluster/saga.ts';
import type { Control, ControlState, ControlStep } from './control.ts';
import { Violation } from './monitor.ts';
import type { Setting } from './node-world.ts';
import { at, type Move, Simulation, type Start } from './simulation.ts';
import { StateTable } from './state-table.ts';
import { WorldTable } from './world-table.ts';

export interface Explored {
  readonly states: number;
  readonly moves: number;
  /** How many of the states are ends, by their name. */
  readonly ends: ReadonlyMap<Ending, number>;
  /** The shortest way to a broken promise, if one was broken. */
  readonly trace?: string;
}

/**
 * Visits every state of the machine together with its nodes, each once, breadth first.
 *
 * A state is a state of the control graph and one truth per node; both are small numbers. Reductions, and why each loses
 * nothing, stand where they are made: `Control` (interchangeable nodes), `outcomesOf` and `driftsOf` (when commits and
 * losses happen). Two more: `stop`, `lose` and `expire` may come any number of times, so that nobody must remember whether
 * they came; and somebody else acts on a node only after its look, for what they did before it is another start.
 */
export function explore(setting: Setting, control: Control, starts: readonly Start[]): Explored {
  return new Exploration(setting, control, starts).run();
}

type Kind = 'event' | 'outcome' | 'drift';

/** Hears of one move; positions change with every step. */
type Visit = (
  step: ControlStep,
  worlds: readonly number[],
  kind: Kind,
  position: number,
  which: number,
) => void;

interface Found {
  readonly message: string;
  /** The state it was found in, and the move that breaks the promise there. */
  readonly index: number;
  readonly kind?: Kind;
  readonly position: number;
  readonly which: number;
}

const BITS = 8;
const MASK = (1 << BITS) - 1;
/** More than there are nodes. */
const NAMES = 16;

class Exploration {
  readonly #setting: Setting;
  readonly #control: Control;
  readonly #starts: readonly Start[];
  readonly #worlds: WorldTable;
  readonly #table = new StateTable();
  readonly #ends = new Map<Ending, number>();
  readonly #arranged: number[] = [];
  #index = 0;
  #moves = 0;
  #found: Found | undefined;

  constructor(setting: Setting, control: Control, starts: readonly Start[]) {
    this.#setting = setting;
    this.#control = control;
    this.#starts = starts;
    this.#worlds = new WorldTable(setting);
  }

  run(): Explored {
    for (const [index, start] of this.#starts.entries()) {
      const worlds = start.worlds.map((world) => this.#worlds.idOf(world));
      const step = this.#control.begin(start);
      this.#table.add(step.to.id, this.#pack(step, worlds), -1 - index);
    }
    for (; this.#index < this.#table.size && this.#found === undefined; this.#index++) {
      this.#expand(this.#index, this.#visit);
    }
    if (this.#worlds.size > MASK + 1)
      throw new RangeError(`${this.#worlds.size} truths of a node do not fit`);
    if (this.#found === undefined) this.#findDeadEnd();
    const explored = { states: this.#table.size, moves: this.#moves, ends: this.#ends };
    return this.#found === undefined ? explored : { ...explored, trace: this.#trace(this.#found) };
  }

  #expand(index: number, visit: Visit): void {
    const from = this.#control.state(this.#table.first(index));
    if (from.ended) return;
    const { nodes, events, sorted } = from;
    const stay = this.#control.stay(from);
    const here = this.#unpack(this.#table.second(index), nodes.length);
    for (let event = 0; event < events.length; event++) {
      const step = this.#control.step(from, -1 - event, 0);
      if (step instanceof Violation) this.#note(step.message, 'event', event, 0);
      else visit(step, here, 'event', event, 0);
    }
    const free = this.#mayStillBeForeign(here);
    for (let position = 0; position < nodes.length; position++) {
      const node = at(nodes, position);
      const world = at(here, position);
      // Of equal nodes one stands for all.
      if (sorted && position > 0 && node === nodes[position - 1] && world === here[position - 1]) continue;
      const outcomes = this.#worlds.outcomes(node, world);
      for (let which = 0; which < outcomes.worlds.length; which++) {
        const { harm } = at(outcomes.values, which);
        const step = this.#control.step(from, position, at(outcomes.answers, which));
        here[position] = at(outcomes.worlds, which);
        if (harm !== undefined) this.#note(harm, 'outcome', position, which);
        else if (step instanceof Violation) this.#note(step.message, 'outcome', position, which);
        else visit(step, here, 'outcome', position, which);
      }
      const drifts = this.#worlds.drifts(world, free && node.seen.touch !== 'after a look');
      for (let which = 0; which < drifts.worlds.length; which++) {
        const { harm } = at(drifts.values, which);
        here[position] = at(drifts.worlds, which);
        if (harm !== undefined) this.#note(harm, 'drift', position, which);
        else visit(stay, here, 'drift', position, which);
      }
      here[position] = world;
    }
  }

  readonly #visit: Visit = (step, worlds, kind, position, which) => {
    this.#moves++;
    const { to } = step;
    if (to.hasPromises) this.#checkPromises(step, worlds, kind, position, which);
    const isNew = this.#table.add(to.id, this.#pack(step, worlds), this.#index);
    const { ending } = to.saga;
    if (isNew && to.ended && ending !== undefined) this.#ends.set(ending, (this.#ends.get(ending) ?? 0) + 1);
  };

  #checkPromises(
    { to: { promises }, order }: ControlStep,
    worlds: readonly number[],
    kind: Kind,
    position: number,
    which: number,
  ): void {
    const free = this.#mayStillBeForeign(worlds);
    for (let index = 0; index < promises.length; index++) {
      const promised = promises[index];
      if (promised === undefined) continue;
      const broken = this.#worlds.broken(promised, at(worlds, at(order, index)), free);
      if (broken !== undefined) this.#note(broken, kind, position, which);
    }
  }

  #mayStillBeForeign(worlds: readonly number[]): boolean {
    if (this.#setting.writers !== 'shared') return false;
    for (const world of worlds) if (!this.#worlds.isUntouched(world)) return false;
    return true;
  }

  #note(message: string, kind: Kind, position: number, which: number): void {
    this.#found ??= { message, index: this.#index, kind, position, which };
  }

  /**
   * From every state the end must be reachable, and without luck: once every node answers the truth and the journal works,
   * whatever comes first, it ends.
   */
  #findDeadEnd(): void {
    const ends = new Uint8Array(this.#table.size);
    const path: number[] = [];
    for (let start = 0; start < this.#table.size; start++) {
      for (let index = start; ends[index] === 0; ) {
        ends[index] = 1;
        path.push(index);
        const next = this.#calmNext(index);
        if (next === undefined) break;
        if (ends[next] === 1) {
          this.#found = {
            message: 'it goes round for ever with no fault any more',
            index,
            position: 0,
            which: 0,
          };
          return;
        }
        index = next;
      }
      for (const index of path) ends[index] = 2;
      path.length = 0;
    }
  }

  #calmNext(index: number): number | undefined {
    const from = this.#control.state(this.#table.first(index));
    if (from.ended) return undefined;
    const worlds = this.#unpack(this.#table.second(index), from.nodes.length);
    const step = this.#calmStep(from, worlds);
    if (step instanceof Violation) throw step;
    return this.#table.find(step.to.id, this.#pack(step, worlds));
  }

  /** Changes the truth where it has to. */
  #calmStep(from: ControlState, worlds: number[]): ControlStep | Violation {
    const position = from.nodes.findIndex(({ seen }) => seen.out.kind !== 'nothing');
    if (position < 0) {
      const event = from.events.findIndex(({ type }) => type === 'recorded' || type === 'closed');
      if (event < 0) throw new RangeError('there is no next step');
      return this.#control.step(from, -1 - event, 0);
    }
    const outcomes = this.#worlds.outcomes(at(from.nodes, position), at(worlds, position));
    // The truth comes first among the outcomes.
    worlds[position] = at(outcomes.worlds, 0);
    return this.#control.step(from, position, at(outcomes.answers, 0));
  }

  #pack(step: ControlStep, worlds: readonly number[]): number {
    const arranged = this.#arrange(step, worlds);
    let packed = 0;
    for (let index = 0; index < arranged.length; index++)
      packed = (packed << BITS) | ((arranged[index] ?? 0) / NAMES);
    return packed;
  }

  #unpack(packed: number, nodeCount: number): number[] {
    const worlds: number[] = [];
    for (let index = nodeCount - 1; index >= 0; index--) worlds.push((packed >>> (index * BITS)) & MASK);
    return worlds;
  }

  /** Truths with names in the order of the step's nodes; those of equal nodes in their own order. */
  #arrange(
    { to: { tied, promises }, order }: ControlStep,
    worlds: readonly number[],
    names?: readonly number[],
  ) {
    const arranged = this.#arranged;
    arranged.length = order.length;
    for (let index = 0; index < order.length; index++) {
      const from = order[index] ?? 0;
      const truth = worlds[from] ?? 0;
      const world = promises[index] === undefined ? truth : this.#worlds.finished(truth);
      const value = world * NAMES + (names?.[from] ?? 0);
      let place = index;
      for (; tied[place] === true && (arranged[place - 1] ?? 0) > value; place--) {
        arranged[place] = arranged[place - 1] ?? 0;
      }
      arranged[place] = value;
    }
    return arranged;
  }

  /** Walks the way again, with names that stay with their nodes, in the plain simulation. */
  #trace(found: Found): string {
    const path = [found.index];
    for (let index = this.#table.parent(found.index); index >= 0; index = this.#table.parent(index))
      path.unshift(index);
    const start = at(this.#starts, -1 - this.#table.parent(at(path, 0)));
    const { machine, rules } = this.#control;
    const simulation = Simulation.begin({ machine, rules, setting: this.#setting }, start);
    const worlds = start.worlds.map((world) => this.#worlds.idOf(world));
    let names = this.#rename(
      this.#control.begin(start),
      worlds,
      worlds.map((_, index) => index),
    );
    try {
      for (const [place, index] of path.entries()) {
        const next = path[place + 1];
        if (next === undefined) break;
        let move: Move | undefined;
        const before = names;
        this.#expand(index, (step, worlds, kind, position, which) => {
          if (move !== undefined || step.to.id !== this.#table.first(next)) return;
          if (this.#pack(step, worlds) !== this.#table.second(next)) return;
          move = this.#moveOf(index, kind, position, which, before);
          names = this.#rename(step, worlds, before);
        });
        if (move === undefined) throw new RangeError('a state has no way from its parent');
        simulation.apply(move);
      }
      const { index, kind, position, which } = found;
      if (kind !== undefined) simulation.apply(this.#moveOf(index, kind, position, which, names));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return [...simulation.log, `BROKEN: ${error.message}`].join('\n');
    }
    if (found.kind !== undefined)
      throw new RangeError(`the simulation does not find what was found: ${found.message}`);
    return [...simulation.log, `BROKEN: ${found.message}`].join('\n');
  }

  #rename(step: ControlStep, worlds: readonly number[], names: readonly number[]): readonly number[] {
    return this.#arrange(step, worlds, names).map((value) => value % NAMES);
  }

  #moveOf(index: number, kind: Kind, position: number, which: number, names: readonly number[]): Move {
    const from = this.#control.state(this.#table.first(index));
    if (kind === 'event') return { kind, event: at(from.events, position) };
    const world = at(this.#unpack(this.#table.second(index), from.nodes.length), position);
    const node = at(names, position);
    if (kind === 'drift')
      return { kind, node, cause: at(this.#worlds.drifts(world, true).values, which).cause };
    const { answer, says } = at(this.#worlds.outcomes(at(from.nodes, position), world).values, which);
    return { kind, node, answer, says };
  }
}
