import { type Kubernetes, type KubernetesPods, kubernetesPods } from 'holdfast';
import type { ClusterSettings } from './cluster-settings.ts';
import { connectCluster } from './connect-cluster.ts';
import { startWakuCluster } from './waku-cluster.ts';

/** Pods that close what they came with. */
export interface OpenedPods extends KubernetesPods {
  readonly kube: Kubernetes;
}

/** The pods of the cluster that the settings name, or of a mini Kubernetes; what is read is kept. */
export async function openPods({ kubeconfig, namespace }: ClusterSettings): Promise<OpenedPods> {
  const embedded = kubeconfig === undefined ? await startWakuCluster(namespace) : undefined;
  const path = embedded?.kubeconfig ?? kubeconfig ?? 'in-cluster';
  const kube = await connectCluster({ kubeconfig: path, namespace });
  const pods = kubernetesPods(kube, { cache: true });
  if (embedded !== undefined) {
    console.error(
      `without --kubeconfig: a mini Kubernetes for this run only, with ${embedded.pods} Waku-like pods`,
    );
  }
  const close = async () => {
    await pods.close();
    await kube.close();
    await embedded?.close();
  };
  return { ...pods, kube, close, [Symbol.asyncDispose]: close };
}
