import { HoldfastError } from '../core/errors.ts';
import { type Run, runEach } from '../core/run.ts';
import type { RunOptions } from '../core/run-options.ts';
import type { RunSummary } from '../core/run-task.ts';
import { EndedFiles } from './ended-files.ts';
import type { ProcessorPod } from './processor-pod.ts';
import type { FileDropSettings } from './scheduler-options.ts';

/** Options of `follow`. */
export interface DropFollowOptions extends RunOptions {
  /** Only this drop, with those of its files whose Jobs are gone already. @default all that there are Jobs of */
  readonly dropId?: string | undefined;
}

/** How the traffic went. */
export interface TrafficSummary extends RunSummary<ProcessorPod> {
  /** Files whose container ended well; as `done`. */
  readonly succeeded: number;
  /** Files whose end was not told, because it was stopped; `rerun('skipped')` gives each as it was last seen. */
  readonly skipped: number;
  /**
   * Every file that there is ended well: none failed and none was skipped. False as well where it was stopped before it
   * knew which files there are.
   */
  readonly ok: boolean;
  /** The first 100 that did not succeed, with reason and last log lines. */
  readonly failures: readonly ProcessorPod[];
  /** From when the Job was made (of an Indexed Job: its pod) until the container started. */
  readonly waiting: Durations;
  /** From there until the container ended. */
  readonly running: Durations;
  /** Files per second: as `schedule` was asked, where one drop is followed, and as the containers started. */
  readonly rate: {
    /** The `rate` of its `schedule`; absent where none was asked for, or all drops are followed. */
    readonly asked?: number;
    /**
     * Between the first start and the last; absent where there are no two. The least that it was where all are of the
     * same second, for Kubernetes tells whole ones.
     */
    readonly reached?: number;
  };
}

/** Milliseconds, of those that are known; Kubernetes tells whole seconds. */
export interface Durations {
  /** Half took no longer. */
  readonly p50?: number;
  /** Nine in ten took no longer. */
  readonly p90?: number;
  /** 99 in a hundred took no longer. */
  readonly p99?: number;
}

export function followTraffic(
  settings: FileDropSettings,
  { dropId, ...options }: DropFollowOptions,
): Run<ProcessorPod, TrafficSummary> {
  const { store, clock } = settings;
  const waiting: number[] = [];
  const running: number[] = [];
  const starts: number[] = [];
  const failures: ProcessorPod[] = [];
  const files = new EndedFiles(settings, dropId);
  let asked: number | undefined;
  return runEach<ProcessorPod, ProcessorPod, TrafficSummary>(files, {
    name: 'files',
    options,
    defaultConcurrency: 8,
    clock,
    work: async (ended) => {
      if (dropId !== undefined) asked ??= (await store.drop(dropId))?.rate;
      const pod = ended.phase === 'Failed' ? await withLog(settings, ended) : ended;
      await store.removeBytes(pod.id);
      const { createdAt, startedAt, finishedAt } = pod;
      if (startedAt !== undefined) starts.push(startedAt.getTime());
      if (createdAt !== undefined && startedAt !== undefined) waiting.push(between(createdAt, startedAt));
      if (startedAt !== undefined && finishedAt !== undefined) running.push(between(startedAt, finishedAt));
      if (pod.phase !== 'Succeeded' && failures.length < 100) failures.push(pod);
      return pod;
    },
    skip: (ended) => ended,
    grade: ({ phase }) => (phase === 'Succeeded' ? 'done' : phase === 'Failed' ? 'failed' : 'unknown'),
    rest: () => files.rest(),
    summarize: (base) => ({
      ...base,
      ok: base.ok && files.known,
      succeeded: base.done,
      failures,
      waiting: durationsOf(waiting),
      running: durationsOf(running),
      rate: { ...(asked !== undefined && { asked }), ...reached(starts) },
    }),
  });
}

const between = (from: Date, to: Date) => Math.max(0, to.getTime() - from.getTime());

/** By nearest rank. */
function durationsOf(values: readonly number[]): Durations {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const [p50, p90, p99] = [at(0.5), at(0.9), at(0.99)];
  return p50 === undefined || p90 === undefined || p99 === undefined ? {} : { p50, p90, p99 };
}

function reached(starts: readonly number[]): { readonly reached?: number } {
  const [first, last] = starts.reduce<[number, number]>(
    ([least, most], at) => [Math.min(least, at), Math.max(most, at)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (starts.length < 2) return {};
  return { reached: ((starts.length - 1) * 1_000) / Math.max(last - first, RESOLUTION) };
}

/** Milliseconds: starts of one time may be that far apart. */
const RESOLUTION = 1_000;

const LOG_LINES = 10;

async function withLog(settings: FileDropSettings, pod: ProcessorPod): Promise<ProcessorPod> {
  const { kube, namespace, logger, apiToken } = settings;
  if (pod.pod === '') return pod;
  try {
    const text = await kube.podLog(pod.pod, { namespace, tailLines: LOG_LINES, limitBytes: 16_384 });
    const clean = typeof apiToken === 'string' ? text.replaceAll(apiToken, '<redacted>') : text;
    return { ...pod, log: clean.split('\n').filter((line) => line !== '') };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    logger.warn('the log of a failed pod could not be read', { pod: pod.pod, code: error.code });
    return pod;
  }
}
