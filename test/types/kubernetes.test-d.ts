import {
  connectKubernetes,
  type Kubernetes,
  type KubernetesObject,
  type KubernetesOptions,
  type KubernetesWatchEvent,
} from 'holdfast';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

declare const kube: Kubernetes;

it('connectKubernetes gives a Kubernetes that is disposed of', () => {
  expectTypeOf(connectKubernetes).toEqualTypeOf<(options?: KubernetesOptions) => Kubernetes>();
  expectTypeOf<Kubernetes>().toExtend<AsyncDisposable>();
});

it('a typo in its options does not compile', () => {
  expectTypeOf<MutableKeys<KubernetesOptions>>().toEqualTypeOf<never>();
  const options: KubernetesOptions[] = [
    { kubeconfig: '/etc/kubeconfig', context: 'c', namespace: 'n', connections: 20, attemptTimeout: 1 },
    { rateLimit: false, retry: { attempts: 2 } },
    { rateLimit: { perSecond: 50, burst: 100 } },
    // @ts-expect-error `kubeconfig` it is.
    { kubeConfig: '/etc/kubeconfig' },
    // @ts-expect-error A limit has a burst.
    { rateLimit: { perSecond: 50 } },
    // @ts-expect-error Without a limit it is false.
    { rateLimit: true },
  ];
  expectTypeOf(options).items.toHaveProperty('namespace').toEqualTypeOf<string | undefined>();
});

it('objects are typed by their resource', async () => {
  const pod = await kube.get('pods', 'relay-0');
  expectTypeOf(pod).toEqualTypeOf<KubernetesObject<'pods'>>();
  expectTypeOf(pod.status?.podIP).toEqualTypeOf<string | undefined>();
  for await (const job of kube.list('jobs')) expectTypeOf(job).toEqualTypeOf<KubernetesObject<'jobs'>>();
  for await (const event of kube.watch('pods')) {
    expectTypeOf(event).toEqualTypeOf<KubernetesWatchEvent<KubernetesObject<'pods'>>>();
  }
  // @ts-expect-error There is no such resource.
  void kube.get('pod', 'relay-0');
  // @ts-expect-error A Job is no pod.
  void kube.create('pods', { spec: { template: {} } });
});

it('a delete names its propagation policy', () => {
  void kube.delete('jobs', 'drop', { propagationPolicy: 'Background' });
  // @ts-expect-error Left out, Kubernetes would choose one by resource.
  void kube.delete('jobs', 'drop', {});
});
