import { podStatus } from './kubelet/pod-status.ts';
import type { JsonObject } from './store/json.ts';
import type { Labels, Pod } from './store/objects.ts';
import { timestamp } from './store/time.ts';

/** A pod in a few words. */
export interface AddedPod {
  /** In its namespace no other pod may have it. */
  readonly name: string;
  /** @default 'default' */
  readonly namespace?: string | undefined;
  /** @default none */
  readonly labels?: Labels | undefined;
  /** @default none */
  readonly annotations?: Labels | undefined;
  /** The StatefulSet that owns it, by name. */
  readonly statefulSet?: string | undefined;
  /**
   * Where something that runs elsewhere stands in for it; `null` for a pod that has no address yet. Not together with
   * `image`, for then the pod gets an address of its own.
   * @default '127.0.0.1'
   */
  readonly ip?: string | null | undefined;
  /** What runs in it: a name out of `images`. @default nothing, the pod only stands for what is at its `ip` */
  readonly image?: string | undefined;
  /** Of its container. @default none */
  readonly args?: readonly string[] | undefined;
  /** Names and values that its container gets. @default none */
  readonly env?: Labels | undefined;
  /** The ports of its container; the first is where pods/proxy goes that names none. */
  readonly ports?: readonly number[] | undefined;
  /** @default 'Always' */
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never' | undefined;
}

/** A service in a few words. */
export interface AddedService {
  /** In its namespace no other service may have it. */
  readonly name: string;
  /** @default 'default' */
  readonly namespace?: string | undefined;
  /** Of the service itself. @default none */
  readonly labels?: Labels | undefined;
  /** @default none: it selects nothing */
  readonly selector?: Labels | undefined;
  /** @default [80] */
  readonly ports?: readonly number[] | undefined;
  /** `true`: without an address of its own. @default false */
  readonly headless?: boolean | undefined;
}

/** The body that creates such a pod. */
export function podManifest(pod: AddedPod): JsonObject {
  const { name, labels, annotations, statefulSet, image, args, env, ports, restartPolicy } = pod;
  const container = {
    name: 'main',
    image: image ?? 'elsewhere',
    ...(args === undefined ? {} : { args }),
    ...(env === undefined ? {} : { env: Object.entries(env).map(([key, value]) => ({ name: key, value })) }),
    ...(ports === undefined ? {} : { ports: ports.map((containerPort) => ({ containerPort })) }),
  };
  return {
    metadata: {
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(statefulSet === undefined ? {} : { ownerReferences: [statefulSetOwner(statefulSet)] }),
    },
    spec: {
      containers: [container],
      terminationGracePeriodSeconds: 0,
      ...(restartPolicy === undefined ? {} : { restartPolicy }),
    },
  };
}

/** A pod whose work is done elsewhere, as it looks once it runs there. */
export function runningElsewhere(pod: Pod, ip: string | null, node: string, now: number): Pod {
  const time = timestamp(now);
  const containers = pod.spec.containers.map(({ name, image = '' }) => ({
    name,
    image,
    state: { running: { startedAt: time } },
    lastState: {},
    restartCount: 0,
  }));
  const facts = { containers, ip: ip ?? undefined, startTime: time, now: time, isOver: false };
  const bound = { ...pod, spec: { ...pod.spec, nodeName: node } };
  return { ...bound, status: podStatus(bound, facts) };
}

/** The body that creates such a service. */
export function serviceManifest({
  name,
  labels,
  selector,
  ports = [80],
  headless,
}: AddedService): JsonObject {
  return {
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: {
      ...(selector === undefined ? {} : { selector }),
      ...(headless === true ? { clusterIP: 'None' } : {}),
      ports: ports.map((port) => ({ port, ...(ports.length > 1 ? { name: `port-${port}` } : {}) })),
    },
  };
}

/** There is no such object here: only its name is ever looked at, by those who group pods by it. */
const statefulSetOwner = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  name,
  uid: `statefulset-${name}`,
  controller: true,
  blockOwnerDeletion: true,
});
