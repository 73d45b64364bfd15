import type { KubernetesObject } from '../../../kube/resources.ts';
import type { Job } from '../../../syncrator/job.ts';

export type KubernetesJob = KubernetesObject<'jobs'>;

/** The label of a Job, and of its pods, that holds the id of its API job. */
export const JOB_LABEL = 'holdfast/api-job';

/** Ids begin anew with another store: the Job is only that of the API job that was made then. */
const CREATED_ANNOTATION = 'holdfast/api-job-created';

/**
 * A Job as it is created: with whose it is, and held back. Nothing runs until it is known in the store that it exists, so
 * that a Job that is made twice never runs twice.
 */
export function heldJob(job: KubernetesJob, { id, createdAt }: Job): KubernetesJob {
  const { metadata, spec } = markedJob(job, id);
  const annotations = { ...metadata?.annotations, [CREATED_ANNOTATION]: createdAt.toISOString() };
  return {
    ...job,
    metadata: { ...metadata, annotations },
    spec: { ...(spec as NonNullable<typeof spec>), suspend: true },
  };
}

/** With the label, on the pods as well. */
export function markedJob(job: KubernetesJob, id: number | string): KubernetesJob {
  const { metadata, spec } = job;
  const label = { [JOB_LABEL]: String(id) };
  const template = spec?.template;
  return {
    ...job,
    metadata: { ...metadata, labels: { ...metadata?.labels, ...label } },
    spec: {
      ...spec,
      template: {
        ...template,
        metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, ...label } },
      },
    },
  };
}

/** The id of the API job that a Job was made for. */
export function markedId({ metadata }: KubernetesJob): number | undefined {
  const text = metadata?.labels?.[JOB_LABEL] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Whether a Job was made for this API job. */
export function isMadeFor(job: KubernetesJob, { id, createdAt }: Job): boolean {
  const created = job.metadata?.annotations?.[CREATED_ANNOTATION];
  return markedId(job) === id && created === createdAt.toISOString();
}

/** The one Job among all that ever had its name. */
export const nameOfRun = ({ metadata }: KubernetesJob): string => `${metadata?.name}/${metadata?.uid}`;
