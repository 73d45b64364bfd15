import { request } from 'undici';
import type { BenchRow } from '../bench-row.ts';
import { throughput } from '../throughput.ts';

export const row: BenchRow = {
  measure: () =>
    throughput(
      "createGroups by transport 'undici', 3 nodes, against a bare undici.request loop",
      0.5,
      'undici',
      async ({ url, ...init }) => (await request(url, init)).body.text(),
    ),
};
