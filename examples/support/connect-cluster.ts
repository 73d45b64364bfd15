import { connectKubernetes, type Kubernetes } from 'holdfast';

export interface ClusterPlace {
  /** A path, or `in-cluster`: what the environment gives. */
  readonly kubeconfig: string;
  readonly namespace: string | undefined;
}

/**
 * A cluster of the user's own. Its kubeconfig is read at once, so that a program that serves does not start without.
 *
 * @throws ConfigError for a kubeconfig that cannot be used
 */
export async function connectCluster({ kubeconfig, namespace }: ClusterPlace): Promise<Kubernetes> {
  const where = { kubeconfig: kubeconfig === 'in-cluster' ? undefined : kubeconfig };
  // One that is told its namespace reads nothing before its first request.
  await using probe = connectKubernetes(where);
  await probe.namespace();
  return connectKubernetes({ ...where, namespace });
}
