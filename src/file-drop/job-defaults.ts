import * as v from 'valibot';
import { count, oneOf } from '../core/validate.ts';

/** What every Job of a scheduler has. */
export interface JobDefaults {
  /**
   * Seconds until a finished Job is deleted with its pod, what is read of it then gone too. A drop that was killed and is
   * resumed later than that is still safe: what was scheduled is known from the store. @default 3_600
   */
  readonly ttlSeconds?: number | undefined;
  /**
   * Seconds a Job may take, its wait for a node included, before it is ended as failed.
   * @default 3_600, of an Indexed Job 86_400
   */
  readonly deadlineSeconds?: number | undefined;
  /** Of the container. @default none */
  readonly resources?: JobResources | undefined;
  /** More labels for Jobs and pods. Those that the scheduler finds its own by cannot be set. @default none */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The service account of the pods; its token is not mounted. @default the namespace's */
  readonly serviceAccount?: string | undefined;
  /** A Kueue LocalQueue: Jobs are created suspended, and Kueue starts them. @default none */
  readonly queueName?: string | undefined;
  /** @default the cluster's */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never' | undefined;
  /** How many pods of an Indexed Job run at once. @default 20 */
  readonly parallelism?: number | undefined;
}

/** Quantities as Kubernetes writes them: `{ requests: { cpu: '100m', memory: '64Mi' } }`. */
export interface JobResources {
  /** What the container is sure to get. */
  readonly requests?: Readonly<Record<string, string>> | undefined;
  /** What it may take at most. */
  readonly limits?: Readonly<Record<string, string>> | undefined;
}

/** Labels by which the scheduler finds what is its own. */
export const LABELS = {
  app: 'app',
  drop: 'holdfast/drop',
  queue: 'kueue.x-k8s.io/queue-name',
} as const;

/** The value of the label `app` on every Job, pod and Secret. */
export const APP = 'file-drop-processor';

const quantities = v.optional(v.record(v.string(), v.string()));
const reserved: readonly string[] = Object.values(LABELS);

const labels = v.record(
  v.pipe(
    v.string(),
    v.check(
      (key) => !reserved.includes(key),
      ({ received }) => `${received} is set by the scheduler (a queue by queueName); leave it out`,
    ),
  ),
  v.string(),
);

export const jobDefaultsSchema = v.strictObject({
  ttlSeconds: v.optional(count(0)),
  deadlineSeconds: v.optional(count(1)),
  resources: v.optional(v.strictObject({ requests: quantities, limits: quantities })),
  labels: v.optional(labels),
  serviceAccount: v.optional(v.pipe(v.string(), v.nonEmpty('expected a name, received an empty text'))),
  queueName: v.optional(v.pipe(v.string(), v.nonEmpty('expected a name, received an empty text'))),
  imagePullPolicy: v.optional(oneOf('Always', 'IfNotPresent', 'Never')),
  parallelism: v.optional(count(1)),
});
