import type { AttemptOutcome } from './attempt.ts';
import type { Verdict } from './dialect.ts';
import type { FailedAttempt } from './errors.ts';
import type { ReadAnswer, Step, WriteAnswer } from './saga-node.ts';

/** What a step sends. The undo of a create is a delete, and the other way round. */
export function kindOf(step: Step, operation: 'create' | 'delete'): keyof Verdict {
  if (step === 'write') return operation;
  if (step === 'undo') return operation === 'create' ? 'delete' : 'create';
  return 'read';
}

/** What a step is called outside. */
export function purposeOf(step: Step): FailedAttempt['step'] {
  return step === 'verify' || step === 'check' ? 'read-back' : step;
}

/** What the answer to a read tells the saga. `tooLate`: it may be asked again only after the deadline. */
export function readAnswer(
  { verdict }: AttemptOutcome,
  operation: 'create' | 'delete',
  tooLate: boolean,
): ReadAnswer {
  if (verdict === 'present' || verdict === 'absent') {
    return (verdict === 'present') === (operation === 'create') ? 'wanted' : 'unwanted';
  }
  if (verdict === 'refused' || tooLate) return 'refused';
  return verdict === 'later' ? 'later' : 'unknown';
}

/** What the answer to a write tells the saga. Only where nothing can have happened does `tooLate` end it. */
export function writeAnswer({ verdict, inDoubt }: AttemptOutcome, tooLate: boolean): WriteAnswer {
  if (inDoubt) return 'in-doubt';
  switch (verdict) {
    case 'done':
    case 'refused':
      return verdict;
    case 'exists':
    case 'missing':
      return 'already';
    case 'later':
      return tooLate ? 'refused' : 'later';
    default:
      return 'unknown';
  }
}

/** Whether a write may have changed something on its node. */
export const mayHaveActed = ({ verdict, inDoubt }: AttemptOutcome): boolean =>
  inDoubt || verdict === 'done' || verdict === 'unknown';
