import type { Container, Draft, Job, Labels, Pod, PodSpec } from '../store/objects.ts';
import { controllerReference, isTerminating, newPod } from './controlled-pods.ts';

/** Kept on a pod of a Job until it is counted in the Job's status. */
export const JOB_TRACKING = 'batch.kubernetes.io/job-tracking';
const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';
/** How often an index failed before this pod, for Jobs with `backoffLimitPerIndex`. */
const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';

/** What to create for a Job: a pod, of an index where the Job is Indexed. */
export interface PodRequest {
  readonly index?: number;
  readonly failures?: number;
}

/** The pod of a Job as it is first stored. */
export function podOfJob({ metadata, spec: { template } }: Job, { index, failures }: PodRequest): Draft<Pod> {
  const own: Labels = index === undefined ? {} : { [COMPLETION_INDEX]: `${index}` };
  const annotations = {
    ...template.metadata?.annotations,
    ...own,
    ...(failures === undefined ? {} : { [INDEX_FAILURES]: `${failures}` }),
  };
  const name = index === undefined ? metadata.name : `${metadata.name}-${index}`;
  const spec: PodSpec = {
    ...template.spec,
    ...(index === undefined ? {} : { hostname: template.spec.hostname ?? name }),
    containers:
      index === undefined ? template.spec.containers : template.spec.containers.map(withIndexVariable),
  };
  return newPod(
    {
      generateName: `${name}-`,
      namespace: metadata.namespace,
      labels: { ...template.metadata?.labels, ...own },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [controllerReference('batch/v1', 'Job', metadata)],
      finalizers: [JOB_TRACKING],
    },
    spec,
  );
}

export const isTracked = ({ metadata }: Pod) => metadata.finalizers?.includes(JOB_TRACKING) ?? false;

/** A pod that is being deleted counts as failed, unless the Job waits for its end before it makes another. */
export const isFailed = (pod: Pod, { spec }: Job) =>
  pod.status.phase === 'Failed' || (isTerminating(pod) && spec.podReplacementPolicy !== 'Failed');

/** `undefined` where the pod has none, or none that its Job still has. */
export function completionIndex({ metadata }: Pod, { spec }: Job): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX];
  const index = text === undefined ? Number.NaN : Number(text);
  return Number.isInteger(index) && index >= 0 && index < (spec.completions ?? 0) ? index : undefined;
}

export const indexFailures = ({ metadata }: Pod) => Number(metadata.annotations?.[INDEX_FAILURES] ?? 0);

function withIndexVariable(container: Container): Container {
  const { env = [] } = container;
  return env.some(({ name }) => name === INDEX_VARIABLE.name)
    ? container
    : { ...container, env: [...env, INDEX_VARIABLE] };
}

const INDEX_VARIABLE = {
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${COMPLETION_INDEX}']` } },
};
