import { ClusterClient } from '../../../src/cluster/cluster-client.ts';
import { connectKubernetes } from '../../../src/kube/connect-kubernetes.ts';
import { leaseLock } from '../../../src/kube/lease-lock.ts';

// Creates and deletes one group, over and over, under a Lease, until its parent is gone. Each operation tells the nodes its
// name. Arguments: its name, the kubeconfig, the nodes' hosts.

const [, , name = '', kubeconfig = '', ...hosts] = process.argv;
await using kube = connectKubernetes({ kubeconfig });
const lock = leaseLock(kube, { duration: 1_500, lookEvery: 50 });

for (let turn = 1; process.connected; turn += 1) {
  const urls = hosts.map((host) => `http://${name}-${turn}:x@${host}`);
  await using client = new ClusterClient(urls, { lock, attemptTimeout: 400, settle: 400 });
  const work = turn % 2 === 1 ? client.createGroup('g') : client.deleteGroup('g');
  // Whoever was stopped finds its lock lost. That is what this is about.
  await work.catch(() => undefined);
}
