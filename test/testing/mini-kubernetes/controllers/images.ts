import type { Image } from '../../../../src/testing/mini-kubernetes/kubelet/image.ts';
import type { Job, JobStatus } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import type { Cluster } from './cluster.ts';

export const exit =
  (code: number): Image =>
  () =>
    Promise.resolve(code);

/** Ends well, and only when it is told to. */
export const untilAborted: Image = ({ signal }) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });

/** Runs until it is told to end, and dies of it. */
export const obedient: Image = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** Fails the first time an index of the set is run. */
export const failOnce =
  (indexes: ReadonlySet<string>): Image =>
  ({ env }) => {
    const left = leftOf(indexes);
    return Promise.resolve(left.delete(env['JOB_COMPLETION_INDEX'] ?? '') ? 1 : 0);
  };

const lefts = new WeakMap<ReadonlySet<string>, Set<string>>();

function leftOf(indexes: ReadonlySet<string>): Set<string> {
  const left = lefts.get(indexes) ?? new Set(indexes);
  lefts.set(indexes, left);
  return left;
}

export const conditions = ({ status }: Job): readonly string[] =>
  (status.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);

/** Every status a Job has from now on. */
export function statusesOf({ store }: Cluster): readonly JobStatus[] {
  const seen: JobStatus[] = [];
  store.subscribe(({ resource, object }) => {
    if (resource === 'jobs') seen.push((object as Job).status);
  });
  return seen;
}

/** The greatest that a number of a Job's statuses becomes from now on. */
export function mostOf(cluster: Cluster, number: (status: JobStatus) => number): () => number {
  const statuses = statusesOf(cluster);
  return () => Math.max(...statuses.map(number));
}
