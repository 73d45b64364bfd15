import { trace, tracingChannel } from '../../../core/observe.ts';
import { KubernetesError } from '../../../kube/errors.ts';
import type { Kubernetes } from '../../../kube/kubernetes.ts';
import type { Job } from '../../../syncrator/job.ts';
import { isMadeFor, JOB_LABEL, type KubernetesJob, markedId } from './job-marks.ts';

/** The Jobs of one namespace. What the API refuses for what another has done meanwhile is a result here, not an error. */
export class ClusterJobs {
  readonly #kube: Kubernetes;
  readonly #call: { readonly namespace: string | undefined; readonly signal: AbortSignal };

  constructor(kube: Kubernetes, namespace: string | undefined, signal: AbortSignal) {
    this.#kube = kube;
    this.#call = { namespace, signal };
  }

  /** All that were made for an API job. */
  async madeFor(job: Job): Promise<KubernetesJob[]> {
    const made: KubernetesJob[] = [];
    const labelSelector = `${JOB_LABEL}=${job.id}`;
    for await (const one of this.#kube.list('jobs', { ...this.#call, labelSelector })) {
      if (isMadeFor(one, job)) made.push(one);
    }
    return made;
  }

  get(name: string): Promise<KubernetesJob | undefined> {
    return unless(['NotFound'], this.#kube.get('jobs', name, this.#call));
  }

  /** `undefined` where there is one of that name. */
  create(job: KubernetesJob): Promise<KubernetesJob | undefined> {
    return traced(job, 'create', () => unless(['AlreadyExists'], this.#kube.create('jobs', job, this.#call)));
  }

  /** Lets it run. `undefined` where it is another one, or none, by now. */
  release(job: KubernetesJob): Promise<KubernetesJob | undefined> {
    const { spec } = job;
    const released = { ...job, spec: { ...(spec as NonNullable<typeof spec>), suspend: false } };
    return traced(job, 'run', () => this.replace(released));
  }

  /** `undefined` where it is another one, or none, by now. */
  replace(job: KubernetesJob): Promise<KubernetesJob | undefined> {
    return unless(['Conflict', 'NotFound'], this.#kube.replace('jobs', job, this.#call));
  }

  /** With its pods: it stays until they have ended, so that no other of its name runs beside them. */
  async delete(job: KubernetesJob): Promise<void> {
    const { metadata } = job;
    if (metadata?.deletionTimestamp !== undefined) return;
    const { name = '', uid = '' } = metadata ?? {};
    const options = { ...this.#call, propagationPolicy: 'Foreground', preconditions: { uid } } as const;
    await traced(job, 'delete', () =>
      unless(
        ['Conflict', 'NotFound'],
        this.#kube.delete('jobs', name, options).then(() => true),
      ),
    );
  }

  /** All that were made for any API job. */
  all() {
    return this.#kube.list('jobs', { ...this.#call, labelSelector: JOB_LABEL });
  }

  /** Every change to a Job that was made for any API job, and `synced` once all have been told. */
  watch() {
    return this.#kube.watch('jobs', { ...this.#call, labelSelector: JOB_LABEL });
  }
}

const channel = tracingChannel('holdfast:job');

/** What subscribers of `holdfast:job` see. */
interface JobContext {
  /** Its name. */
  readonly job: string | undefined;
  /** Of the API job. */
  readonly jobId: number | undefined;
  readonly operation: 'create' | 'run' | 'delete';
  /** At the end: `false` where another process, or the cluster, was first. */
  done?: boolean;
}

function traced<T>(
  job: KubernetesJob,
  operation: JobContext['operation'],
  work: () => Promise<T>,
): Promise<T> {
  const context: JobContext = { job: job.metadata?.name, jobId: markedId(job), operation };
  return trace(channel, context, async (seen) => {
    const result = await work();
    seen.done = result !== undefined;
    return result;
  });
}

async function unless<T>(reasons: readonly string[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KubernetesError && reasons.includes(error.reason)) return undefined;
    throw error;
  }
}
