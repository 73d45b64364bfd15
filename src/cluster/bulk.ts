import type { Clock } from '../core/clock.ts';
import { ClosedError, HoldfastError } from '../core/errors.ts';
import { type Run, runEach } from '../core/run.ts';
import { inShard } from '../core/shard.ts';
import { type BulkOptions, checkRunOptions, placesOf } from './bulk-options.ts';
import type { BulkSummary, GroupOutcome } from './bulk-result.ts';
import type { Meter } from './cost.ts';
import { InconsistentClusterError, RolledBackError } from './errors.ts';
import type { Outside } from './group-hold.ts';
import type { LeftAlone } from './operations.ts';
import type { GroupResult } from './result.ts';

export interface BulkWork {
  readonly ids: Iterable<string> | AsyncIterable<string>;
  readonly options: BulkOptions | undefined;
  readonly clock: Clock;
  operate(groupId: string, context: BulkContext): Promise<GroupResult | LeftAlone>;
}

interface BulkContext {
  /** What the id is called in an error: where it stands, if that is known. */
  readonly path: string;
  readonly meter: Meter;
  /** Aborts the operation, and has it undone. */
  readonly signal?: AbortSignal;
  /** Ends the wait for the group's lock only. */
  readonly waitSignal: AbortSignal;
  readonly outside: Outside;
}

/** One operation per id, each with an outcome of its own. */
export function runBulk({ ids, options, clock, operate }: BulkWork): Run<GroupOutcome, BulkSummary> {
  checkRunOptions(options);
  const meter: Meter = { requests: 0, retries: 0 };
  const nextPath = placesOf(options?.shard);
  const counts = { changed: 0, unchanged: 0, 'rolled-back': 0, unavailable: 0, inconsistent: 0, skipped: 0 };
  return runEach<string, GroupOutcome, BulkSummary>(inShard(ids, options?.shard), {
    name: 'ids',
    options,
    defaultConcurrency: 16,
    clock,
    work: async (groupId, { signal, outside }) => {
      const path = nextPath();
      // A loop that was left may be aborted as well, while what was in flight then ends.
      const stops = [signal, options?.signal];
      const outcome = await outcomeOf(groupId, stops, () =>
        operate(groupId, {
          path,
          meter,
          waitSignal: signal,
          outside,
          // A broken loop or too many failures let work in flight end; only the caller's own signal has it undone.
          ...(options?.signal === undefined ? {} : { signal: options.signal }),
        }),
      );
      counts[outcome.status]++;
      return outcome;
    },
    skip: (groupId) => ({ groupId, status: 'skipped' }),
    grade: ({ status }) => GRADES[status],
    summarize: (base) => ({
      ...base,
      changed: counts.changed,
      unchanged: counts.unchanged,
      rolledBack: counts['rolled-back'],
      unavailable: counts.unavailable,
      inconsistent: counts.inconsistent,
      ...meter,
    }),
  });
}

const GRADES = {
  changed: 'done',
  unchanged: 'done',
  'rolled-back': 'failed',
  unavailable: 'failed',
  inconsistent: 'unknown',
  skipped: 'skipped',
} as const;

async function outcomeOf(
  groupId: string,
  stops: readonly (AbortSignal | undefined)[],
  operate: () => Promise<GroupResult | LeftAlone>,
): Promise<GroupOutcome> {
  try {
    const result = await operate();
    if ('leftAlone' in result) return { groupId, status: 'skipped', error: result.leftAlone };
    return { groupId, status: result.changed ? 'changed' : 'unchanged', result };
  } catch (error) {
    if (stops.some((stop) => stop?.aborted === true && error === stop.reason)) {
      return { groupId, status: 'skipped' };
    }
    // A closed client makes going on pointless for every id there is.
    if (!(error instanceof HoldfastError) || error instanceof ClosedError) throw error;
    if (error instanceof InconsistentClusterError) return { groupId, status: 'inconsistent', error };
    if (error instanceof RolledBackError) return { groupId, status: 'rolled-back', error };
    return { groupId, status: 'unavailable', error };
  }
}
