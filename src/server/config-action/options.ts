import * as v from 'valibot';
import { type ActionOptions, parseActionOptions } from '../../config-action/action-options.ts';
import type { RequesterConfig } from '../../config-action/config-action.ts';
import type { PodSource } from '../../config-action/pod-source.ts';
import { type Clock, type Random, systemClock, systemRandom } from '../../core/clock.ts';
import { ConfigError } from '../../core/errors.ts';
import { type Logger, safeLogger, silentLogger } from '../../core/observe.ts';
import { callable, count, having, milliseconds, validate } from '../../core/validate.ts';
import { tokenText } from '../bearer-token.ts';

/** Pods that may be cached: those of `kubernetesPods(kube, { cache: true })` are. */
export interface ServedPods extends PodSource {
  /** What `POST /cache/clear` calls. */
  clear?(): void;
}

/** How calls are made: those options of a run of an action that have the same meaning here. */
type CallOptions = Pick<
  ActionOptions,
  'attemptTimeout' | 'deadline' | 'via' | 'pageLimit' | 'maxBodyBytes' | 'fetch'
>;

/** Options of `configActionApp`. What is wrong with any of them is a `ConfigError` at once. */
export interface ConfigActionAppOptions extends CallOptions {
  /** What `loadConfig` or `parseConfig` gave. */
  readonly config: RequesterConfig;
  /**
   * Where the pods come from. `kubernetesPods(kube, { cache: true })` reads each service and its pods once, until
   * `POST /cache/clear`; `{ cache: 'watch' }` keeps them up to date by itself.
   */
  readonly pods: ServedPods;
  /** Every request but `GET /health` must bring it as `Authorization: Bearer`. @default none */
  readonly token?: string | undefined;
  /**
   * Hosts that an endpoint in a body may have besides `{node}`, as `name` (any port) or `name:port`. Endpoints of the
   * config may have any.
   * @default []
   */
  readonly allowHosts?: readonly string[] | undefined;
  /** A request's body over this many bytes is answered with 413. @default 1_048_576 */
  readonly maxRequestBytes?: number | undefined;
  /** How many calls of `/process` and `/waku/relay` are made at once; at most half of them to one pod. @default 256 */
  readonly concurrency?: number | undefined;
  /** How many more may wait for that; what comes on top is answered with 503. @default 10_000 */
  readonly waiting?: number | undefined;
  /** Milliseconds that each of them may wait; then it is answered with 503. @default 60_000 */
  readonly patience?: number | undefined;
  /** How many pods an action calls at once. @default 1 */
  readonly actionConcurrency?: number | undefined;
  /** How many actions run at once; what comes on top is answered with 503. @default 16 */
  readonly actions?: number | undefined;
  /** Draws orders and the payloads of `/waku/relay`. @default Math.random */
  readonly random?: Random | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default silent */
  readonly logger?: Logger | undefined;
}

/** `ConfigActionAppOptions` with the defaults filled in. */
export interface AppSettings {
  readonly config: RequesterConfig;
  readonly pods: ServedPods;
  readonly token: string | undefined;
  readonly allowHosts: readonly string[];
  readonly maxRequestBytes: number;
  readonly concurrency: number;
  readonly waiting: number;
  readonly patience: number;
  readonly actionConcurrency: number;
  readonly actions: number;
  /** For every call. */
  readonly calls: CallOptions & { readonly random: Random; readonly clock: Clock; readonly logger: Logger };
}

/** @throws {ConfigError} that names every mistake */
export function parseAppOptions(options: ConfigActionAppOptions): AppSettings {
  const { attemptTimeout, deadline, via, pageLimit, maxBodyBytes, fetch, ...own } = options;
  const calls = { attemptTimeout, deadline, via, pageLimit, maxBodyBytes, fetch };
  const given = validate(appOptions, own, 'options');
  parseActionOptions(calls, false);
  if (via === 'api-proxy' && given.pods.proxy === undefined) {
    const message = "'api-proxy' needs pods of a cluster: pass kubernetesPods(…), or leave it out";
    throw new ConfigError([{ path: 'options.via', message }]);
  }
  return {
    config: given.config,
    pods: given.pods,
    token: given.token,
    allowHosts: given.allowHosts ?? [],
    maxRequestBytes: given.maxRequestBytes ?? 1024 * 1024,
    concurrency: given.concurrency ?? 256,
    waiting: given.waiting ?? 10_000,
    patience: given.patience ?? 60_000,
    actionConcurrency: given.actionConcurrency ?? 1,
    actions: given.actions ?? 16,
    calls: {
      ...calls,
      random: given.random ?? systemRandom,
      clock: given.clock ?? systemClock,
      logger: safeLogger(given.logger ?? silentLogger),
    },
  };
}

const kinds = ['endpoints', 'targets', 'requests', 'actions'] as const;

const appOptions = v.strictObject({
  config: v.custom<RequesterConfig>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      kinds.every((kind) => Reflect.get(value, kind) instanceof Map),
    ({ received }) => `expected what loadConfig or parseConfig gives, received ${received}`,
  ),
  pods: having<ServedPods>('select'),
  token: v.optional(tokenText),
  allowHosts: v.optional(
    v.array(
      v.custom<string>(
        (value) => typeof value === 'string' && URL.parse(`http://${value}`)?.origin === `http://${value}`,
        ({ received }) =>
          `expected a host in lower case such as 'api.internal' or 'api.internal:8080', received ${received}`,
      ),
    ),
  ),
  maxRequestBytes: v.optional(count(1)),
  concurrency: v.optional(count(1)),
  waiting: v.optional(count(0)),
  patience: v.optional(milliseconds(1)),
  actionConcurrency: v.optional(count(1)),
  actions: v.optional(count(1)),
  random: v.optional(callable<Random>()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});
