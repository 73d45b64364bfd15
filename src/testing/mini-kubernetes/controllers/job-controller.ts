import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../core/clock.ts';
import { deleteObject } from '../store/deletion.ts';
import type { StoreEvent } from '../store/event-log.ts';
import type { Job, JobStatus, Pod } from '../store/objects.ts';
import type { Store } from '../store/store.ts';
import { timestamp } from '../store/time.ts';
import { controllerOf, keyOf, podsOf } from './controlled-pods.ts';
import type { Dependents } from './dependents.ts';
import { finalCondition } from './job-conditions.ts';
import { JobMemory } from './job-memory.ts';
import { type JobPlan, planJob } from './job-plan.ts';
import { indexFailures, isTracked, JOB_TRACKING, podOfJob } from './job-pods.ts';
import { WorkQueue } from './work-queue.ts';

export interface JobControllerOptions {
  readonly store: Store;
  readonly dependents: Dependents;
  readonly clock: Clock;
  /** Milliseconds from a change of a Job until the controller acts. */
  readonly reactDelay: number;
  /** Milliseconds from a change of a pod until its Job is looked at; later changes meanwhile are seen with it. */
  readonly syncDelay: number;
  /** Milliseconds until a failed pod is followed by another; doubles with each failure in a row, up to 600 000. */
  readonly retryDelay: number;
}

/** Gives Jobs their pods and their statuses. @returns the function that stops it. */
export function startJobController(options: JobControllerOptions): () => void {
  const { store, dependents, clock, reactDelay, syncDelay } = options;
  const memories = new Map<string, JobMemory>();

  const sync = (key: string) => {
    const [namespace = '', name = ''] = key.split('/');
    const job = store.get('jobs', namespace, name);
    if (job === undefined || finalCondition(job) !== undefined) return;
    const memory = memories.get(job.metadata.uid) ?? new JobMemory(options.retryDelay);
    memories.set(job.metadata.uid, memory);
    const pods = podsOf(dependents, job);
    const now = clock.monotonic();
    memory.note(job, pods, now);
    memory.keep(pods);
    const plan = planJob({
      job,
      pods,
      now: timestamp(clock.now()),
      activeFor: isSuspended(job) ? 0 : memory.activeFor(now),
      retryIn: memory.retryIn(now),
      retryIndexIn: (failed) => memory.retryIndexIn(failed, indexFailures(failed) + 1, now),
    });
    if (plan.begins) memory.begin(now);
    changePods(store, job, plan);
    // What is announced stands for a moment before it is so, and others may see it.
    if (announces(plan, job)) {
      setStatus(store, job, plan.interim);
      queue.add(key, reactDelay);
      return;
    }
    for (const pod of plan.untrack) untrack(store, pod);
    setStatus(store, job, plan.final);
    if (plan.wakeIn !== undefined) queue.add(key, Math.max(1, plan.wakeIn));
  };
  const queue = new WorkQueue(clock, sync);
  const orphans = new WorkQueue(clock, (key) => {
    const [namespace = '', name = ''] = key.split('/');
    const pod = store.get('pods', namespace, name);
    if (pod !== undefined && jobOf(pod) === undefined) untrack(store, pod);
  });

  const jobOf = (pod: Pod): Job | undefined => {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'Job') return undefined;
    const job = store.get('jobs', pod.metadata.namespace, owner.name);
    return job?.metadata.uid === owner.uid ? job : undefined;
  };

  const onPod = (pod: Pod, delay: number) => {
    const job = jobOf(pod);
    if (job !== undefined) {
      memories.get(job.metadata.uid)?.note(job, [pod], clock.monotonic());
      queue.add(keyOf(job), delay);
    } else if (isTracked(pod)) orphans.add(keyOf(pod), 0);
  };

  const onJob = (job: Job, previous: Job | undefined, type: StoreEvent['type']) => {
    if (type === 'DELETED') {
      memories.delete(job.metadata.uid);
      for (const pod of podsOf(dependents, job)) onPod(pod, 0);
      return;
    }
    // Its own changes of the status need no turn; what asks for one comes with a new generation.
    if (previous?.metadata.generation !== job.metadata.generation) queue.add(keyOf(job), reactDelay);
  };

  const unsubscribe = store.subscribe(({ type, resource, object, previous }) => {
    if (resource === 'jobs') onJob(object as Job, previous as Job | undefined, type);
    if (resource === 'pods') onPod((type === 'DELETED' ? previous : object) as Pod, syncDelay);
  });
  for (const job of store.list('jobs')) queue.add(keyOf(job), reactDelay);
  return () => {
    unsubscribe();
    queue.close();
    orphans.close();
  };
}

function changePods(store: Store, job: Job, plan: JobPlan): void {
  for (const request of plan.create) store.create('pods', podOfJob(job, request));
  for (const { pod, untrack: first } of plan.remove) {
    const { namespace, name, uid } = pod.metadata;
    if (first) untrack(store, pod);
    deleteObject(store, 'pods', namespace, name, { preconditions: { uid } });
  }
}

/** Whether pods are about to be counted, or the Job to end, that the stored status does not tell of yet. */
function announces({ interim }: JobPlan, { status }: Job): boolean {
  const told = status.uncountedTerminatedPods ?? {};
  return (
    !isDeepStrictEqual(interim.uncountedTerminatedPods, told) ||
    (interim.conditions?.length ?? 0) > (status.conditions?.length ?? 0)
  );
}

function setStatus(store: Store, { metadata }: Job, status: JobStatus): void {
  const current = store.get('jobs', metadata.namespace, metadata.name);
  if (current?.metadata.uid === metadata.uid) store.update('jobs', { ...current, status });
}

function untrack(store: Store, { metadata: { namespace, name, uid } }: Pod): void {
  const current = store.get('pods', namespace, name);
  if (current?.metadata.uid !== uid || !isTracked(current)) return;
  const { finalizers = [], ...rest } = current.metadata;
  const left = finalizers.filter((finalizer) => finalizer !== JOB_TRACKING);
  store.update('pods', { ...current, metadata: left.length === 0 ? rest : { ...rest, finalizers: left } });
}

const isSuspended = ({ status }: Job) =>
  status.conditions?.some(({ type, status: value }) => type === 'Suspended' && value === 'True') ?? false;
