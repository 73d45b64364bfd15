import { connectKubernetes } from 'holdfast';
import { startMiniKubernetes } from 'holdfast/testing';
import { WAKU_PORTS, wakuNode } from './waku-node.ts';

/**
 * A mini Kubernetes with two StatefulSets: `client-0` with five pods behind the service `zerotesting-lightpush-client`, and
 * `relay-0` with three behind `zerotesting-service`. Ready when all of them answer.
 */
export async function startWakuCluster(namespace = 'default') {
  const ready: Promise<void>[] = [];
  const kubernetes = await startMiniKubernetes({
    images: {
      'waku-like': (container) => {
        const listening = Promise.withResolvers<void>();
        ready.push(listening.promise);
        return wakuNode(container, listening.resolve);
      },
    },
  });
  const pods = [...names('client-0', 5), ...names('relay-0', 3)];
  try {
    await kubernetes.addService({
      name: 'zerotesting-lightpush-client',
      namespace,
      selector: { app: 'client' },
    });
    await kubernetes.addService({ name: 'zerotesting-service', namespace, selector: { app: 'relay' } });
    for (const name of pods) {
      const [app = ''] = name.split('-');
      const statefulSet = name.replace(/-\d+$/, '');
      await kubernetes.addPod({
        name,
        namespace,
        statefulSet,
        labels: { app },
        image: 'waku-like',
        ports: WAKU_PORTS,
      });
    }
    await untilRunning(kubernetes.kubeconfig, namespace, pods.length);
    await Promise.all(ready);
  } catch (error) {
    await kubernetes.close();
    throw error;
  }
  return { kubeconfig: kubernetes.kubeconfig, pods: pods.length, close: () => kubernetes.close() };
}

const names = (statefulSet: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${statefulSet}-${index}`);

async function untilRunning(kubeconfig: string, namespace: string, count: number): Promise<void> {
  await using kube = connectKubernetes({ kubeconfig, namespace });
  const running = new Set<string | undefined>();
  for await (const event of kube.watch('pods')) {
    if (event.type === 'synced' || event.object.status?.phase !== 'Running') continue;
    running.add(event.object.metadata?.name);
    if (running.size === count) return;
  }
}
