import {
  type ActionOptions,
  type ActionSummary,
  type CallResult,
  ConfigAction,
  type ConfigEndpoint,
  type ConfigRequest,
  type ConfigTarget,
  type HoldfastError,
  type Kubernetes,
  type KubernetesPods,
  type KubernetesPodsOptions,
  kubernetesPods,
  loadConfig,
  type PagedResponse,
  type PlannedCall,
  type PlanOptions,
  type PodResponse,
  type PodSource,
  parseConfig,
  type RequesterConfig,
  type Run,
  type RunSummary,
  type StaticPod,
  staticPods,
} from 'holdfast';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

declare const action: ConfigAction;
declare const pods: PodSource;
declare const kube: Kubernetes;

it('a config is read from files, a text or an object', () => {
  expectTypeOf(loadConfig).toEqualTypeOf<(paths: string | readonly string[]) => Promise<RequesterConfig>>();
  expectTypeOf(parseConfig).toEqualTypeOf<(source: string | object) => RequesterConfig>();
  expectTypeOf<RequesterConfig>().toEqualTypeOf<{
    readonly endpoints: ReadonlyMap<string, ConfigEndpoint>;
    readonly targets: ReadonlyMap<string, ConfigTarget>;
    readonly requests: ReadonlyMap<string, ConfigRequest>;
    readonly actions: ReadonlyMap<string, ConfigAction>;
  }>();
  // @ts-expect-error Not a number.
  parseConfig(1);
});

it('ConfigAction has the members of the design', () => {
  expectTypeOf(ConfigAction.from).toEqualTypeOf<
    (source: unknown, config?: RequesterConfig) => ConfigAction
  >();
  expectTypeOf(action.name).toEqualTypeOf<string>();
  expectTypeOf(action.requests).toEqualTypeOf<readonly ConfigRequest[]>();
  expectTypeOf(action.targets).toEqualTypeOf<readonly ConfigTarget[]>();
  expectTypeOf(action.podStartIndex).toEqualTypeOf<number>();
  expectTypeOf(action.podCount).toEqualTypeOf<number | 'all'>();
  expectTypeOf(action.order).toEqualTypeOf<'ascending' | 'descending' | 'random' | null>();
  expectTypeOf(action.loopOrder).toEqualTypeOf<
    'foreach_pod_make_all_requests' | 'foreach_request_target_each_pod'
  >();
  expectTypeOf(action.plan).toEqualTypeOf<
    (pods: PodSource, options?: PlanOptions) => Promise<PlannedCall[]>
  >();
  expectTypeOf(action.run).toEqualTypeOf<
    (pods: PodSource, options?: ActionOptions) => Run<CallResult, ActionSummary>
  >();
});

it('its data is readonly', () => {
  expectTypeOf<Exclude<MutableKeys<ConfigAction>, 'plan' | 'run'>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<PlannedCall>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<CallResult>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<ActionSummary>>().toEqualTypeOf<'rerun'>();
  expectTypeOf<MutableKeys<ConfigEndpoint | ConfigTarget | ConfigRequest>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<ActionOptions>>().toEqualTypeOf<never>();
});

it('a typo in the options does not compile', () => {
  const options: ActionOptions[] = [
    { concurrency: 4, shard: { index: 0, of: 2 }, failAbove: '10%', attemptTimeout: 1, deadline: 1 },
    { delayBetweenRequests: 1, via: 'api-proxy', signal: AbortSignal.timeout(1), fetch, random: Math.random },
    { onProgress: ({ done }) => done },
    // @ts-expect-error `concurrency` it is.
    { parallel: 4 },
    // @ts-expect-error A shard has `of`.
    { shard: { index: 0, total: 2 } },
    // @ts-expect-error There are two ways.
    { via: 'service' },
  ];
  expectTypeOf(options).items.toExtend<Omit<PlanOptions, 'calls'>>();
  // @ts-expect-error A plan sends nothing, so it has no concurrency.
  void action.plan(pods, { concurrency: 1 });
});

it('a result tells the call and how it ended', async () => {
  for await (const result of action.run(pods)) {
    expectTypeOf(result.call.method).toEqualTypeOf<'GET' | 'POST'>();
    expectTypeOf(result.status).toEqualTypeOf<'ok' | 'failed' | 'skipped'>();
    expectTypeOf(result.response).toEqualTypeOf<PodResponse | PagedResponse | undefined>();
    expectTypeOf(result.error).toEqualTypeOf<HoldfastError | undefined>();
    if (result.response !== undefined && 'text' in result.response) {
      expectTypeOf(result.response).toEqualTypeOf<PodResponse>();
    }
  }
  const summary = await action.run(pods);
  expectTypeOf(summary).toExtend<RunSummary<PlannedCall>>();
  expectTypeOf(summary.latency.p99).toEqualTypeOf<number>();
  expectTypeOf(summary.answers[0]?.pods).toEqualTypeOf<readonly string[] | undefined>();
  expectTypeOf(await action.plan(pods, { calls: summary.rerun('failed') })).toEqualTypeOf<PlannedCall[]>();
});

it('pods come from Kubernetes or from a list', () => {
  expectTypeOf(kubernetesPods).toEqualTypeOf<
    (kube: Kubernetes, options?: KubernetesPodsOptions) => KubernetesPods
  >();
  expectTypeOf<KubernetesPods>().toExtend<PodSource & AsyncDisposable>();
  expectTypeOf(staticPods).toEqualTypeOf<(pods: readonly StaticPod[]) => PodSource>();
  kubernetesPods(kube, { namespace: 'zerotesting', cache: true });
  // @ts-expect-error `namespace` it is.
  kubernetesPods(kube, { nameSpace: 'zerotesting' });
  staticPods([{ name: 'pod-0', ip: '10.0.0.1', labels: { app: 'x' }, statefulSet: 's', services: ['a'] }]);
  // @ts-expect-error A pod has an address.
  staticPods([{ name: 'pod-0' }]);
});
