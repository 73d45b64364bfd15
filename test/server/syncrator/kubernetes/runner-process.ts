// A server's back half as a process of its own: takes up what is unfinished, starts a job for each target, says so, and
// stays until it is killed.
import { connectKubernetes } from '../../../../src/kube/connect-kubernetes.ts';
import { kubernetesRunner } from '../../../../src/server/syncrator/kubernetes/kubernetes-runner.ts';
import { sqliteJobStore } from '../../../../src/server/syncrator/sqlite-job-store.ts';
import { paramsOf } from './start-params.ts';

const [path = '', kubeconfig = '', template = '', targets = ''] = process.argv.slice(2);
const store = sqliteJobStore(path);
const kube = connectKubernetes({ kubeconfig, rateLimit: false, attemptTimeout: 5_000 });
const runner = kubernetesRunner({ kube, store, template });
void runner.resume();
for (const target of targets.split(',').filter((text) => text !== '')) {
  const { outcome, job } = await store.start(paramsOf(target));
  if (outcome === 'created') void runner.start(job.id);
  process.stdout.write(`${target} ${job.id}\n`);
}
