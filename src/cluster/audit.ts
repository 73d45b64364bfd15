import type { Clock } from '../core/clock.ts';
import { ClosedError, HoldfastError } from '../core/errors.ts';
import { type Run, runEach } from '../core/run.ts';
import type { RunSummary } from '../core/run-task.ts';
import { inShard } from '../core/shard.ts';
import { type BulkOptions, checkRunOptions, placesOf } from './bulk-options.ts';

/** What one node has of a group. `unknown`: it did not say in time. */
export type Presence = 'present' | 'absent' | 'unknown';

/** Which nodes have a group. They are asked with no lock held: of an operation under way it shows a moment. */
export interface GroupAudit {
  /** The id that was asked about. */
  readonly groupId: string;
  /** Every node has it, or none has. */
  readonly consistent: boolean;
  /** By name. */
  readonly nodes: Readonly<Record<string, Presence>>;
  /**
   * `split`: some node has it and another does not. `unknown`: some node did not say, and the others agree. `skipped`: the
   * run was stopped before it was known.
   */
  readonly status: 'present' | 'absent' | 'split' | 'unknown' | 'skipped';
  /** Why it could not be asked about at all: a `ConfigError` for an id that cannot be one. */
  readonly error?: HoldfastError;
}

/** Sums up an audit. `done` is `present + absent`; `failed` is `split + unknown`. */
export interface AuditSummary extends RunSummary<string> {
  /** Groups that every node has. */
  readonly present: number;
  /** Groups that no node has. */
  readonly absent: number;
  /** Groups that some node has and another has not. */
  readonly split: number;
  /** Groups of which some node did not say, while the others agree; ids that cannot be one are among them. */
  readonly unknown: number;
}

export interface AuditWork {
  readonly ids: Iterable<string> | AsyncIterable<string>;
  readonly options: BulkOptions | undefined;
  readonly clock: Clock;
  readonly nodeNames: readonly string[];
  /** @throws the signal's reason; ConfigError; any other error means that this node does not say */
  ask(node: string, groupId: string, signal: AbortSignal): Promise<boolean>;
  /** @throws ConfigError for an id that cannot be one; ClosedError */
  check(groupId: string, path: string): void;
}

/** One look at every node for every id. */
export function runAudit(work: AuditWork): Run<GroupAudit, AuditSummary> {
  const { ids, options, clock, nodeNames } = work;
  checkRunOptions(options);
  const nextPath = placesOf(options?.shard);
  const counts = { present: 0, absent: 0, split: 0, unknown: 0, skipped: 0 };
  const everywhere = (presence: Presence) =>
    Object.fromEntries(nodeNames.map((name) => [name, presence] as const));
  const skipped = (groupId: string): GroupAudit => ({
    groupId,
    consistent: false,
    nodes: everywhere('unknown'),
    status: 'skipped',
  });
  return runEach<string, GroupAudit, AuditSummary>(inShard(ids, options?.shard), {
    name: 'ids',
    options,
    defaultConcurrency: 16,
    clock,
    work: async (groupId, { signal }) => {
      const audit = await auditGroup(work, { groupId, path: nextPath(), signal }).catch(
        (error: unknown): GroupAudit => {
          if (isStop(error, signal)) return skipped(groupId);
          if (!(error instanceof HoldfastError) || error instanceof ClosedError) throw error;
          return { ...skipped(groupId), status: 'unknown', error };
        },
      );
      counts[audit.status]++;
      return audit;
    },
    skip: skipped,
    grade: ({ status }) => GRADES[status],
    summarize: (base) => {
      const { present, absent, split, unknown } = counts;
      return { ...base, present, absent, split, unknown };
    },
  });
}

const GRADES = {
  present: 'done',
  absent: 'done',
  split: 'failed',
  unknown: 'unknown',
  skipped: 'skipped',
} as const;

async function auditGroup(
  { nodeNames, ask, check }: AuditWork,
  {
    groupId,
    path,
    signal,
  }: { readonly groupId: string; readonly path: string; readonly signal: AbortSignal },
): Promise<GroupAudit> {
  check(groupId, path);
  const nodes = await Promise.all(
    nodeNames.map(async (name): Promise<readonly [string, Presence]> => {
      try {
        return [name, (await ask(name, groupId, signal)) ? 'present' : 'absent'];
      } catch (error) {
        if (isStop(error, signal) || !(error instanceof HoldfastError) || error instanceof ClosedError) {
          throw error;
        }
        return [name, 'unknown'];
      }
    }),
  );
  const status = statusOf(new Set(nodes.map(([, presence]) => presence)));
  return {
    groupId,
    consistent: status === 'present' || status === 'absent',
    nodes: Object.fromEntries(nodes),
    status,
  };
}

/** Whether it failed because the run was stopped, and not of its own at that moment. */
const isStop = (error: unknown, signal: AbortSignal) => signal.aborted && error === signal.reason;

function statusOf(presences: ReadonlySet<Presence>): Exclude<GroupAudit['status'], 'skipped'> {
  if (presences.has('present') && presences.has('absent')) return 'split';
  if (presences.has('unknown')) return 'unknown';
  return presences.has('present') ? 'present' : 'absent';
}
