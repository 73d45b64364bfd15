import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterClient, fileJournal } from 'holdfast';
import { atLeast, type BenchRow } from '../bench-row.ts';
import { startChild } from '../child.ts';
import { compare, timed } from '../rounds.ts';

const GROUPS = 1_000;

export const row: BenchRow = {
  measure: async () => {
    await using servers = startChild(new URL('../servers/group-nodes.ts', import.meta.url), ['3']);
    const urls = await servers.heard<string[]>();
    const folder = await mkdtemp(join(tmpdir(), 'journal-'));
    const journal = fileJournal(join(folder, 'journal.db'));
    await using journaled = new ClusterClient(urls, { journal });
    await using plain = new ClusterClient(urls);
    const creates = (side: string, cluster: ClusterClient) => async (round: number) => {
      const ids = Array.from({ length: GROUPS }, (_, number) => `${side}-${round}-${number}`);
      const milliseconds = await timed(async () => {
        const { changed } = await cluster.createGroups(ids);
        if (changed !== GROUPS) throw new Error(`${changed} of ${GROUPS} groups were created`);
      });
      return (GROUPS / milliseconds) * 1_000;
    };
    const { ours, floor, ratio } = await compare({
      ours: creates('ours', journaled),
      floor: creates('floor', plain),
    });
    await journal.close();
    await rm(folder, { recursive: true });
    const shown = (figure: number) => `${figure.toFixed(0)} groups/s`;
    const what = 'createGroups, 3 nodes, 16 at a time, with a fileJournal against without';
    return [{ what, ours: shown(ours), floor: shown(floor), ...atLeast(ratio, 0.6) }];
  },
};
