import { HoldfastError } from '../core/errors.ts';
import { Run, runEach } from '../core/run.ts';
import type { Inputs } from '../core/source.ts';
import { createJob, type OpenDrop } from './drop.ts';
import type { DropFile } from './drop-file.ts';
import { dropFileId, dropJobName } from './file-id.ts';
import type { IndexedFiles } from './file-store.ts';
import { indexedJob } from './job-manifest.ts';
import { beginEmpty, fileOutcome, gradeOf, runOptionsOf, type Scheduling, skipped } from './schedule-jobs.ts';
import type { ScheduledFile, ScheduleSummary } from './schedule-result.ts';
import type { FileDropSettings } from './scheduler-options.ts';
import { settleFile } from './settle-file.ts';

/**
 * Stores every file, then creates the one Job for them. A run that was stopped before creates none; one whose Job the API
 * refuses rejects. Either is gone on with by the same files and the same drop id.
 */
export function scheduleIndexed(
  files: Inputs<DropFile>,
  scheduling: Scheduling,
): Run<ScheduledFile, ScheduleSummary> {
  const { settings, dropId, options, open } = scheduling;
  return new Run(async (outlet) => {
    const positions: number[] = [];
    let bytes = 0;
    /** Whether the Job was made before; it may be gone by now, and must not be made again. */
    let wasMade = false;
    let running: AbortSignal | undefined;
    const stops = [options.signal, outlet.left].filter((one) => one !== undefined);
    const storing = runEach<DropFile, ScheduledFile, ScheduleSummary>(files, {
      name: 'files',
      options: { ...runOptionsOf(options), signal: AbortSignal.any(stops) },
      defaultConcurrency: 20,
      clock: settings.clock,
      work: async (input, { signal }) => {
        running = signal;
        const { record } = await open();
        return fileOutcome(settings, dropId, input, signal, async (file) => {
          const stored = await settleFile(settings.store, record, file, signal);
          const { id, filename, size } = stored;
          positions.push(file.position);
          wasMade ||= stored.scheduled;
          bytes += size;
          return { id, filename, status: 'scheduled', job: dropJobName(dropId) };
        });
      },
      skip: (input) => skipped(dropId, input),
      grade: gradeOf,
      summarize: async (base) => {
        await beginEmpty(scheduling, base);
        return { ...base, dropId, mode: 'indexed', bytes };
      },
    });
    for await (const item of storing) {
      // What is stored is told once its Job exists.
      if (item.status !== 'scheduled' && outlet.wanted) await outlet.put(item);
    }
    const summary = await storing;
    // Too many failures stop a run, too.
    const stopped = [...stops, running].some((signal) => signal?.aborted);
    if (!stopped && !wasMade && positions.length > 0) await createFor(settings, await open());
    for (const position of positions) {
      const id = dropFileId(dropId, position);
      if (!stopped) await settings.store.markScheduled(id);
      if (!outlet.wanted) continue;
      const filename = (await settings.store.get(id))?.filename ?? '';
      const job = dropJobName(dropId);
      await outlet.put(
        stopped ? { id, filename, status: 'skipped' } : { id, filename, status: 'scheduled', job },
      );
    }
    return stopped ? withoutJob(summary) : summary;
  });
}

async function createFor(settings: FileDropSettings, { record, manifest }: OpenDrop): Promise<void> {
  const { dropId } = record;
  const indexed = record.indexed ?? (await filesOf(settings, dropId));
  // Before the Job: its processors ask for their files from its first moment, and it must be the same after a crash.
  if (record.indexed === undefined) await settings.store.saveDrop({ ...record, indexed });
  const dropUrl = settings.dropUrl?.(dropId) ?? '';
  await createJob(settings, indexedJob(manifest, { count: indexed.count, dropUrl }));
}

async function filesOf({ store }: FileDropSettings, dropId: string): Promise<IndexedFiles> {
  const stored = new Set<number>();
  for await (const { position } of store.list(dropId)) stored.add(position);
  const length = [...stored].reduce((most, position) => Math.max(most, position + 1), 0);
  const gaps: number[] = [];
  for (let position = 0; position < length; position += 1) if (!stored.has(position)) gaps.push(position);
  return { count: stored.size, gaps };
}

function withoutJob(summary: ScheduleSummary): ScheduleSummary {
  const { done, skipped: notBegun, dropId } = summary;
  return {
    ...summary,
    done: 0,
    skipped: done + notBegun,
    ok: false,
    rerun: (which) => {
      if (which !== 'skipped') return summary.rerun(which);
      const message = `no Job was made, so every file is skipped: schedule all of them again with dropId '${dropId}'`;
      throw new HoldfastError(message, { code: 'DROP_STOPPED' });
    },
  };
}
