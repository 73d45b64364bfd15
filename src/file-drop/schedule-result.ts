import type { HoldfastError } from '../core/errors.ts';
import type { RunOptions } from '../core/run-options.ts';
import type { RunSummary } from '../core/run-task.ts';
import type { DropFile } from './drop-file.ts';

/** Options of `schedule`. */
export interface ScheduleOptions extends RunOptions {
  /**
   * Names the drop. The same files with the same id are the same drop: what is stored and scheduled of it is not again.
   * At most 63 lower-case letters, digits and `-`. @default a UUID, which the summary and the store's `drops()` tell
   */
  readonly dropId?: string | undefined;
  /** Jobs per second at most; for `mode: 'job'` only. @default as fast as it goes */
  readonly rate?: number | undefined;
  /** How many files are stored and scheduled at once. @default 20 */
  readonly concurrency?: number | undefined;
}

/** What became of a dropped file. */
export interface ScheduledFile {
  /** The file's, and the name of its Job in mode `job`. */
  readonly id: string;
  /** As it was dropped. */
  readonly filename: string;
  /** `failed`: it was not stored, or its Job not made. `skipped`: the run was stopped before. */
  readonly status: 'scheduled' | 'failed' | 'skipped';
  /** The name of its Job, once scheduled. */
  readonly job?: string;
  /** Why it failed. */
  readonly error?: HoldfastError;
}

/** `rerun` gives files with their positions: to be scheduled with the same `dropId`. */
export interface ScheduleSummary extends RunSummary<DropFile> {
  /** Names the drop: what failed is scheduled again with it. */
  readonly dropId: string;
  /** How its Jobs were made. */
  readonly mode: 'job' | 'indexed';
  /** Of the files that were scheduled, those known from before included. */
  readonly bytes: number;
}
