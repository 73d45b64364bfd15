import type { Clock } from '../../../core/clock.ts';
import { deleteObject } from '../store/deletion.ts';
import type { Job } from '../store/objects.ts';
import type { Store } from '../store/store.ts';
import { finalCondition } from './job-conditions.ts';
import { WorkQueue } from './work-queue.ts';

/**
 * Deletes Jobs, pods first (Foreground), `ttlSecondsAfterFinished` after they ended.
 * @returns the function that stops it.
 */
export function startTtlController({ store, clock, reactDelay }: TtlControllerOptions): () => void {
  /** When each ended Job was first seen so, by `Clock.monotonic`: its condition has only whole seconds. */
  const endedAt = new Map<string, number>();

  const timeLeft = ({ metadata, spec }: Job): number | undefined => {
    const ended = endedAt.get(metadata.uid);
    if (spec.ttlSecondsAfterFinished === undefined || ended === undefined) return undefined;
    return ended + spec.ttlSecondsAfterFinished * 1000 - clock.monotonic();
  };

  const queue = new WorkQueue(clock, (key) => {
    const [namespace = '', name = ''] = key.split('/');
    const job = store.get('jobs', namespace, name);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const left = timeLeft(job);
    if (left === undefined) return;
    if (left > 0) return queue.add(key, left);
    const { uid } = job.metadata;
    deleteObject(store, 'jobs', namespace, name, { propagationPolicy: 'Foreground', preconditions: { uid } });
  });

  const look = (job: Job) => {
    const { namespace, name, uid } = job.metadata;
    if (finalCondition(job) === undefined) return;
    if (!endedAt.has(uid)) endedAt.set(uid, clock.monotonic());
    const left = timeLeft(job);
    if (left !== undefined) queue.add(`${namespace}/${name}`, Math.max(left, reactDelay));
  };

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource !== 'jobs') return;
    if (type === 'DELETED') endedAt.delete(object.metadata.uid);
    else look(object as Job);
  });
  for (const job of store.list('jobs')) look(job);
  return () => {
    unsubscribe();
    queue.close();
  };
}

export interface TtlControllerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Milliseconds from the end of a Job until it is deleted at the earliest. */
  readonly reactDelay: number;
}
