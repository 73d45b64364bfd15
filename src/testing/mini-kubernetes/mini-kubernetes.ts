import { once } from 'node:events';
import type { Server } from 'node:http';
import { type Clock, type Random, systemClock } from '../../core/clock.ts';
import { ClosedError } from '../../core/errors.ts';
import { validate } from '../../core/validate.ts';
import type { FaultPlan } from '../fault-plan.ts';
import { TimerSet } from '../timer-set.ts';
import { type AddedPod, type AddedService, podManifest, runningElsewhere, serviceManifest } from './added.ts';
import { addedPodSchema, addedServiceSchema } from './added-schema.ts';
import type { Tokens } from './api/access.ts';
import { createApiServer } from './api/api-server.ts';
import { place } from './api/place.ts';
import { startControllers } from './controllers/controllers.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Images } from './kubelet/image.ts';
import { optionsSchema } from './options-schema.ts';
import { Store } from './store/store.ts';

/** Options of `startMiniKubernetes`. */
export interface MiniKubernetesOptions {
  /**
   * What containers do, by the name of their image, with or without its tag. A pod whose image is not among them stays
   * Pending with `ErrImagePull`.
   * @default none
   */
  readonly images?: Images | undefined;
  /**
   * What goes wrong. A request is asked for with the node `kubernetes`, its method (`WATCH` for a watch) and, as the
   * key, its path without the query; a pod that starts with its node's name, the method `START` and its own name, where
   * any fault means that its containers run twice.
   *
   * Faults look as Kubernetes has them: `timeout-before` is a 504, `expired` is a 410. On a watch those that come
   * "after" the commit, and `expired`, strike after its first line, or `lateBy` milliseconds later where there is none
   * till then: `reset-after` and `bad-gateway` reset it, `truncated` cuts it within a line, `error-after` and `expired` end it with a line of type
   * ERROR (500 and 410). `hang-after` leaves it silent for ever, `late-commit` even without headers, and `late-reset`
   * resets it at once. What goes on to a pod, by pods/log and a proxy, meets its faults before: those that come "after"
   * reset the connection, and nothing was done.
   * @default nothing
   */
  readonly faults?: FaultPlan | undefined;
  /**
   * Who may do what, by bearer token: an unknown or expired one is answered with 401, none at all with 403, as is what
   * a user may not do. A token is visible ASCII without spaces. With `{}` nobody may do anything.
   * @default everybody may do everything
   */
  readonly tokens?: Tokens | undefined;
  /** How many nodes pods are bound to, or their names. @default 1 */
  readonly nodes?: number | readonly string[] | undefined;
  /** What exists from the start; others are made by requests, by `addPod` and by `addService`. @default ['default'] */
  readonly namespaces?: readonly string[] | undefined;
  /**
   * How many changes are kept at least, for watches and continue tokens; what is older is answered with 410, at the
   * latest from twice as many on.
   * @default 20_000
   */
  readonly historyLimit?: number | undefined;
  /**
   * Milliseconds until a failed pod of a Job is followed by another; doubles with each further failure.
   * @default 10_000, as in a real cluster
   */
  readonly retryDelay?: number | undefined;
  /** Of the API server, on 127.0.0.1. 0 takes a free one. @default 0 */
  readonly port?: number | undefined;
  /**
   * Dates objects and times everything that waits: controllers, restarts, grace periods, watches, faults.
   * @default the system's
   */
  readonly clock?: Clock | undefined;
  /** Draws where the pods' addresses begin. @default the system's */
  readonly random?: Random | undefined;
}

/** A running server. */
export interface MiniKubernetes extends AsyncDisposable {
  /**
   * Path of a kubeconfig file that connects real clients; `close()` removes it. There is a context for each of
   * `tokens`, named as its user, a second one of the same user as `user-2`, and so on; the current one is the first
   * whose token has not expired and may do everything, or else the first that has not expired. Without tokens there is
   * the one context `mini`, which sends none.
   */
  readonly kubeconfig: string;
  /** Of the API server, without a slash at its end. */
  readonly url: string;
  /**
   * Stores a pod, in a namespace that is made where there is none. One with an `ip` (or none, told so by `null`) is
   * something that runs elsewhere; one with an `image` is run.
   * @throws ConfigError for unknown fields and for what Kubernetes would refuse, a name that is taken included;
   * ClosedError after `close()`.
   */
  addPod(pod: AddedPod): Promise<void>;
  /**
   * Stores a service.
   * @throws ConfigError for unknown fields and for what Kubernetes would refuse, a name that is taken included;
   * ClosedError after `close()`.
   */
  addService(service: AddedService): Promise<void>;
  /**
   * Forgets every change until now, as a real server does after five minutes: watches from before and continue
   * tokens are answered with 410 from then on.
   */
  compact(): void;
  /** Reaches the pods' addresses: the platform's own, looked up at each call, for all pods are on this machine. */
  readonly fetch: typeof fetch;
  /**
   * Ends at once, whatever hangs: open connections are cut, containers that run are told to end by their `signal` and
   * not waited for. May be called twice; `await using` calls it, too.
   */
  close(): Promise<void>;
}

