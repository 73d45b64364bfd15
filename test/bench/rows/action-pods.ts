import { ConfigAction, connectKubernetes, kubernetesPods } from 'holdfast';
import { atMost, type BenchRow } from '../bench-row.ts';
import { startChild } from '../child.ts';
import { heapMegabytes } from '../heap-megabytes.ts';
import { actionOf } from '../pod-calls.ts';

const PODS = 10_000;
/** The platform's fetch keeps connections open for each address: what it holds is not to be measured. */
const ADDRESSES = 100;
const PAGES = PODS / 500;
const SERVICES = 1;
const EARLY = 1_000;
/** Every result kept would be 5 MB; names and addresses of the pods, which are kept, are below 2. */
const BUDGET_MB = 4;

export const row: BenchRow = {
  measure: async () => {
    await using server = startChild(new URL('../servers/pods.ts', import.meta.url));
    const { port } = await server.heard<{ port: number }>();
    const args = [String(PODS), String(ADDRESSES)];
    await using cluster = startChild(new URL('../servers/cluster-pods.ts', import.meta.url), args);
    const { kubeconfig } = await cluster.heard<{ kubeconfig: string }>();
    await using kube = connectKubernetes({ kubeconfig, rateLimit: false });

    const request = { path: 'health', method: 'GET', params: {} } as const;
    const action = ConfigAction.from(actionOf([request], { service: 'web', port }));
    const run = action.run(kubernetesPods(kube), { concurrency: 32 });
    let count = 0;
    let [early, late] = [0, 0];
    for await (const { status } of run) {
      if (status === 'ok') count++;
      if (count === EARLY) early = heapMegabytes();
      if (count === PODS) late = heapMegabytes();
    }
    if (count !== PODS) throw new Error(`${count} of ${PODS} pods answered`);

    const { requests } = await cluster.ask<{ requests: number }>('requests');
    return [
      {
        what: `ConfigAction on ${PODS.toLocaleString('en')} pods: Kubernetes calls against pages and services`,
        ours: `${requests} calls`,
        floor: `${PAGES} + ${SERVICES}`,
        ...atMost(requests / (PAGES + SERVICES), 1),
      },
      {
        what: `ConfigAction on ${PODS.toLocaleString('en')} pods: heap at the last result against the ${EARLY.toLocaleString('en')}th`,
        ours: `${late.toFixed(1)} MB`,
        floor: `${early.toFixed(1)} MB`,
        ratio: late / early,
        budget: `< ${BUDGET_MB} MB more`,
        met: late - early < BUDGET_MB,
      },
    ];
  },
};
