import type { Ending, SagaState } from '../../../src/cluster/saga.ts';
import type { Step } from '../../../src/cluster/saga-node.ts';
import type { Attempt, MonitorNode, Outstanding, Watched, WatchedStep } from './monitor.ts';

/** What is wrong with where the machine stands after a step, if anything is. */
export function brokenRule(
  watched: Watched,
  step: WatchedStep,
  answered: Attempt | undefined,
): string | undefined {
  const { monitor } = watched;
  const { after, before } = step;
  if (monitor.ended !== (after.phase === 'ended')) return 'the phase does not say whether it has ended';
  if (monitor.ended) return undefined;
  const turned = after.nodes
    .map(({ at }, index) =>
      at === before?.nodes[index]?.at ? undefined : brokenTurn(watched, step, index, answered),
    )
    .find((broken) => broken !== undefined);
  return (
    turned ??
    idle(watched) ??
    lingering(watched) ??
    waitingForOthers(watched, step) ??
    forgotten(watched, after)
  );
}

/** What is wrong with ending like this. */
export function wrongEnding(
  ending: Ending,
  { event, after }: WatchedStep,
  watched: Watched,
): string | undefined {
  const { wrote, undoing, over, halted } = watched.monitor;
  const isStuck = after.nodes.some(({ at }) => at === 'stuck');
  switch (ending) {
    case 'good':
    case 'unchanged':
      if (undoing) return 'after an undo';
      if (over) return 'after the lock was lost';
      return watched.nodes.some(({ unread }) => unread)
        ? 'with a node that was unknown and not read back'
        : undefined;
    case 'unwritten':
      if (wrote) return 'after a write';
      return halted || event?.type === 'record-failed' ? undefined : 'for no reason';
    case 'undone':
      if (!undoing) return 'without an undo';
      return isStuck ? 'with a node that could not be undone' : undefined;
    case 'apart':
      return isStuck || over || event?.type === 'close-failed' ? undefined : 'for no reason';
  }
}

function idle({ monitor: { record, close }, nodes }: Watched): string | undefined {
  if (record === 'asked' || close !== 'not yet' || nodes.some(isBusy)) return undefined;
  return 'nothing is under way, and it has not ended';
}

/** Where nothing new may follow, waits and reads are cut. */
function lingering({ monitor: { halted, undoing, over }, nodes }: Watched): string | undefined {
  if (!over && (!halted || undoing)) return undefined;
  return nodes.some(({ out }) => out.kind !== 'nothing' && !isWrite(out))
    ? 'a wait or a read goes on although nothing may follow it'
    : undefined;
}

/** In parallel no node waits for another, and in an undo never. */
function waitingForOthers(
  { monitor, nodes }: Watched,
  { rules, event, after }: WatchedStep,
): string | undefined {
  const isUndone = (index: number) => ['clean', 'stuck'].includes(after.nodes[index]?.at ?? '');
  if (monitor.undoing && monitor.close === 'not yet')
    return nodes.some((node, index) => !isBusy(node) && !isUndone(index))
      ? 'a node waits for others to be undone'
      : undefined;
  if (rules.strategy === 'sequential' || monitor.halted) return undefined;
  const due = event === undefined ? 'after a look' : event.type === 'recorded' ? 'allowed' : undefined;
  return nodes.some((node) => node.touch === due && !isBusy(node))
    ? 'a node waits for others in parallel'
    : undefined;
}

/** An entry that is closed is forgotten, so nothing may be left to undo. */
function forgotten(
  { monitor: { asked, undoing, close }, nodes }: Watched,
  { ending }: SagaState,
): string | undefined {
  if (undoing || close !== 'closed') return undefined;
  if (asked === 'rollback' && nodes.some(({ touch }) => touch === 'allowed'))
    return `a rollback that undid nothing (${ending}) closed the entry`;
  if (asked === 'finish' && ending === 'unwritten' && nodes.some(({ changed }) => changed !== 'no'))
    return 'a finish that did nothing closed the entry';
  return undefined;
}

function brokenTurn(
  watched: Watched,
  step: WatchedStep,
  index: number,
  answered: Attempt | undefined,
): string | undefined {
  const node = watched.nodes[index];
  const was = step.before?.nodes[index]?.at;
  if (node === undefined) return undefined;
  if (was === 'clean' || was === 'stuck') return `node ${index} was ${was} before`;
  switch (step.after.nodes[index]?.at) {
    case 'clean':
      // Of a write in doubt the node's truth tells it; of an undo nothing may be seen before the next operation.
      return node.inDoubt === 'undo'
        ? `node ${index} counts as undone while an undo may still take effect`
        : undefined;
    case 'stuck':
      if (!isWronglyStuck(watched, node, step, answered?.node === index ? answered : undefined))
        return undefined;
      return watched.monitor.over
        ? `node ${index} counts as uncertain, and it is known to be right`
        : `node ${index} was given up for no reason`;
    default:
      return undefined;
  }
}

/** A node is given up only where nothing more may be sent, or nothing more can be told, and never one known to be right. */
function isWronglyStuck(
  { monitor: { over } }: Watched,
  { changed, inDoubt }: MonitorNode,
  { rules, event }: WatchedStep,
  answered: Attempt | undefined,
): boolean {
  if (event === undefined || !('answer' in event)) return !over || changed === 'no';
  // Without its lock a saga gives up as the undo begins, but not on nodes that it never changed.
  if (answered === undefined || isForward(answered.step)) return !over || changed === 'no';
  switch (event.answer) {
    case 'refused':
      return false;
    case 'done':
    case 'already':
      return !over || (answered.step === 'undo' && inDoubt === 'no');
    case 'unwanted':
      return !over || answered.step === 'check';
    case 'wanted':
      return !over && (rules.provable || answered.step !== 'check' || changed === 'yes');
    default:
      return !over && answered.attempt < rules.undoAttempts;
  }
}

export const isForward = (step: Step) => step === 'look' || step === 'write' || step === 'verify';

const isBusy = ({ out }: MonitorNode) => out.kind !== 'nothing';

const isWrite = (out: Outstanding) => out.kind === 'request' && (out.step === 'write' || out.step === 'undo');
