import { ClusterClient, type ClusterClientOptions } from 'holdfast';
import { atLeast, type Line } from './bench-row.ts';
import { startChild } from './child.ts';
import { bareCreates, type GroupRequest } from './group-requests.ts';
import { compare, timed } from './rounds.ts';

const GROUPS = 1_000;
const NODES = 3;

/** Groups per second of `createGroups` against a bare loop that sends the same requests by `send`. */
export async function throughput(
  what: string,
  least: number,
  transport: NonNullable<ClusterClientOptions['transport']>,
  send: (request: GroupRequest) => Promise<unknown>,
): Promise<readonly Line[]> {
  await using servers = startChild(new URL('./servers/group-nodes.ts', import.meta.url), [String(NODES)]);
  const urls = await servers.heard<string[]>();
  await using cluster = new ClusterClient(urls, { transport });

  const ids = (side: string, round: number) =>
    Array.from({ length: GROUPS }, (_, number) => `${side}-${round}-${number}`);
  const perSecond = (milliseconds: number) => (GROUPS / milliseconds) * 1_000;
  const { ours, floor, ratio } = await compare({
    ours: async (round) => {
      const all = ids('ours', round);
      return perSecond(
        await timed(async () => {
          const { changed } = await cluster.createGroups(all);
          if (changed !== GROUPS) throw new Error(`${changed} of ${GROUPS} groups were created`);
        }),
      );
    },
    floor: async (round) => {
      const all = ids('floor', round);
      return perSecond(await timed(() => bareCreates(urls, all, send)));
    },
  });
  const shown = (figure: number) => `${figure.toFixed(0)} groups/s`;
  return [{ what, ours: shown(ours), floor: shown(floor), ...atLeast(ratio, least) }];
}
