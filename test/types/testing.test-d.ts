import {
  type ContractTest,
  FaultPlan,
  type FaultRates,
  type FaultStep,
  type fileStoreContract,
  type GroupNodes,
  type GroupNodesOptions,
  type Image,
  type jobStoreContract,
  type journalContract,
  type lockContract,
  type MiniKubernetes,
  type MiniKubernetesOptions,
  startGroupNodes,
  startMiniKubernetes,
  syncratorHandlers,
} from 'holdfast/testing';
import type { RequestHandler } from 'msw';
import { setupServer } from 'msw/node';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

it('group nodes are started and closed', () => {
  expectTypeOf(startGroupNodes).toEqualTypeOf<(options?: GroupNodesOptions) => Promise<GroupNodes>>();
  expectTypeOf<GroupNodes>().toExtend<AsyncDisposable>();
  expectTypeOf<GroupNodes['urls']>().toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf<GroupNodes['databasePath']>().toEqualTypeOf<string>();
  void startGroupNodes({ nodes: ['node01'], dialect: 'header', faults: FaultPlan.seeded(1, {}) });
  // @ts-expect-error `nodes` it is.
  void startGroupNodes({ count: 3 });
  // @ts-expect-error There are two dialects.
  void startGroupNodes({ dialect: 'query' });
});

it('faults are drawn from a seed or told one by one', () => {
  expectTypeOf(FaultPlan.seeded).toEqualTypeOf<(seed: number, rates: FaultRates) => FaultPlan>();
  expectTypeOf(FaultPlan.script).toEqualTypeOf<(steps: readonly FaultStep[]) => FaultPlan>();
  FaultPlan.seeded(1, { 'reset-after': 0.1, 'late-commit': 0.1, lateBy: 10 });
  FaultPlan.script([{ method: 'POST', fault: 'timeout-before', times: 2 }]);
  // @ts-expect-error There is no such fault.
  FaultPlan.seeded(1, { reset: 0.1 });
  // @ts-expect-error A step has a fault.
  FaultPlan.script([{ method: 'POST' }]);
});

it('a mini Kubernetes runs functions as images', () => {
  expectTypeOf(startMiniKubernetes).toEqualTypeOf<
    (options?: MiniKubernetesOptions) => Promise<MiniKubernetes>
  >();
  expectTypeOf<MiniKubernetes>().toExtend<AsyncDisposable>();
  expectTypeOf<MiniKubernetes['kubeconfig']>().toEqualTypeOf<string>();
  expectTypeOf<MiniKubernetes['url']>().toEqualTypeOf<string>();
  expectTypeOf<MiniKubernetes['fetch']>().toEqualTypeOf<typeof fetch>();
  expectTypeOf<MutableKeys<MiniKubernetesOptions>>().toEqualTypeOf<never>();
  const image: Image = async ({ env, args, signal, log, ip, podName, namespace }) => {
    expectTypeOf(env).toEqualTypeOf<Record<string, string>>();
    expectTypeOf(args).toEqualTypeOf<string[]>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    log(`${podName} of ${namespace} at ${ip}`);
  };
  expectTypeOf(async () => 1).toExtend<Image>();
  expectTypeOf(async () => 'done').not.toExtend<Image>();
  void startMiniKubernetes({ images: { 'acme/greeter': image } });
  // @ts-expect-error `images` it is.
  void startMiniKubernetes({ image });
});

it('a contract is a list of named tests for any runner', () => {
  expectTypeOf<ContractTest>().toEqualTypeOf<{ readonly name: string; run(): Promise<void> }>();
  type Contract =
    | typeof journalContract
    | typeof lockContract
    | typeof fileStoreContract
    | typeof jobStoreContract;
  expectTypeOf<ReturnType<Contract>>().toEqualTypeOf<readonly ContractTest[]>();
});

it('the handlers of a syncrator are those of msw', () => {
  expectTypeOf(syncratorHandlers).returns.toEqualTypeOf<RequestHandler[]>();
  expectTypeOf(syncratorHandlers).returns.items.not.toBeAny();
  setupServer(...syncratorHandlers('http://127.0.0.1:8080', { env: 'qas' }));
  // @ts-expect-error `env` it is.
  syncratorHandlers('http://127.0.0.1:8080', { environment: 'qas' });
});
