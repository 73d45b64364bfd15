import type { OperationEnding } from './tally.ts';
import type { World } from './world.ts';

/** What became of one run. */
export interface SimulationReport {
  /** The one that replays this run. */
  readonly seed: number;
  /** Nothing was violated. */
  readonly ok: boolean;
  /** What was promised, or checked, and did not hold. */
  readonly violations: readonly string[];
  /** How many operations ended in each way. */
  readonly operations: Readonly<Record<OperationEnding, number>>;
  /** How often each kind of fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  /** Requests that left, in all. */
  readonly requests: number;
  /** Processes that crashed. */
  readonly crashes: number;
  /** Entries of the journal that `recover()` ended. */
  readonly recoveries: number;
  /** Milliseconds of virtual time that the run took. */
  readonly virtualTime: number;
  /** What happened, line by line, each with its virtual time; of a long run the end. */
  readonly trace: readonly string[];
  /** 16 hexadecimal digits over every line of the trace: equal where the same happened at the same time. */
  readonly digest: string;
}

/** The seed, what was violated, and what led there, for a person to read. */
export function describeSimulation({ seed, violations, trace, digest }: SimulationReport): string {
  const verdict = violations.length === 0 ? 'nothing was violated' : violations.join('\n');
  return [...trace, '', `seed ${seed} (digest ${digest}): ${verdict}`].join('\n');
}

export function reportOf(seed: number, { ledger, tally, trace, timeline }: World): SimulationReport {
  const { requests, crashes, recoveries } = tally;
  return {
    seed,
    ok: ledger.violations.length === 0,
    violations: ledger.violations,
    operations: { ...NONE, ...Object.fromEntries(tally.operations()) },
    faults: Object.fromEntries(tally.faults()),
    requests,
    crashes,
    recoveries,
    virtualTime: timeline.time,
    trace: trace.lines(),
    digest: trace.digest(),
  };
}

const NONE: Readonly<Record<OperationEnding, number>> = {
  changed: 0,
  unchanged: 0,
  'rolled-back': 0,
  unavailable: 0,
  inconsistent: 0,
  aborted: 0,
  crashed: 0,
};
