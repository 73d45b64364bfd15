import type { Job, JobStatus, Pod } from '../store/objects.ts';
import { isActive, isReady, isTerminating } from './controlled-pods.ts';
import { type Ending, SUCCESS, withSuspension } from './job-conditions.ts';
import { countPods, type PodCounts, succeededSoFar } from './job-counts.ts';
import { decideEnding } from './job-ending.ts';
import type { PodRequest } from './job-pods.ts';
import { finalStatus, interimStatus, settle } from './job-status.ts';
import { managePods, type PodTurn, type Removal } from './job-turn.ts';
import type { JobView } from './job-view.ts';

/** What the controller does next, in this order. */
export interface JobPlan {
  readonly create: readonly PodRequest[];
  readonly remove: readonly Removal[];
  /** Stored while the ended pods that it names are not counted yet. */
  readonly interim: JobStatus;
  /** Their finalizer is taken off. */
  readonly untrack: readonly Pod[];
  /** Stored in the end. */
  readonly final: JobStatus;
  /** The Job's time begins now, for the first time or again. */
  readonly begins: boolean;
  /** Milliseconds until the Job has to be looked at again though nothing changed. */
  readonly wakeIn: number | undefined;
}

/** One turn of the Job controller of Kubernetes 1.32, as a function of what it sees. For Jobs that have not ended. */
export function planJob(view: JobView): JobPlan {
  const { job, pods, now } = view;
  const active = pods.filter(isActive);
  const counts = countPods(job, pods, active);
  const decided = decideEnding(view, counts);
  const turn = turnOf(view, counts, active, decided);
  const running = active.length + turn.create.length - turn.remove.length;
  const ending = decided ?? (isComplete(job, counts, running) ? SUCCESS : undefined);

  const { conditions = [], startTime } = job.status;
  const suspended = job.spec.suspend ?? false;
  const isManaged = ending === undefined && job.metadata.deletionTimestamp === undefined;
  const nextConditions = isManaged ? withSuspension(conditions, suspended, now) : conditions;
  const begins = !suspended && (startTime === undefined || nextConditions !== conditions);
  const removed = new Set(turn.remove.map(({ pod }) => pod));
  const facts = {
    job,
    now,
    counts,
    ending,
    conditions: nextConditions,
    startTime: begins ? now : startTime,
    active: running,
    ready: active.filter((pod) => isReady(pod) && !removed.has(pod)).length,
    terminating: pods.filter(isTerminating).length + removed.size,
    settlement: settle(job, pods, counts, ending),
  };
  return {
    create: turn.create,
    remove: turn.remove,
    interim: interimStatus(facts),
    untrack: facts.settlement.untrack,
    final: finalStatus(facts),
    begins,
    wakeIn: least(turn.wakeIn, ending === undefined ? deadlineIn(view) : undefined),
  };
}

function turnOf(
  view: JobView,
  counts: PodCounts,
  active: readonly Pod[],
  ending: Ending | undefined,
): PodTurn {
  if (ending !== undefined) {
    return { create: [], remove: active.map((pod) => ({ pod, untrack: false })), wakeIn: undefined };
  }
  if (view.job.metadata.deletionTimestamp !== undefined) return { create: [], remove: [], wakeIn: undefined };
  return managePods(view, counts, active);
}

function isComplete(job: Job, counts: PodCounts, running: number): boolean {
  const succeeded = succeededSoFar(job, counts);
  return running === 0 && succeeded >= (job.spec.completions ?? 1);
}

function deadlineIn({ job, activeFor }: JobView): number | undefined {
  const { activeDeadlineSeconds, suspend = false } = job.spec;
  if (activeDeadlineSeconds === undefined || suspend) return undefined;
  return Math.max(0, activeDeadlineSeconds * 1000 - activeFor);
}

const least = (...delays: readonly (number | undefined)[]): number | undefined => {
  const given = delays.filter((delay) => delay !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
};
