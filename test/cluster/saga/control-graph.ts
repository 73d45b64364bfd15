import type { SagaEvent } from '../../../src/cluster/saga.ts';
import { ANSWERS, type Control, type ControlState, type ControlStep } from './control.ts';
import { type Outstanding, Violation } from './monitor.ts';
import type { Outcome } from './node-world.ts';
import type { Start } from './simulation.ts';

export interface Edge {
  readonly from: ControlState;
  readonly event: SagaEvent;
  readonly step: ControlStep;
}

/** Every state that the machine can be in and every event that it can hear there, whatever nodes could truly answer. */
export function* edgesOf(control: Control, starts: readonly Start[]): Generator<Edge> {
  for (const start of starts) control.begin(start);
  for (let id = 0; id < control.size; id++) {
    const from = control.state(id);
    if (from.ended) continue;
    for (let index = 0; index < from.events.length; index++) yield edge(control, from, -1 - index, 0);
    for (const [node, { seen }] of from.nodes.entries()) {
      for (const answer of answersTo(seen.out)) yield edge(control, from, node, ANSWERS.indexOf(answer));
    }
  }
}

function edge(control: Control, from: ControlState, node: number, answer: number): Edge {
  const step = control.step(from, node, answer);
  if (step instanceof Violation) throw step;
  return { from, event: control.eventAt(from, node, answer), step };
}

function answersTo(out: Outstanding): readonly Outcome['answer'][] {
  switch (out.kind) {
    case 'nothing':
      return [];
    case 'retry':
    case 'settle':
      return ['waited'];
    case 'request':
      return out.step === 'write' || out.step === 'undo'
        ? ['done', 'already', 'refused', 'later', 'unknown', 'in-doubt']
        : ['wanted', 'unwanted', 'refused', 'later', 'unknown'];
  }
}
