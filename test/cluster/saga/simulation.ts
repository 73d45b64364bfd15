import type { SagaCommand, SagaEvent, SagaState } from '../../../src/cluster/saga.ts';
import type {
  FinishStart,
  ReadAnswer,
  SagaRules,
  UndoStart,
  WriteAnswer,
} from '../../../src/cluster/saga-node.ts';
import { beginAt, type Machine } from './machine.ts';
import { eventsOf, NEW_MONITOR, NEW_NODE, promiseOf, Violation, type Watched, watch } from './monitor.ts';
import {
  brokenPromise,
  type Drift,
  driftsOf,
  type NodeWorld,
  type Outcome,
  outcomesOf,
  type Setting,
  settle,
} from './node-world.ts';

/** One thing that happens next. */
export type Move =
  | {
      readonly kind: 'outcome';
      readonly node: number;
      readonly answer: Outcome['answer'];
      readonly says: string;
    }
  | { readonly kind: 'drift'; readonly node: number; readonly cause: Drift['cause'] }
  | { readonly kind: 'event'; readonly event: SagaEvent };

export interface Start {
  readonly worlds: readonly NodeWorld[];
  /** Present where the machine only undoes. */
  readonly rollback?: readonly UndoStart[];
  /** Present where the machine finishes what another began. */
  readonly finish?: readonly FinishStart[];
}

export interface Simulated {
  readonly machine: Machine;
  readonly rules: SagaRules;
  readonly setting: Setting;
}

export interface SimulationState {
  readonly saga: SagaState;
  readonly watched: Watched;
  readonly worlds: readonly NodeWorld[];
}

/** The machine together with its nodes, step by step and with a log: slow, plain, and for any number of nodes. */
export class Simulation {
  readonly log: string[] = [];
  readonly #of: Simulated;
  #state: SimulationState;

  constructor(of: Simulated, state: SimulationState) {
    this.#of = of;
    this.#state = state;
  }

  static begin(of: Simulated, start: Start): Simulation {
    const { setting, rules, machine } = of;
    const { worlds, rollback, finish } = start;
    const { state: saga, commands } = beginAt(machine, rules, start);
    const watched = watch(firstWatched(start), { rules, commands, after: saga });
    const simulation = new Simulation(of, { saga, watched, worlds });
    const nodes = worlds.map(
      ({ record }, index) => `${nameOf(index)} ${record === 'none' ? 'empty' : `holds ${record}`}`,
    );
    const { operation, dialect, writers } = setting;
    simulation.log.push(
      `${operation}, ${dialect} dialect, ${writers} writers, ${rules.strategy}: ${nodes.join(', ')}`,
    );
    const asked = rollback !== undefined ? ' a rollback' : finish !== undefined ? ' to finish' : '';
    simulation.#say(`begin${asked}`, commands);
    return simulation;
  }

