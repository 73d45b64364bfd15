import type { Condition, Job } from '../store/objects.ts';

/** Why a Job ends. `met` comes first, `final` once all its pods are counted and gone. */
export interface Ending {
  readonly met: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly final: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

export const SUCCESS: Ending = {
  met: 'SuccessCriteriaMet',
  final: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

export const failure = (reason: string, message: string): Ending => ({
  met: 'FailureTarget',
  final: 'Failed',
  reason,
  message,
});

/** The ending that was decided in an earlier turn, if any. */
export function decidedEnding({ status }: Job): Ending | undefined {
  const find = (type: string) => trueCondition(status.conditions, type);
  const failed = find('FailureTarget');
  if (failed !== undefined) return failure(failed.reason ?? '', failed.message ?? '');
  return find('SuccessCriteriaMet') === undefined ? undefined : SUCCESS;
}

/** The condition Complete or Failed, once a Job has ended. */
export const finalCondition = ({ status }: Job): Condition | undefined =>
  trueCondition(status.conditions, 'Complete') ?? trueCondition(status.conditions, 'Failed');

export const condition = (
  type: string,
  status: 'True' | 'False',
  now: string,
  { reason, message }: Pick<Ending, 'reason' | 'message'>,
): Condition => ({ type, status, lastProbeTime: now, lastTransitionTime: now, reason, message });

/** Adds a condition, or changes the one of its type; one that says so already is left as it is. */
export function withCondition(conditions: readonly Condition[], added: Condition): readonly Condition[] {
  const existing = conditions.find(({ type }) => type === added.type);
  if (existing === undefined) return [...conditions, added];
  if (existing.status === added.status && existing.reason === added.reason) return conditions;
  return conditions.map((each) => (each === existing ? added : each));
}

/** Whether Suspended is True, and what it becomes; a Job that was never suspended has none. */
export function withSuspension(
  conditions: readonly Condition[],
  suspended: boolean,
  now: string,
): readonly Condition[] {
  if (suspended) return withCondition(conditions, condition('Suspended', 'True', now, SUSPENDED));
  if (trueCondition(conditions, 'Suspended') === undefined) return conditions;
  return withCondition(conditions, condition('Suspended', 'False', now, RESUMED));
}

const SUSPENDED = { reason: 'JobSuspended', message: 'Job suspended' };
const RESUMED = { reason: 'JobResumed', message: 'Job resumed' };

const trueCondition = (conditions: readonly Condition[] | undefined, type: string) =>
  conditions?.find((each) => each.type === type && each.status === 'True');
