import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../../../core/clock.ts';
import { type Logger, safeLogger, silentLogger } from '../../../core/observe.ts';
import { callable, having, milliseconds, oneOf, validate } from '../../../core/validate.ts';
import type { Kubernetes } from '../../../kube/kubernetes.ts';
import { namespaceName } from '../../../kube/names.ts';
import type { JobStore } from '../job-store.ts';
import type { BeforeStart } from '../runner.ts';
import { openPlanner, type Planner } from './start-plan.ts';

/** Options of `kubernetesRunner`. What is wrong with any of them is a `ConfigError` at once. */
export interface KubernetesRunnerOptions {
  /** Where the Jobs are made. It is not closed by the runner. Needs get, list, watch, create, update and delete of Jobs. */
  readonly kube: Kubernetes;
  /** Where the API's jobs stand. It is not closed by the runner. */
  readonly store: JobStore;
  /** An OpenShift `Template` of one Job: its YAML, or what is in it. */
  readonly template: string | object;
  /** @default that of `kube` */
  readonly namespace?: string | undefined;
  /**
   * Who tells how a job gets on. `program`: the started program writes that to the store, and a Job that ends while its job
   * is unfinished there has failed. `job`: the program cannot reach the store; its job runs when a pod of the Job does and ends as
   * that ends.
   * @default 'program'
   */
  readonly statusFrom?: 'program' | 'job' | undefined;
  /**
   * Milliseconds from the first try to make the Job, or from the restart of this process, until a pod of it runs; a failed pod's
   * successor gets as long. Then the Job is deleted and the job has failed. @default 600_000
   */
  readonly startTimeout?: number | undefined;
  /**
   * Milliseconds between looks for what nobody tells: the jobs that another process stored before it died, and what happened
   * while a watch was silent. Each is one list of the Jobs. @default 60_000
   */
  readonly lookInterval?: number | undefined;
  /** What is done before certain jobs: `solrStandby(…)`. @default nothing */
  readonly beforeStart?: BeforeStart | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default Math.random */
  readonly random?: Random | undefined;
  /** Hears at `info` of what becomes of jobs, at `warn` of what failed. @default silent */
  readonly logger?: Logger | undefined;
}

/** `KubernetesRunnerOptions` with every default filled in. */
export interface RunnerSettings {
  readonly kube: Kubernetes;
  readonly store: JobStore;
  readonly planner: Planner;
  readonly namespace: string | undefined;
  readonly statusFrom: 'program' | 'job';
  readonly startTimeout: number;
  readonly lookInterval: number;
  readonly beforeStart: BeforeStart | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseRunnerOptions(options: unknown): RunnerSettings {
  const given = validate(runnerOptions, options, 'options');
  return {
    kube: given.kube,
    store: given.store,
    planner: openPlanner(given.template, given.beforeStart),
    namespace: given.namespace,
    statusFrom: given.statusFrom ?? 'program',
    startTimeout: given.startTimeout ?? 600_000,
    lookInterval: given.lookInterval ?? 60_000,
    beforeStart: given.beforeStart,
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    logger: safeLogger(given.logger ?? silentLogger),
  };
}

const runnerOptions = v.strictObject({
  kube: having<Kubernetes>('get', 'list', 'watch', 'create', 'replace', 'delete'),
  store: having<JobStore>('job', 'move', 'startOf', 'unfinished', 'claim', 'exclusively'),
  template: v.custom<string | object>(
    (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
    ({ received }) => `expected the YAML of a Template, or what is in it, received ${received}`,
  ),
  namespace: v.optional(namespaceName),
  statusFrom: v.optional(oneOf('program', 'job')),
  startTimeout: v.optional(milliseconds(1)),
  lookInterval: v.optional(milliseconds(1)),
  beforeStart: v.optional(having<BeforeStart>('applies', 'params', 'prepare')),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  random: v.optional(callable<Random>()),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});
