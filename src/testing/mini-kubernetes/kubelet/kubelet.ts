import type { Clock, Random } from '../../../core/clock.ts';
import { WorkQueue } from '../controllers/work-queue.ts';
import { deleteObject } from '../store/deletion.ts';
import type { KubeObject, Pod } from '../store/objects.ts';
import type { Store } from '../store/store.ts';
import type { Images } from './image.ts';
import { podAddresses } from './pod-address.ts';
import { PodLogs } from './pod-logs.ts';
import { type PodHost, PodRun } from './pod-run.ts';

export interface KubeletOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly images: Images;
  /** Milliseconds from a change of a pod until the kubelet acts. */
  readonly reactDelay: number;
  /** Milliseconds from a pod's binding until its containers run. */
  readonly startDelay: number;
  /** Milliseconds before a failing container is started for the third time; doubles with each start. */
  readonly retryDelay: number;
  readonly startsTwice: (pod: Pod) => boolean;
}

export interface Kubelet {
  readonly logs: PodLogs;
  /** Tells every container to end and hears no more of them. */
  stop(): void;
}

/**
 * Runs the pods of all nodes. A pod that was stored with an address of its own stands for something that runs
 * elsewhere: it is left alone, and let go when it is deleted.
 */
export function startKubelet(options: KubeletOptions): Kubelet {
  const { store, clock, reactDelay, startDelay } = options;
  const logs = new PodLogs();
  const host: PodHost = { ...options, logs };
  const nextAddress = podAddresses(process.platform, options.random);
  const runs = new Map<string, PodRun>();

  const sync = (key: string) => {
    const [namespace = '', name = ''] = key.split('/');
    const pod = store.get('pods', namespace, name);
    const run = runs.get(key);
    if (run !== undefined && run.uid !== pod?.metadata.uid) {
      run.kill();
      logs.drop(run.uid);
      runs.delete(key);
      if (pod !== undefined) queue.add(key, startDelay);
      return;
    }
    if (pod === undefined) return;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, uid } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      if (run !== undefined) return run.stop(deletionGracePeriodSeconds * 1000);
      if (deletionGracePeriodSeconds === 0) return;
      deleteObject(store, 'pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    } else if (run === undefined && isToRun(pod)) {
      const started = new PodRun(host, pod, nextAddress());
      runs.set(key, started);
      started.start();
    }
  };
  const queue = new WorkQueue(clock, sync);
  const retries = new WorkQueue(clock, (namespace) => {
    for (const [key, run] of runs) if (key.startsWith(`${namespace}/`)) run.retryConfiguration();
  });

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource === 'pods') {
      const pod = object as Pod;
      const isLeaving = type === 'DELETED' || pod.metadata.deletionTimestamp !== undefined;
      if (isLeaving || runs.has(keyOf(pod))) queue.add(keyOf(pod), reactDelay);
      else if (isToRun(pod)) queue.add(keyOf(pod), startDelay);
    } else if ((resource === 'secrets' || resource === 'configmaps') && type !== 'DELETED') {
      retries.add(object.metadata.namespace ?? '', reactDelay);
    }
  });
  for (const pod of store.list('pods')) queue.add(keyOf(pod), startDelay);
  return {
    logs,
    stop: () => {
      unsubscribe();
      queue.close();
      retries.close();
      for (const run of runs.values()) run.kill();
      runs.clear();
    },
  };
}

const isToRun = ({ metadata, spec, status }: Pod) =>
  spec.nodeName !== undefined &&
  metadata.deletionTimestamp === undefined &&
  status.phase === 'Pending' &&
  status.podIP === undefined;

const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;
