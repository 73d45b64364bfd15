import type { Clock } from '../../../core/clock.ts';
import { deleteObject } from '../store/deletion.ts';
import type { Container, Pod } from '../store/objects.ts';
import type { Store } from '../store/store.ts';
import { timestamp } from '../store/time.ts';
import {
  again,
  type Exit,
  KILLED,
  restartDelay,
  runImage,
  running,
  terminated,
  waiting,
} from './container-run.ts';
import { environmentOf } from './environment.ts';
import { findImage, type Image, type ImageContext, type Images } from './image.ts';
import type { PodLogs } from './pod-logs.ts';
import { type ContainerRecord, podStatus } from './pod-status.ts';

/** What the kubelet lends to each pod it runs. */
export interface PodHost {
  readonly store: Store;
  readonly clock: Clock;
  readonly images: Images;
  readonly logs: PodLogs;
  /** Milliseconds before a container is started for the third time; doubles with each start. */
  readonly retryDelay: number;
  /** Whether this pod's containers are each run twice at once. */
  readonly startsTwice: (pod: Pod) => boolean;
}

/** One pod on its node, from the start of its containers to its end. */
export class PodRun {
  readonly #host: PodHost;
  readonly #pod: Pod;
  readonly #ip: string;
  readonly #startTime: string;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #abort = new AbortController();
  readonly #timers = new Map<string, () => void>();
  readonly #twice: boolean;
  /** Set once no container is to be started any more: why. */
  #ending: 'deletion' | 'deadline' | undefined;
  /** When the grace period ends, by `Clock.monotonic`. */
  #until = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(host: PodHost, pod: Pod, ip: string) {
    this.#host = host;
    this.#pod = pod;
    this.#ip = ip;
    this.#startTime = timestamp(host.clock.now());
    this.#twice = host.startsTwice(pod);
    for (const { name, image = '' } of pod.spec.containers) {
      this.#records.set(name, { name, image, state: {}, lastState: {}, restartCount: 0 });
    }
  }

  get uid(): string {
    return this.#pod.metadata.uid;
  }

  start(): void {
    const { activeDeadlineSeconds, containers } = this.#pod.spec;
    if (activeDeadlineSeconds !== undefined) {
      this.#after(DEADLINE, activeDeadlineSeconds * 1000, () => this.#end('deadline', this.#grace()));
    }
    const starts = containers.map((container) => this.#begin(container));
    this.#publish();
    for (const start of starts) start();
  }

  /** Tries again to start what waits for a Secret or a ConfigMap. */
  retryConfiguration(): void {
    if (this.#ending !== undefined || this.#isOver) return;
    const stuck = this.#pod.spec.containers.filter(
      ({ name }) => this.#records.get(name)?.state.waiting?.reason === CONFIG_ERROR,
    );
    if (stuck.length === 0) return;
    const starts = stuck.map((container) => this.#begin(container));
    this.#publish();
    for (const start of starts) start();
  }

  /** The pod was deleted: its containers are told to end, and are given up after `grace` milliseconds. */
  stop(grace: number): void {
    if (this.#isOver) return this.#leave();
    this.#end('deletion', grace);
  }

  /** The pod is gone, or nobody is to hear of it any more. */
  kill(): void {
    this.#isOver = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#abort.abort(TERMINATED);
  }

  /** Decides how a container starts; the returned function lets it run, once its state is published. */
  #begin(container: Container): () => void {
    const { store, images, clock, logs } = this.#host;
    const record = this.#record(container.name);
    const image = findImage(images, record.image);
    if (image === undefined) {
      this.#set(
        waiting(record, 'ErrImagePull', `image "${record.image}" is not among the registered images`),
      );
      this.#after(record.name, IMAGE_BACKOFF, () => this.#backOff(container.name));
      return () => undefined;
    }
    // The stored pod has no address before its first status is published.
    const pod = {
      ...this.#pod,
      status: { ...this.#pod.status, hostIP: '127.0.0.1', ...addressOf(this.#ip) },
    };
    const environment = environmentOf(store, pod, container);
    if ('missing' in environment) {
      this.#set(waiting(record, CONFIG_ERROR, environment.missing));
      return () => undefined;
    }
    this.#set(running(record, clock.now()));
    logs.begin(this.uid, container.name);
    const { name: podName, namespace } = this.#pod.metadata;
    const context = (): ImageContext => ({
      env: { ...environment.env },
      args: [...environment.args],
      signal: this.#abort.signal,
      log: (line) => logs.write(this.uid, container.name, String(line), clock.now()),
      ip: this.#ip,
      podName,
      namespace,
    });
    return () => this.#run(image, context, record);
  }

  #run(image: Image, context: () => ImageContext, { name, restartCount }: ContainerRecord): void {
    // `runImage` never rejects. The second run's end is nobody's: its pod has only one exit code.
    if (this.#twice) void runImage(image, context());
    void runImage(image, context()).then((exit) => this.#onExit(name, restartCount, exit));
  }

  #onExit(name: string, restartCount: number, exit: Exit): void {
    const record = this.#record(name);
    if (this.#isOver || record.restartCount !== restartCount || record.state.running === undefined) return;
    this.#terminate(record, exit);
    if (this.#ending === undefined && this.#isRestarted(exit)) return this.#restart(name);
    this.#publish();
    this.#concludeIfEnded();
  }

  #terminate(record: ContainerRecord, exit: Exit): void {
    this.#set(terminated(record, this.uid, exit, this.#host.clock.now()));
    this.#host.logs.end(this.uid, record.name);
  }

  #isRestarted({ exitCode }: Exit): boolean {
    const { restartPolicy = 'Always' } = this.#pod.spec;
    return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
  }

  #restart(name: string): void {
    const { name: podName, namespace } = this.#pod.metadata;
    const ended = this.#record(name);
    const delay = restartDelay(ended.restartCount + 1, this.#host.retryDelay);
    this.#set(
      again(ended, `back-off ${delay}ms restarting failed container=${name} pod=${podName}_${namespace}`),
    );
    this.#publish();
    this.#after(name, delay, () => {
      const container = this.#pod.spec.containers.find((each) => each.name === name);
      if (container === undefined) return;
      const start = this.#begin(container);
      this.#publish();
      start();
    });
  }

  #backOff(name: string): void {
    const record = this.#record(name);
    this.#set(waiting(record, 'ImagePullBackOff', `Back-off pulling image "${record.image}"`));
    this.#publish();
  }

  #end(why: 'deletion' | 'deadline', grace: number): void {
    if (this.#isOver) return;
    const until = this.#host.clock.monotonic() + grace;
    // A second deletion can only shorten the time.
    if (until >= this.#until) return;
    this.#until = until;
    this.#ending ??= why;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#after(GRACE, grace, () => this.#killContainers());
    this.#abort.abort(TERMINATED);
    this.#concludeIfEnded();
  }

  #killContainers(): void {
    for (const record of this.#records.values()) {
      if (record.state.running !== undefined) {
        this.#terminate(record, KILLED);
      }
    }
    this.#publish();
    this.#concludeIfEnded();
  }

  #concludeIfEnded(): void {
    const states = [...this.#records.values()].map(({ state }) => state);
    const mayWait = this.#ending !== undefined;
    if (this.#isOver || !states.every(({ terminated: end, waiting: wait }) => end ?? (mayWait && wait)))
      return;
    this.#isOver = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    if (this.#ending !== undefined) this.#abort.abort(TERMINATED);
    if (this.#ending === 'deadline') this.#publish();
    const current = this.#current();
    if (current?.metadata.deletionTimestamp !== undefined) this.#leave();
  }

  /** Nothing runs any more: the API server may forget the pod. */
  #leave(): void {
    const { namespace, name } = this.#pod.metadata;
    if (this.#current() === undefined) return;
    deleteObject(this.#host.store, 'pods', namespace, name, {
      gracePeriodSeconds: 0,
      preconditions: { uid: this.uid },
    });
  }

  #publish(): void {
    const { store, clock } = this.#host;
    const current = this.#current();
    if (current === undefined) return;
    const records = [...this.#records.values()];
    const restarts = this.#ending === undefined && records.some(({ state }) => state.waiting !== undefined);
    const deadline = this.#ending === 'deadline' && this.#isOver ? DEADLINE_EXCEEDED : {};
    const status = podStatus(current, {
      containers: records,
      ip: this.#ip,
      startTime: this.#startTime,
      now: timestamp(clock.now()),
      isOver: !restarts,
      ...deadline,
    });
    store.update('pods', { ...current, status });
  }

  #current(): Pod | undefined {
    const { namespace, name } = this.#pod.metadata;
    const current = this.#host.store.get('pods', namespace, name);
    return current?.metadata.uid === this.uid ? current : undefined;
  }

  #grace(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #record(name: string): ContainerRecord {
    const record = this.#records.get(name);
    if (record === undefined) throw new TypeError(`the pod has no container ${name}`);
    return record;
  }

  #set(record: ContainerRecord): void {
    this.#records.set(record.name, record);
  }

  #after(key: string, delay: number, work: () => void): void {
    this.#timers.get(key)?.();
    const cancel = this.#host.clock.setTimer(() => {
      this.#timers.delete(key);
      work();
    }, delay);
    this.#timers.set(key, cancel);
  }
}

const CONFIG_ERROR = 'CreateContainerConfigError';
/** Timers other than a container's, which has its name: no name holds a space. */
const DEADLINE = 'the deadline';
const GRACE = 'the grace period';
/** Milliseconds until the kubelet stops trying an image that is not there; it has nothing to wait for here. */
const IMAGE_BACKOFF = 1000;
const DEADLINE_EXCEEDED = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

const TERMINATED = new Error('the pod has to end (SIGTERM)');

const addressOf = (ip: string) => ({ podIP: ip, podIPs: [{ ip }] });
