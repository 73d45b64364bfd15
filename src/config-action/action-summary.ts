import { ConnectionError, type HoldfastError, HttpError, TimeoutError } from '../core/errors.ts';
import type { Grade, RunSummary } from '../core/run-task.ts';
import { KubernetesError } from '../kube/errors.ts';
import { type AnswerGroup, AnswerGroups } from './answer-groups.ts';
import { type Call, type CallResult, type PlannedCall, plannedCall } from './call.ts';
import { type Latency, LatencyHistogram } from './latency.ts';
import type { LeftOutPod } from './pod-picks.ts';

/** What became of a run of an action. */
export interface ActionSummary extends RunSummary<PlannedCall> {
  /** Every call of the plan was made and came out well, and no pod was left out of the plan for want of time. */
  readonly ok: boolean;
  /** Calls that were answered by a 2xx; the same as `done`. */
  readonly succeeded: number;
  /** Of all calls for which something was sent. */
  readonly latency: Latency;
  /** Identical answers together, the most frequent first; at most 100 that differ. */
  readonly answers: readonly AnswerGroup[];
  /** How many answers are like none of those. */
  readonly otherAnswers: number;
  /** Pods that were selected and could not be called: they are no part of the plan. */
  readonly leftOut: readonly LeftOutPod[];
}

/** Sums up results as they come; keeps none of them. */
export class ActionTally {
  readonly #latency = new LatencyHistogram();
  readonly #answers = new AnswerGroups();

  add(result: CallResult): void {
    if (result.attempts > 0) this.#latency.add(result.durationMs);
    this.#answers.add(result);
  }

  summary(
    base: RunSummary<Call>,
    plan: { readonly total: number | undefined; readonly leftOut: readonly LeftOutPod[] },
  ): ActionSummary {
    return {
      ...base,
      ok: base.ok && base.done === plan.total,
      rerun: (which) =>
        base
          .rerun(which)
          .toSorted((a, b) => a.position - b.position)
          .map(plannedCall),
      succeeded: base.done,
      latency: this.#latency.summary(),
      answers: this.#answers.list(),
      otherAnswers: this.#answers.others,
      leftOut: plan.leftOut,
    };
  }
}

/** A write that failed is unknown where any of its attempts may have been carried out. */
export function gradeOf({ call, status, error, earlierErrors = [] }: CallResult): Grade {
  if (status !== 'failed') return status === 'ok' ? 'done' : 'skipped';
  const errors = error === undefined ? earlierErrors : [...earlierErrors, error];
  return call.method === 'POST' && errors.some(mayHaveHappened) ? 'unknown' : 'failed';
}

function mayHaveHappened(error: HoldfastError): boolean {
  if (error instanceof HttpError) return error.status >= 500 || error.status === 408;
  // The API server found no way to the pod.
  if (error instanceof KubernetesError) return error.status >= 500 && error.reason !== 'ServiceUnavailable';
  if (error instanceof ConnectionError) return !wasRefused(error);
  return error instanceof TimeoutError;
}

function wasRefused(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND)$/.test(String(at.code)))
      return true;
  }
  return false;
}
