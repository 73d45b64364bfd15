import { ClosedError, ConnectionError, TimeoutError } from '../core/errors.ts';
import { type Run, runEach } from '../core/run.ts';
import type { Grade, RunSummary } from '../core/run-task.ts';
import type { Inputs } from '../core/source.ts';
import { KubernetesError } from '../kube/errors.ts';
import { asHoldfastError, createJob, type OpenDrop } from './drop.ts';
import { type DropFile, placedFile } from './drop-file.ts';
import { dropFileId } from './file-id.ts';
import type { DropRecord } from './file-store.ts';
import { fileJob } from './job-manifest.ts';
import { openPace } from './pace.ts';
import type { ScheduledFile, ScheduleOptions, ScheduleSummary } from './schedule-result.ts';
import type { FileDropSettings } from './scheduler-options.ts';
import { settleFile } from './settle-file.ts';

/** One call of `schedule`. */
export interface Scheduling {
  readonly settings: FileDropSettings;
  readonly dropId: string;
  readonly options: ScheduleOptions;
  /** Begins the drop at the first call, and finds it again where its Secret was deleted since; else as the one before. */
  open(): Promise<OpenDrop>;
  /** Makes the drop known where no file opened it. */
  begin(): Promise<DropRecord>;
}

/** Stores each file and creates a Job for it. */
export function scheduleJobs(
  files: Inputs<DropFile>,
  scheduling: Scheduling,
): Run<ScheduledFile, ScheduleSummary> {
  const { settings, dropId, options, open } = scheduling;
  const { store, clock, fileUrl } = settings;
  const pace = openPace(options.rate, clock);
  let bytes = 0;
  return runEach<DropFile, ScheduledFile, ScheduleSummary>(files, {
    name: 'files',
    options: runOptionsOf(options),
    defaultConcurrency: 20,
    clock,
    work: async (input, { signal }) => {
      const { record, manifest } = await open();
      return fileOutcome(settings, dropId, input, signal, async (file) => {
        const stored = await settleFile(store, record, file, signal);
        const { id, filename } = stored;
        if (!stored.scheduled) {
          await pace(signal);
          await createJob(settings, fileJob(manifest, { id, filename, url: fileUrl(id) }));
          // While the file came all Jobs may have been deleted, and the Secret that this one needs with them.
          await open();
          await store.markScheduled(id);
        }
        bytes += stored.size;
        return { id, filename, status: 'scheduled', job: id };
      });
    },
    skip: (input) => skipped(dropId, input),
    grade: gradeOf,
    summarize: async (base) => {
      await beginEmpty(scheduling, base);
      return { ...base, dropId, mode: 'job', bytes };
    },
  });
}

/** The item for a file, whatever happens to it. What concerns every file is thrown. */
export async function fileOutcome(
  { logger }: FileDropSettings,
  dropId: string,
  input: DropFile,
  signal: AbortSignal,
  work: (file: ReturnType<typeof placedFile>) => Promise<ScheduledFile>,
): Promise<ScheduledFile> {
  const file = placedFile(input);
  try {
    return await work(file);
  } catch (cause) {
    if (signal.aborted && cause === signal.reason) return skipped(dropId, input);
    if (cause instanceof ClosedError) throw cause;
    const error = asHoldfastError(cause, 'the file could not be read or stored');
    const id = dropFileId(dropId, file.position);
    logger.warn('a file was not scheduled', { id, code: error.code });
    return { id, filename: String(file.name), status: 'failed', error };
  }
}

export function skipped(dropId: string, input: DropFile): ScheduledFile {
  const { position, name } = placedFile(input);
  return { id: dropFileId(dropId, position), filename: String(name), status: 'skipped' };
}

/** A create without a clear answer may have made the Job; scheduling the file again is safe all the same. */
export function gradeOf({ status, error }: ScheduledFile): Grade {
  if (status !== 'failed') return status === 'scheduled' ? 'done' : 'skipped';
  const unclear =
    error instanceof ConnectionError ||
    error instanceof TimeoutError ||
    (error instanceof KubernetesError && (error.uncertain || error.status >= 500));
  return unclear ? 'unknown' : 'failed';
}

/** Where no file came to open the drop, it is to be known all the same, for who follows it; not where none could come. */
export async function beginEmpty(
  { begin, options }: Scheduling,
  { done, failed, skipped }: RunSummary<DropFile>,
): Promise<void> {
  if (done + failed + skipped === 0 && options.signal?.aborted !== true) await begin();
}

export const runOptionsOf = ({ dropId: _, rate: __, ...options }: ScheduleOptions) => options;
