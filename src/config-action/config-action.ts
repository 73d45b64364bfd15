import { ConfigError } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import { type ActionOptions, type PlanOptions, parsePlanOptions } from './action-options.ts';
import type { ActionSummary } from './action-summary.ts';
import { type CallResult, type PlannedCall, plannedCall } from './call.ts';
import { checkPods } from './check-pods.ts';
import { shown } from './config-schema.ts';
import { objectSource } from './config-source.ts';
import { openPlan } from './open-plan.ts';
import type { PodSource } from './pod-source.ts';
import { readAction } from './read-config.ts';
import type {
  ActionSettings,
  ConfigEndpoint,
  ConfigRequest,
  ConfigTarget,
  LoopOrder,
  PodOrder,
} from './requester-config.ts';
import { runAction } from './run-action.ts';

/** What a config defines, by name, in the order in which it stands there. */
export interface RequesterConfig {
  /** Where requests go. */
  readonly endpoints: ReadonlyMap<string, ConfigEndpoint>;
  /** Which pods there are to choose from. */
  readonly targets: ReadonlyMap<string, ConfigTarget>;
  /** Endpoints, with how often each is tried. */
  readonly requests: ReadonlyMap<string, ConfigRequest>;
  /** What can be run. */
  readonly actions: ReadonlyMap<string, ConfigAction>;
}

/**
 * Every configured request to every selected pod. The pods are chosen in four steps: all pods of each target in turn, a pod
 * of two targets twice; sorted by `order`; from `podStartIndex` on; `podCount` of them, from the first again where there
 * are fewer (`all`: each once). Then every request goes to every one of them in the loop order.
 *
 * @example
 * const { actions } = await loadConfig('config.yaml');
 * const pods = kubernetesPods(connectKubernetes());
 * const run = actions.get('publish-to-clients')?.run(pods, { concurrency: 32, failAbove: '10%' });
 * for await (const { call, status } of run ?? []) console.log(call.pod, call.request, status);
 */
export class ConfigAction {
  /**
   * An action in the form of the config (`pod_start_index`, …), with the names of requests and targets in `config` or with
   * those themselves in their place; a text is the name of an action in `config`; an action comes back as it is.
   *
   * @throws {ConfigError} that names every mistake
   */
  static from(source: unknown, config?: RequesterConfig): ConfigAction {
    if (source instanceof ConfigAction) return source;
    if (typeof source === 'string') return actionNamed(source, config);
    const none = { endpoints: new Map(), targets: new Map(), requests: new Map() };
    return new ConfigAction(readAction(objectSource(source), config ?? none));
  }

  /** As it stands in the config. */
  readonly name: string;
  /** In the order in which they are made. */
  readonly requests: readonly ConfigRequest[];
  /** In the order in which their pods come. */
  readonly targets: readonly ConfigTarget[];
  /** From 0. */
  readonly podStartIndex: number;
  /** How many pods, with some of them again where there are fewer; `all`: each once. */
  readonly podCount: number | 'all';
  /** In which order the pods come. */
  readonly order: PodOrder;
  /** Whether all requests go to a pod before the next, or a request to all pods before the next. */
  readonly loopOrder: LoopOrder;

  /** @internal Settings that were checked: use `ConfigAction.from`. */
  constructor(settings: ActionSettings) {
    this.name = settings.name;
    this.requests = settings.requests;
    this.targets = settings.targets;
    this.podStartIndex = settings.podStartIndex;
    this.podCount = settings.podCount;
    this.order = settings.order;
    this.loopOrder = settings.loopOrder;
  }

  /**
   * The calls that `run` would make, in their order. Reads the pods and sends nothing to them.
   *
   * @throws {ConfigError} for options that are wrong and what is no source of pods, and where `podStartIndex` is past the end of the pods
   * @throws {HoldfastError} with code `NO_PODS` where no pod is selected; what the source of the pods throws; the reason of
   * `signal`
   */
  async plan(pods: PodSource, options?: PlanOptions): Promise<PlannedCall[]> {
    checkPods(pods);
    const settings = parsePlanOptions(options, this.order === 'random');
    settings.signal?.throwIfAborted();
    const plan = openPlan(this, pods, settings);
    const calls: PlannedCall[] = [];
    try {
      for (let lane = await plan.next(); lane !== undefined; lane = await plan.next()) {
        settings.signal?.throwIfAborted();
        calls.push(...lane.calls.filter(({ gone }) => gone === undefined).map(plannedCall));
      }
    } finally {
      await plan.close();
    }
    return calls;
  }

  /**
   * Makes the calls. One result each, in the order of the plan; what goes wrong with a pod is in its result and holds up
   * the telling of the others for at most its own time limit. Rejects, besides what `plan` throws, only where the source of
   * the pods fails on the way.
   *
   * Where `order` is null the first results come before the last pods are listed (unless `failAbove` or a share in `batches` needs
   * their number). An attempt that failed is followed by others as the request's `retries` and `retry_delay` say, where
   * that may help: not after a 3xx or 4xx other than 408, 425 and 429. `Retry-After` is obeyed within the deadline. A POST
   * that failed counts as `unknown`, too, where it may have been carried out.
   *
   * @throws {ConfigError} at once, for options that are wrong and what is no source of pods
   */
  run(pods: PodSource, options?: ActionOptions): Run<CallResult, ActionSummary> {
    return runAction(this, pods, options);
  }
}

function actionNamed(name: string, config: RequesterConfig | undefined): ConfigAction {
  const action = config?.actions.get(name);
  if (action !== undefined) return action;
  const names = [...(config?.actions.keys() ?? [])].map(shown).join(', ');
  const message = `there is no action ${shown(name)}; there ${names === '' ? 'are none' : `are ${names}`}`;
  throw new ConfigError([{ path: 'source', message }]);
}
