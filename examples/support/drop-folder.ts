import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileDropScheduler, ProcessorPod, ScheduleSummary, TrafficSummary } from 'holdfast';
import { UsageError } from './arguments.ts';
import type { FileDropSettings } from './file-drop-settings.ts';
import { progressBar } from './progress-bar.ts';
import { printTable } from './table.ts';

/** Drops every file of a folder and follows each to its end. Resolves with whether all Succeeded. */
export async function dropFolder(
  drop: FileDropScheduler,
  folder: string,
  settings: FileDropSettings,
  signal: AbortSignal,
): Promise<boolean> {
  const files = await filesOf(folder);
  const scheduled = await schedule(drop, files, settings, signal);
  signal.throwIfAborted();
  const { dropId } = scheduled;
  const traffic = await follow(drop, scheduled, signal);
  printRecap(traffic, scheduled, files.length);
  const ok = traffic.succeeded === files.length;
  // Jobs that failed stay to be looked at, until their time to live is over.
  if (ok) await drop.deleteJobs({ dropId, signal });
  else if (settings.cluster !== undefined) {
    console.error(`to delete what is left: kubectl delete jobs,secrets -l holdfast/drop=${dropId}`);
  }
  return ok;
}

/** In an order that does not change, so that a drop can be gone on with. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UsageError(`the folder ${JSON.stringify(folder)} cannot be read (${error.code})`);
    },
  );
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  if (files.length === 0) throw new UsageError(`there is no file in ${JSON.stringify(folder)}`);
  return files.sort();
}

async function schedule(
  drop: FileDropScheduler,
  files: readonly string[],
  { concurrency, dropId, rate, store, cluster }: FileDropSettings,
  signal: AbortSignal,
): Promise<ScheduleSummary> {
  const bar = progressBar('scheduled', files.length);
  const run = drop.schedule(files, { concurrency, dropId, rate, signal, onProgress: bar.show });
  try {
    for await (const { status, filename, error } of run) {
      if (status === 'failed') bar.note(`${JSON.stringify(filename)} was not scheduled: ${error?.message}`);
    }
  } finally {
    bar.end();
  }
  const summary = await run;
  // The Jobs on a mini Kubernetes go with this process.
  if (signal.aborted && store !== undefined && cluster !== undefined) {
    console.error(`to go on: the same command with --drop-id ${summary.dropId}`);
  }
  return summary;
}

async function follow(
  drop: FileDropScheduler,
  { dropId, done }: ScheduleSummary,
  signal: AbortSignal,
): Promise<TrafficSummary> {
  const bar = progressBar('ended', done);
  try {
    return await drop.follow({ dropId, signal, onProgress: bar.show });
  } finally {
    bar.end();
  }
}

function printRecap(traffic: TrafficSummary, scheduled: ScheduleSummary, files: number): void {
  for (const failure of traffic.failures.slice(0, MOST_FAILURES)) printFailure(failure);
  const hidden = traffic.failed - Math.min(traffic.failures.length, MOST_FAILURES);
  if (hidden > 0) console.log(`and ${hidden} more that failed`);
  printTable([
    ['succeeded', traffic.succeeded],
    ['failed', traffic.failed],
    ...(traffic.skipped > 0 ? [['not ended', traffic.skipped] as const] : []),
    ['not scheduled', files - scheduled.done],
    ['waiting', durations(traffic.waiting)],
    ['running', durations(traffic.running)],
    ['files per second', rates(traffic.rate)],
  ]);
}

const MOST_FAILURES = 10;

/** A name is any text, so it is shown as JSON. */
function printFailure({ filename, phase, reason, log = [] }: ProcessorPod): void {
  const how = phase === 'Failed' ? 'failed' : 'ended nobody knows how';
  console.log(`${JSON.stringify(shorten(filename))} ${how}: ${reason ?? 'for a reason that nobody knows'}`);
  for (const line of log) console.log(`  ${line}`);
}

const shorten = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

const durations = ({ p50, p90, p99 }: TrafficSummary['waiting']) =>
  p50 === undefined ? 'not known' : `p50 ${seconds(p50)}, p90 ${seconds(p90)}, p99 ${seconds(p99)}`;

/** Kubernetes tells whole seconds. */
const seconds = (milliseconds = 0) => `${milliseconds / 1_000} s`;

const rates = ({ asked, reached }: TrafficSummary['rate']) =>
  [
    ...(asked === undefined ? [] : [`${asked} asked`]),
    reached === undefined ? 'it takes two to tell what was reached' : `${reached.toFixed(1)} reached`,
  ].join(', ');
