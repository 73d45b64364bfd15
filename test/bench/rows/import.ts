import { atMost, type BenchRow } from '../bench-row.ts';
import { startChild } from '../child.ts';
import type { Probed } from '../import-probe.ts';
import { type Compared, compare } from '../rounds.ts';

const OURS = 'holdfast';
const FLOOR = '@kubernetes/client-node';

export const row: BenchRow = {
  measure: async () => {
    const { modules } = await probe(OURS, 'list');
    const isLazy = modules.length > 0 && !modules.some((url) => url.includes(`/${FLOOR}/`));
    const time = await of('milliseconds');
    const memory = await of('megabytes');
    return [
      { what: `import '${OURS}' against '${FLOOR}': time`, ...shown(time, 'ms', isLazy) },
      { what: `import '${OURS}' against '${FLOOR}': memory`, ...shown(memory, 'MB', isLazy) },
    ];
  },
};

const of = (figure: 'milliseconds' | 'megabytes') =>
  compare({
    ours: async () => (await probe(OURS))[figure],
    floor: async () => (await probe(FLOOR))[figure],
  });

function shown({ ours, floor, ratio }: Compared, unit: string, isLazy: boolean) {
  const { budget, met } = atMost(ratio, 0.25);
  return {
    ours: `${ours.toFixed(1)} ${unit}`,
    floor: `${floor.toFixed(1)} ${unit}`,
    ratio,
    budget: `${budget}, the other not loaded`,
    met: met && isLazy,
  };
}

async function probe(specifier: string, ...list: string[]): Promise<Probed> {
  await using child = startChild(new URL('../import-probe.ts', import.meta.url), [specifier, ...list]);
  return await child.heard();
}
