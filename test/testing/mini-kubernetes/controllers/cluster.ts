import type { Clock } from '../../../../src/core/clock.ts';
import { defaultJobSpec } from '../../../../src/testing/mini-kubernetes/admission/job.ts';
import {
  type ControllersOptions,
  startControllers,
} from '../../../../src/testing/mini-kubernetes/controllers/controllers.ts';
import type { Image } from '../../../../src/testing/mini-kubernetes/kubelet/image.ts';
import {
  type DeleteOptions,
  deleteObject,
  type PropagationPolicy,
} from '../../../../src/testing/mini-kubernetes/store/deletion.ts';
import type { Job, JobSpec, Pod, PodSpec } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import { Store } from '../../../../src/testing/mini-kubernetes/store/store.ts';

/** A store with the controllers and without the API before it, in a time of its own. */
export function startCluster(options: Omit<ControllersOptions, 'clock'> = {}, time = steppedClock()) {
  const store = new Store({ clock: time.clock });
  const controllers = startControllers(store, { ...options, clock: time.clock });
  const createJob = (
    spec: Partial<JobSpec> & { readonly pod?: Partial<PodSpec> } = {},
    name = 'job',
  ): Job => {
    const { pod, ...rest } = spec;
    const template = { spec: { ...POD, ...pod } };
    const draft = store.create('jobs', {
      metadata: { name, namespace: 'default', generation: 1 },
      spec: { template },
      status: {},
    });
    const defaulted = defaultJobSpec({ template, ...rest }, name, draft.metadata.uid);
    return store.update('jobs', { ...draft, spec: defaulted as object as JobSpec });
  };
  const createPod = (spec: Partial<PodSpec> = {}, name = 'pod'): Pod =>
    store.create('pods', {
      metadata: { name, namespace: 'default' },
      spec: { ...POD, ...spec },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  const pods = () => store.list('pods', 'default');
  return {
    ...time,
    ...controllers,
    store,
    /** As a DELETE request does. */
    deletePod: ({ metadata: { namespace, name } }: Pod, options: DeleteOptions = {}) =>
      deleteObject(store, 'pods', namespace, name, options),
    deleteJob: (propagationPolicy: PropagationPolicy, name = 'job') =>
      deleteObject(store, 'jobs', 'default', name, { propagationPolicy }),
    createJob,
    createPod,
    pods,
    pod: (name = 'pod') => store.get('pods', 'default', name),
    onlyPod: (): Pod => {
      const [first, ...others] = pods();
      if (first === undefined || others.length > 0) throw new Error(`there are ${pods().length} pods`);
      return first;
    },
    job: (name = 'job'): Job => {
      const job = store.get('jobs', 'default', name);
      if (job === undefined) throw new Error(`there is no Job ${name}`);
      return job;
    },
    /** Changes the spec as a PATCH does. */
    patchJob: (spec: Partial<JobSpec>, name = 'job') => {
      const job = store.get('jobs', 'default', name);
      if (job === undefined) throw new Error(`there is no Job ${name}`);
      const metadata = { ...job.metadata, generation: (job.metadata.generation ?? 0) + 1 };
      store.update('jobs', { ...job, metadata, spec: { ...job.spec, ...spec } });
    },
  };
}

const POD: PodSpec = {
  restartPolicy: 'Never',
  terminationGracePeriodSeconds: 30,
  containers: [{ name: 'main', image: 'app' }],
};

export type Cluster = ReturnType<typeof startCluster>;

/** Runs for `duration`, and once it is told to end, for `ending` more. */
export const lasting =
  (clock: Clock, duration: number, ending = 0): Image =>
  async ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.setTimer(resolve, duration);
    signal.addEventListener('abort', () => {
      cancel();
      clock.setTimer(resolve, ending);
    });
    await promise;
  };

/** Time that goes on by steps, to each timer in its turn; between them everything that is ready runs. */
export function steppedClock(start = Date.parse('2026-01-01T00:00:00Z')) {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const clock: Clock = {
    now: () => start + now,
    monotonic: () => now,
    setTimer: (callback, delay) => {
      const timer = { at: now + delay, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const rest = () => new Promise<void>((resolve) => setImmediate(resolve));
  const advance = async (by: number) => {
    const end = now + by;
    await rest();
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers.delete(next);
      now = Math.max(now, next.at);
      next.callback();
      await rest();
    }
    now = end;
  };
  return { clock, advance, timers: () => timers.size };
}
