import { ClusterClient } from 'holdfast';
import { answerAll } from '../answer-all.ts';
import type { BenchRow } from '../bench-row.ts';
import { heapMegabytes } from '../heap-megabytes.ts';

const EARLY = 100_000;
const LATE = 1_000_000;
const BUDGET_MB = 10;

export const row: BenchRow = {
  measure: async () => {
    const heap = new Map<number, number>();
    function* ids() {
      for (let number = 0; number < LATE; number++) {
        if (number === EARLY) heap.set(EARLY, heapMegabytes());
        yield `group-${number}`;
      }
      heap.set(LATE, heapMegabytes());
    }
    await using cluster = new ClusterClient(['http://127.0.0.1:1'], { fetch: answerAll });
    const { changed } = await cluster.createGroups(ids());
    if (changed !== LATE) throw new Error(`${changed} of ${LATE} groups were created`);

    const [early, late] = [heap.get(EARLY) ?? 0, heap.get(LATE) ?? 0];
    return [
      {
        what: '1,000,000 ids through createGroups: heap at the last against the 100,000th',
        ours: `${late.toFixed(1)} MB`,
        floor: `${early.toFixed(1)} MB`,
        ratio: late / early,
        budget: `< ${BUDGET_MB} MB more`,
        met: late - early < BUDGET_MB,
      },
    ];
  },
};
