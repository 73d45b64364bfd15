import type { Turn } from './drive.ts';
import type { FailedAttempt } from './errors.ts';

/** Why an operation did not go on, for its error's message. */
export function describeTurn(turn: Turn | undefined, failures: readonly FailedAttempt[]): string {
  // A write in flight may end after the turn.
  const forward = failures.filter(({ step }, index) => index < (turn?.failedBefore ?? 0) || !isOfUndo(step));
  switch (turn?.by) {
    case undefined:
      return 'it was not begun';
    case 'signal':
      return 'the caller aborted it';
    case 'lock':
      return 'its lock was lost';
    case 'journal':
      return 'the journal could not record it';
    case 'node':
      return turn.nodes.map((node) => `${node} ${describeFailures(node, forward)}`).join(', ');
    case 'deadline': {
      const waiting = turn.nodes.slice(0, SHOWN).map((node) => {
        const failed = forward.some((failure) => failure.node === node);
        return failed ? `${node} ${describeFailures(node, forward)}` : `${node} had not answered`;
      });
      const more = turn.nodes.length > SHOWN ? [`${turn.nodes.length - SHOWN} more had not ended`] : [];
      return ['its deadline passed', ...waiting, ...more].join('; ');
    }
  }
}

/** Why nodes could not be undone: each that is known to have refused to. */
export function describeStuck(
  nodes: readonly string[],
  turn: Turn | undefined,
  failures: readonly FailedAttempt[],
): string[] {
  const undoing = failures.slice(turn?.failedBefore ?? 0).filter(({ step }) => isOfUndo(step));
  const failed = nodes.filter((node) => undoing.some((failure) => failure.node === node));
  const shown = failed.slice(0, SHOWN).map((node) => `${node} ${describeFailures(node, undoing)}`);
  return shown.length > 0
    ? [`the undo did not end: ${shown.join(', ')}`]
    : ['it could not be undone in time'];
}

/** What a write did is read back as well as what an undo did. */
const isOfUndo = (step: FailedAttempt['step']) => step === 'undo' || step === 'read-back';

/** Messages are read by people: the fields have the rest. */
const SHOWN = 3;

function describeFailures(node: string, failures: readonly FailedAttempt[]): string {
  const last = failures.findLast((failure) => failure.node === node);
  if (last === undefined) return 'failed';
  const same = failures.filter((failure) => failure.node === node && failure.step === last.step);
  const times = same.length === 1 ? 'in one attempt' : `in ${same.length} attempts`;
  return `failed ${times} to ${last.step.replace('-', ' ')} (last: ${last.error.message})`;
}
