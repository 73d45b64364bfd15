import { connectKubernetes } from 'holdfast';
import { atMost, type BenchRow } from '../bench-row.ts';
import { startChild } from '../child.ts';

const JOBS = 1_000;
const CONCURRENCY = 20;

export const row: BenchRow = {
  measure: async () => {
    await using server = startChild(new URL('../servers/mini-kubernetes.ts', import.meta.url));
    const { kubeconfig } = await server.heard<{ kubeconfig: string }>();
    await using kube = connectKubernetes({ kubeconfig, connections: CONCURRENCY, rateLimit: false });

    const create = (_: unknown, number: number) => kube.create('jobs', jobOf(`job-${number}`));
    await Promise.all(Array.from({ length: JOBS }, create));

    const { connections } = await server.ask<{ connections: number }>('connections');
    return [
      {
        what: `${JOBS} Job creates: TCP connections against how many may be under way`,
        ours: `${connections} connections`,
        floor: `${CONCURRENCY} at a time`,
        ...atMost(connections / CONCURRENCY, 1),
      },
    ];
  },
};

const jobOf = (name: string) => ({
  metadata: { name },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] } } },
});