  get state(): SimulationState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state.watched.monitor.ended;
  }

  /** Everything that may happen next. */
  moves(): readonly Move[] {
    if (this.ended) return [];
    const moves: Move[] = eventsOf(this.#state.watched.monitor).map((event) => ({ kind: 'event', event }));
    for (let node = 0; node < this.#state.worlds.length; node++) {
      for (const { answer, says } of this.#outcomes(node))
        moves.push({ kind: 'outcome', node, answer, says });
      for (const { cause } of this.#drifts(node)) moves.push({ kind: 'drift', node, cause });
    }
    return moves;
  }

  /** @throws Violation where this breaks a promise */
  apply(move: Move): void {
    switch (move.kind) {
      case 'event':
        return this.#advance(move.event, move.event.type);
      case 'drift': {
        const { node, cause } = move;
        const drift = found(this.#drifts(node).find((drift) => drift.cause === cause));
        this.log.push(`  ${nameOf(node)}: ${drift.says}`);
        return this.#change(node, drift);
      }
      case 'outcome': {
        const { node, answer, says } = move;
        const outcome = found(this.#outcomes(node).find((one) => one.answer === answer && one.says === says));
        const { out } = at(this.#state.watched.nodes, node);
        const step = out.kind === 'request' ? out.step : undefined;
        this.#change(node, outcome);
        this.#advance(
          eventOf(node, step, answer),
          `${nameOf(node)}: ${step === undefined ? '' : `${step} is answered: `}${says}`,
        );
      }
    }
  }

  #outcomes(node: number): readonly Outcome[] {
    const { watched, worlds } = this.#state;
    return outstandingOutcomes(this.#of.setting, at(watched.nodes, node).out, at(worlds, node));
  }

  #drifts(node: number): readonly Drift[] {
    const { watched, worlds } = this.#state;
    const mayBeForeign =
      at(watched.nodes, node).touch !== 'after a look' && mayStillBeForeign(this.#of.setting, worlds);
    return driftsOf(this.#of.setting, at(worlds, node), mayBeForeign);
  }

  #change(node: number, { world, harm }: Drift | Outcome): void {
    this.#state = { ...this.#state, worlds: this.#state.worlds.with(node, world) };
    if (harm !== undefined) throw new Violation(`${nameOf(node)}: ${harm}`);
  }

  #advance(event: SagaEvent, says: string): void {
    const { machine, rules, setting } = this.#of;
    const { saga: before, watched, worlds } = this.#state;
    const { state: after, commands } = machine.advance(rules, before, event);
    this.#say(says, commands);
    const next = watch(watched, { rules, event, commands, before, after });
    this.#state = { saga: after, watched: next, worlds };
    const mayBeForeign = mayStillBeForeign(setting, worlds);
    for (const [node, world] of worlds.entries()) {
      const promised = promiseOf(after, next.monitor.asked, node);
      const broken =
        promised === undefined ? undefined : brokenPromise(setting, promised, world, mayBeForeign);
      if (broken !== undefined) throw new Violation(`${nameOf(node)}: ${broken}`);
    }
  }

  #say(what: string, commands: readonly SagaCommand[]): void {
    const asked = commands.map(describe).join(', ');
    this.log.push(`  ${what}${asked === '' ? '' : `  => ${asked}`}`);
  }
}

/** What a node's outstanding request or wait can come to. */
export function outstandingOutcomes(
  setting: Setting,
  out: Watched['nodes'][number]['out'],
  world: NodeWorld,
): readonly Outcome[] {
  switch (out.kind) {
    case 'nothing':
      return [];
    case 'request':
      return outcomesOf(setting, out.step, world);
    case 'retry':
      return [{ answer: 'waited', world, says: 'wait is over' }];
    case 'settle':
      return [{ answer: 'waited', world: settle(world), says: 'wait is over' }];
  }
}

export function eventOf(node: number, step: string | undefined, answer: Outcome['answer']): SagaEvent {
  if (step === undefined || answer === 'waited') return { type: 'waited', node };
  return step === 'write' || step === 'undo'
    ? { type: 'wrote', node, answer: answer as WriteAnswer }
    : { type: 'looked', node, answer: answer as ReadAnswer };
}

export function firstWatched({ worlds, rollback, finish }: Start): Watched {
  if (finish !== undefined) {
    return {
      monitor: { ...NEW_MONITOR, asked: 'finish' },
      nodes: finish.map((start) => ({ ...NEW_NODE, changed: start === 'settled' ? 'maybe' : 'no' })),
    };
  }
  if (rollback === undefined) return { monitor: NEW_MONITOR, nodes: worlds.map(() => NEW_NODE) };
  return {
    monitor: { ...NEW_MONITOR, asked: 'rollback', halted: true },
    nodes: rollback.map((start) => ({
      ...NEW_NODE,
      touch: start === 'untouched' ? 'never' : 'allowed',
      changed: ({ untouched: 'no', changed: 'yes', unknown: 'maybe', settled: 'maybe' } as const)[start],
      inDoubt: start === 'unknown' ? 'write' : 'no',
    })),
  };
}

/** Somebody else acts once, on one node. */
const mayStillBeForeign = ({ writers }: Setting, worlds: readonly NodeWorld[]): boolean =>
  writers === 'shared' && worlds.every(({ foreign }) => foreign === 'nothing');

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('the simulation has no such move');
  return value;
}

export function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is nothing at ${index}`);
  return found;
}

const nameOf = (index: number) => String.fromCharCode(97 + index);

function describe(command: SagaCommand): string {
  switch (command.type) {
    case 'send':
      return `send ${command.step} to ${nameOf(command.node)}`;
    case 'wait':
      return `wait for ${nameOf(command.node)} until ${command.until}`;
    case 'cancel':
      return `cancel ${nameOf(command.node)}`;
    case 'close':
      return `close as ${command.as}`;
    case 'end':
      return `end: ${command.ending}`;
    default:
      return command.type;
  }
}
