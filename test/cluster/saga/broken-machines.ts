import type { Advance, SagaEvent, SagaState } from '../../../src/cluster/saga.ts';
import type { NodeState, SagaRules } from '../../../src/cluster/saga-node.ts';
import { type Machine, saga } from './machine.ts';

/** The saga with one thought left out, each a bug that somebody could write. */
export const BROKEN = {
  'a success makes it forget that an earlier attempt is in doubt': before((state) =>
    mapNodes(state, (node) => (node.at === 'good' ? { ...node, doubt: false } : node)),
  ),
  'whatever exists already counts as its own': hearing((event) =>
    event.type === 'wrote' && event.answer === 'already' ? { ...event, answer: 'done' } : event,
  ),
  'it takes what shows up after an unknown attempt for its own, whoever writes': withRules((rules) => ({
    ...rules,
    provable: true,
  })),
  'it does not wait until attempts in doubt have settled': settlingAtOnce(),
  'it does not drain': after((state) => (state.phase === 'drain' ? { ...state, phase: 'write' } : state)),
  'it undoes while writes are in flight': undoingAtOnce(),
  'it writes before the intent is recorded': notWaitingForRecord(),
  'it counts an end that nobody recorded': hearing((event) =>
    event.type === 'close-failed' ? { type: 'closed' } : event,
  ),
  'it takes the loss of the lock for a mere stop': hearing((event) =>
    event.type === 'lose' ? { type: 'stop' } : event,
  ),
  'it does not hear of the deadline of its undo': hearing((event) =>
    event.type === 'expire' ? { type: 'stop' } : event,
  ),
  'it takes an unknown undo for done': hearing((event, state) =>
    event.type === 'wrote' && event.answer === 'unknown' && state.nodes[event.node]?.step === 'undo'
      ? { ...event, answer: 'done' }
      : event,
  ),
  'it swallows a refused undo': hearing((event, state) =>
    event.type === 'wrote' && event.answer === 'refused' && state.nodes[event.node]?.step === 'undo'
      ? { ...event, answer: 'already' }
      : event,
  ),
  'it forgets that an undo is in doubt': hearing((event, state) =>
    event.type === 'wrote' && event.answer === 'in-doubt' && state.nodes[event.node]?.step === 'undo'
      ? { ...event, answer: 'unknown' }
      : event,
  ),
  'it gives up at the first unknown look': hearing((event, state) =>
    event.type === 'looked' && event.answer === 'unknown' && state.nodes[event.node]?.step === 'look'
      ? { ...event, answer: 'refused' }
      : event,
  ),
  'it takes an unknown look for an empty node': hearing((event, state) =>
    event.type === 'looked' && event.answer === 'unknown' && state.nodes[event.node]?.step === 'look'
      ? { ...event, answer: 'unwanted' }
      : event,
  ),
  'it undoes once too often': withRules((rules) => ({ ...rules, undoAttempts: rules.undoAttempts + 1 })),
  'it writes to all at once in sequence': {
    ...saga,
    advance: (rules, state, event) =>
      saga.advance(event.type === 'recorded' ? { ...rules, strategy: 'parallel' } : rules, state, event),
  },
  'it gives a node up at the first unknown undo': withRules((rules) => ({ ...rules, undoAttempts: 1 })),
  'it forgets a rollback that was stopped before it began': after(
    (state) => state,
    (advanced) => ({
      ...advanced,
      commands: advanced.commands.map((command) =>
        command.type === 'close' && advanced.state.ending === 'unwritten'
          ? { ...command, as: 'closed' }
          : command,
      ),
    }),
  ),
  'it finishes what died and forgets who wrote it': {
    ...saga,
    beginFinish: (rules, nodes) => saga.begin(rules, nodes.length),
  },
  'it forgets to undo what it was to finish': before((state) =>
    mapNodes(state, (node) =>
      state.phase === 'record' && node.at === 'good' ? { ...node, unknown: false, whose: 'theirs' } : node,
    ),
  ),
  'it does not say when all is closed': after(
    (state) => state,
    (advanced) => ({
      ...advanced,
      commands: advanced.commands.filter(({ type }) => type !== 'end'),
    }),
  ),
} as const satisfies Record<string, Machine>;

function hearing(hear: (event: SagaEvent, state: SagaState) => SagaEvent): Machine {
  return { ...saga, advance: (rules, state, event) => saga.advance(rules, state, hear(event, state)) };
}

function before(change: (state: SagaState) => SagaState): Machine {
  return { ...saga, advance: (rules, state, event) => saga.advance(rules, change(state), event) };
}

function after(
  change: (state: SagaState) => SagaState,
  rework: (advanced: Advance) => Advance = (advanced) => advanced,
): Machine {
  return {
    ...saga,
    advance: (rules, state, event) => {
      const advanced = saga.advance(rules, state, event);
      return rework({ ...advanced, state: change(advanced.state) });
    },
  };
}

function withRules(change: (rules: SagaRules) => SagaRules): Machine {
  return {
    advance: (rules, state, event) => saga.advance(change(rules), state, event),
    begin: (rules, nodeCount) => saga.begin(change(rules), nodeCount),
    beginRollback: (rules, nodes) => saga.beginRollback(change(rules), nodes),
    beginFinish: (rules, nodes) => saga.beginFinish(change(rules), nodes),
  };
}

/** Answers itself, at once, what it asked to wait for. */
function settlingAtOnce(): Machine {
  return {
    ...saga,
    advance: (rules, state, event) => {
      let advanced = saga.advance(rules, state, event);
      for (let node = advanced.state.nodes.findIndex(isSettling); node >= 0; ) {
        const commands = advanced.commands.filter(({ type }) => type !== 'wait');
        advanced = followedBy(
          { ...advanced, commands },
          saga.advance(rules, advanced.state, { type: 'waited', node }),
        );
        node = advanced.state.nodes.findIndex(isSettling);
      }
      return advanced;
    },
  };
}

function notWaitingForRecord(): Machine {
  return {
    ...saga,
    advance: (rules, state, event) => {
      if (event.type === 'recorded') return { state, commands: [] };
      const advanced = saga.advance(rules, state, event);
      if (!advanced.commands.some(({ type }) => type === 'record')) return advanced;
      return followedBy(advanced, saga.advance(rules, advanced.state, { type: 'recorded' }));
    },
  };
}

/** What is in flight when the undo begins counts as failed. */
function undoingAtOnce(): Machine {
  return {
    ...saga,
    advance: (rules, state, event) => {
      const advanced = saga.advance(rules, state, event);
      if (advanced.state.phase !== 'drain') return advanced;
      const given = mapNodes(advanced.state, (node) =>
        node.at === 'sent' ? { ...node, at: 'failed', tries: 0, unknown: true, doubt: true } : node,
      );
      return followedBy(advanced, saga.advance(rules, given, { type: 'stop' }));
    },
  };
}

const isSettling = ({ at }: NodeState) => at === 'settling';

const mapNodes = (state: SagaState, change: (node: NodeState) => NodeState): SagaState => ({
  ...state,
  nodes: state.nodes.map(change),
});

const followedBy = (first: Advance, second: Advance): Advance => ({
  state: second.state,
  commands: [...first.commands, ...second.commands],
});