/**
 * Starts a small Kubernetes, on 127.0.0.1 and over plain http, for tests and demonstrations: an API server that answers
 * as one of version 1.32 does, the controllers behind it (Jobs, Deployments, garbage collection, finished-Job TTL,
 * scheduler), and a kubelet that runs functions in place of images. It knows pods (with log and proxy), services (with
 * proxy), Jobs, Deployments, Secrets, ConfigMaps, Leases and namespaces, and takes and gives JSON. Ingresses,
 * ServiceAccounts, Roles, RoleBindings and PersistentVolumeClaims are checked and stored, and nothing acts on them: who
 * may do what is said by `tokens`, a claim stays Pending.
 *
 * Each pod has an address of its own in 127.0.0.0/8 on Linux; elsewhere all pods share 127.0.0.1. Not part of it are
 * init containers, volumes, probes, exec, ReplicaSets (a Deployment keeps its pods itself, and knows no `paused` and no
 * `/scale`), Events, Endpoints, server-side apply, and the `successPolicy` and `managedBy` of a Job, which are stored and
 * do nothing.
 *
 * @example
 * await using kubernetes = await startMiniKubernetes({
 *   images: {
 *     'acme/greeter': async ({ env, log }) => log(`hello ${env['WHOM']}`),
 *   },
 *   faults: FaultPlan.seeded(1, { 'reset-before': 0.1, 'too-many': 0.1 }),
 * });
 * const kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig });
 *
 * @throws ConfigError for options that are wrong; Node's own error (`EADDRINUSE`) for a port that cannot be had.
 */
export async function startMiniKubernetes(options: MiniKubernetesOptions = {}): Promise<MiniKubernetes> {
  const valid = validate(optionsSchema, options, 'options');
  const { clock = systemClock, faults, namespaces = ['default'], nodes = 1 } = valid;
  const { tokens, images } = options;
  const store = new Store({ clock, ...present('historyLimit', valid.historyLimit) });
  const ensureNamespace = (name: string) => {
    if (store.get('namespaces', '', name) !== undefined) return;
    place(store, 'namespaces', '', { metadata: { name } });
  };
  for (const name of namespaces) ensureNamespace(name);

  const nodeNames = typeof nodes === 'number' ? numbered(nodes) : nodes;
  const [firstNode = ''] = nodeNames;
  const controllers = startControllers(store, {
    nodes: nodeNames,
    clock,
    ...present('images', images),
    ...present('faults', faults),
    ...present('retryDelay', valid.retryDelay),
    ...present('random', valid.random),
  });
  const later = new TimerSet(clock);
  const server = createApiServer({ store, tokens, faults, logs: controllers.logs, later });
  const end = async () => {
    later.drop();
    await Promise.all([controllers.close(), endServer(server)]);
  };
  try {
    server.listen(valid.port ?? 0, '127.0.0.1');
    // Rejects with the server's 'error', which it emits where the port is taken.
    await once(server, 'listening');
  } catch (error) {
    await end();
    throw error;
  }
  const url = originOf(server);
  const kubeconfig = await writeKubeconfig(url, tokens);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= Promise.all([end(), kubeconfig.remove()]).then(() => undefined);
    return closing;
  };
  const assertOpen = () => {
    if (closing !== undefined) throw new ClosedError('this mini Kubernetes');
  };
  return {
    kubeconfig: kubeconfig.path,
    url,
    addPod: async (added) => {
      assertOpen();
      const pod = validate(addedPodSchema, added, 'pod');
      const { namespace = 'default', ip = '127.0.0.1', image } = pod;
      ensureNamespace(namespace);
      place(store, 'pods', namespace, podManifest(pod), (placed) =>
        image === undefined ? runningElsewhere(placed, ip, firstNode, clock.now()) : placed,
      );
    },
    addService: async (added) => {
      assertOpen();
      const service = validate(addedServiceSchema, added, 'service');
      const { namespace = 'default' } = service;
      ensureNamespace(namespace);
      place(store, 'services', namespace, serviceManifest(service));
    },
    compact: () => store.log.compact(),
    fetch: (input, init) => globalThis.fetch(input, init),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const numbered = (nodes: number) => Array.from({ length: nodes }, (_, index) => `mini-node-${index + 1}`);

/** Where an option is not given its key is absent, so that the default holds. */
const present = <Key extends string, Value>(key: Key, value: Value | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };

function originOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('the server is not listening');
  return `http://127.0.0.1:${address.port}`;
}

async function endServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
