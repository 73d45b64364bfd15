import { ANSWERS, type ControlNode, OUT_KINDS } from './control.ts';
import type { Outstanding } from './monitor.ts';
import {
  brokenPromise,
  type Drift,
  driftsOf,
  type NodeWorld,
  type Outcome,
  type Promised,
  type Setting,
  untouchedWorld,
} from './node-world.ts';
import { at, outstandingOutcomes } from './simulation.ts';

/** What may happen to a node, with numbers beside the values. */
export interface Options<T> {
  readonly values: readonly T[];
  /** The node's truth after it. */
  readonly worlds: readonly number[];
}

export interface Outcomes extends Options<Outcome> {
  /** Indexes into `ANSWERS`. */
  readonly answers: readonly number[];
}

/** Numbers the truths of one node, and reads every rule about one truth only once. */
export class WorldTable {
  readonly #setting: Setting;
  readonly #worlds: NodeWorld[] = [];
  readonly #untouched: boolean[] = [];
  readonly #ids = new Map<string, number>();
  readonly #outcomes: Outcomes[][] = OUT_KINDS.map(() => []);
  readonly #drifts: Options<Drift>[][] = [[], []];
  readonly #broken: Record<Promised, string[][]> = {
    good: [[], []],
    'as before': [[], []],
    nothing: [[], []],
  };
  readonly #finished: number;
  readonly #finishedAndVisited: number;

  constructor(setting: Setting) {
    this.#setting = setting;
    const finished = untouchedWorld(false);
    this.#finished = this.idOf(finished);
    const visited = driftsOf(setting, finished, true)[0]?.world ?? finished;
    this.#finishedAndVisited = this.idOf(visited);
  }

  get size(): number {
    return this.#worlds.length;
  }

  idOf(world: NodeWorld): number {
    const key = Object.values(world).join();
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#worlds.length;
      this.#ids.set(key, id);
      this.#worlds.push(Object.freeze(world));
      this.#untouched.push(world.foreign === 'nothing');
    }
    return id;
  }

  isUntouched(id: number): boolean {
    return this.#untouched[id] === true;
  }

  /**
   * What is left of the truth of a node that the machine is done with: its whole remaining life was judged when that
   * began (`broken`), and all that it still tells others is whether somebody else has been there.
   */
  finished(id: number): number {
    return this.isUntouched(id) ? this.#finished : this.#finishedAndVisited;
  }

  outcomes(node: ControlNode, id: number): Outcomes {
    const known = at(this.#outcomes, node.outKind);
    known[id] ??= this.#computeOutcomes(node.seen.out, id);
    return known[id];
  }

  drifts(id: number, mayBeForeign: boolean): Options<Drift> {
    const known = at(this.#drifts, mayBeForeign ? 1 : 0);
    known[id] ??= this.#number(driftsOf(this.#setting, at(this.#worlds, id), mayBeForeign));
    return known[id];
  }

  broken(promised: Promised, id: number, mayBeForeign: boolean): string | undefined {
    const known = at(this.#broken[promised], mayBeForeign ? 1 : 0);
    // Empty says that nothing is.
    known[id] ??= brokenPromise(this.#setting, promised, at(this.#worlds, id), mayBeForeign) ?? '';
    return known[id] === '' ? undefined : known[id];
  }

  #computeOutcomes(out: Outstanding, id: number): Outcomes {
    const values = outstandingOutcomes(this.#setting, out, at(this.#worlds, id));
    return { ...this.#number(values), answers: values.map(({ answer }) => ANSWERS.indexOf(answer)) };
  }

  #number<T extends { readonly world: NodeWorld }>(values: readonly T[]): Options<T> {
    return { values, worlds: values.map(({ world }) => this.idOf(world)) };
  }
}
