import { ClusterClient } from 'holdfast';
import { atMost, type BenchRow, type Line } from '../bench-row.ts';
import { startChild } from '../child.ts';
import { bareCreate, bareFetch } from '../group-requests.ts';
import { compare, timed } from '../rounds.ts';

const LATENCY = 20;
const CREATES = 10;

export const row: BenchRow = { measure: async () => [await latency(3), await latency(50)] };

/** Of one createGroup after the other. */
async function latency(nodes: number): Promise<Line> {
  const module = new URL('../servers/group-nodes.ts', import.meta.url);
  await using servers = startChild(module, [String(nodes), String(LATENCY)]);
  const urls = await servers.heard<string[]>();
  await using cluster = new ClusterClient(urls);

  const each = (side: string, create: (id: string) => Promise<unknown>) => async (round: number) => {
    const whole = await timed(async () => {
      for (let number = 0; number < CREATES; number++) await create(`${side}-${round}-${number}`);
    });
    return whole / CREATES;
  };
  const { ours, floor, ratio } = await compare({
    ours: each('ours', (id) => cluster.createGroup(id)),
    floor: each('floor', (id) => bareCreate(urls, id, bareFetch)),
  });
  const shown = (figure: number) => `${figure.toFixed(1)} ms`;
  const what = `createGroup, ${nodes} nodes answering in ${LATENCY} ms, against the same two steps`;
  return { what, ours: shown(ours), floor: shown(floor), ...atMost(ratio, 1.15) };
}
