import type { CallResult } from 'holdfast';
import { printTable } from './table.ts';

/** More pods than this, and only those with failures are shown. */
const MOST_ROWS = 50;

/** Counts results for each pod. */
export function podRecap() {
  const pods = new Map<string, { ok: number; failed: number; skipped: number; error: string }>();
  return {
    add({ call, status, error }: CallResult): void {
      const row = pods.get(call.pod) ?? { ok: 0, failed: 0, skipped: 0, error: '' };
      row[status] += 1;
      if (error !== undefined) row.error = error.message;
      pods.set(call.pod, row);
    },
    print(): void {
      const all = [...pods];
      const shown = all.length > MOST_ROWS ? all.filter(([, { failed }]) => failed > 0) : all;
      printTable([
        ['pod', 'ok', 'failed', 'skipped', 'last error'],
        ...shown
          .slice(0, MOST_ROWS)
          .map(([pod, { ok, failed, skipped, error }]) => [pod, ok, failed, skipped, error]),
      ]);
      const hidden = all.length - Math.min(shown.length, MOST_ROWS);
      if (hidden > 0) console.log(`and ${hidden} more pods`);
    },
  };
}
