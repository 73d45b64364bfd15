import { ClusterClient } from 'holdfast';
import { simulate } from 'holdfast/testing';
import { atLeast, type BenchRow } from '../bench-row.ts';
import { startChild } from '../child.ts';
import { compare, timed } from '../rounds.ts';

const GROUPS = 1_000;
const NODES = 3;

export const row: BenchRow = {
  measure: async () => {
    await using servers = startChild(new URL('../servers/group-nodes.ts', import.meta.url), [String(NODES)]);
    const urls = await servers.heard<string[]>();
    await using real = new ClusterClient(urls);

    const createAll = async (cluster: ClusterClient, name: string) => {
      const ids = Array.from({ length: GROUPS }, (_, number) => `${name}-${number}`);
      const { changed } = await cluster.createGroups(ids);
      if (changed !== GROUPS) throw new Error(`${changed} of ${GROUPS} groups were created`);
    };
    const perSecond = (milliseconds: number) => (GROUPS / milliseconds) * 1_000;
    const { ours, floor, ratio } = await compare({
      ours: async (round) => {
        const workload = ({ cluster }: { cluster: ClusterClient }) => createAll(cluster, 'simulated');
        return perSecond(await timed(() => simulated(round, workload)));
      },
      floor: async (round) => perSecond(await timed(() => createAll(real, `real-${round}`))),
    });
    const shown = (figure: number) => `${figure.toFixed(0)} groups/s`;
    const what = 'simulate(), 3 nodes, no faults, against the same over loopback HTTP';
    return [{ what, ours: shown(ours), floor: shown(floor), ...atLeast(ratio, 5) }];
  },
};

async function simulated(
  seed: number,
  workload: (context: { cluster: ClusterClient }) => Promise<void>,
): Promise<void> {
  const { ok, violations } = await simulate({ seed, nodes: NODES, faults: {}, workload });
  if (!ok) throw new Error(violations.join('\n'));
}
