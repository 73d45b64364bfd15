import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterClient, fileJournal } from 'holdfast';
import { answerAll } from '../answer-all.ts';
import type { BenchRow } from '../bench-row.ts';

const EARLY = 10_000;
const LATE = 1_000_000;
const BUDGET_MB = 10;

export const row: BenchRow = {
  measure: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'journal-'));
    const megabytes = async () => {
      const files = await readdir(folder);
      const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
      return sizes.reduce((sum, size) => sum + size, 0) / 1e6;
    };
    const size = new Map<number, number>();
    async function* ids() {
      for (let number = 0; number < LATE; number++) {
        if (number === EARLY) size.set(EARLY, await megabytes());
        yield `group-${number}`;
      }
      size.set(LATE, await megabytes());
    }
    const journal = fileJournal(join(folder, 'journal.db'));
    await using cluster = new ClusterClient(['http://127.0.0.1:1'], { fetch: answerAll, journal });
    const { changed } = await cluster.createGroups(ids(), { concurrency: 256 });
    if (changed !== LATE) throw new Error(`${changed} of ${LATE} groups were created`);
    await journal.close();
    await rm(folder, { recursive: true });
    const [early, late] = [size.get(EARLY) ?? 0, size.get(LATE) ?? 0];
    return [
      {
        what: '1,000,000 ids with a fileJournal: its files at the last against the 10,000th',
        ours: `${late.toFixed(1)} MB`,
        floor: `${early.toFixed(1)} MB`,
        ratio: late / early,
        budget: `< ${BUDGET_MB} MB more`,
        met: late - early < BUDGET_MB,
      },
    ];
  },
};
