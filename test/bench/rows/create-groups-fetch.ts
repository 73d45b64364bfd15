import type { BenchRow } from '../bench-row.ts';
import { bareFetch } from '../group-requests.ts';
import { throughput } from '../throughput.ts';

export const row: BenchRow = {
  measure: () => throughput('createGroups, 3 nodes, against a bare fetch loop', 0.85, 'fetch', bareFetch),
};
