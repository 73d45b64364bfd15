import {
  type DeletedJobs,
  type DiskStoreOptions,
  type DropCallOptions,
  type DropFile,
  type DropFollowOptions,
  type DropWatchOptions,
  diskStore,
  type FileDropOptions,
  FileDropScheduler,
  type FileStore,
  type HoldfastError,
  type Kubernetes,
  type ProcessedFile,
  type ProcessorOptions,
  type ProcessorPod,
  processFile,
  type Run,
  type RunOptions,
  type RunSummary,
  type ScheduledFile,
  type ScheduleOptions,
  type ScheduleSummary,
  type TrafficSummary,
} from 'holdfast';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

declare const drop: FileDropScheduler;
declare const kube: Kubernetes;
declare const store: FileStore;

const needed = { kube, store, image: 'i', apiUrl: 'http://a', fileUrl: 'http://b/static' } as const;

it('FileDropScheduler has the methods of the design', () => {
  expectTypeOf(FileDropScheduler).constructorParameters.toEqualTypeOf<[options: FileDropOptions]>();
  expectTypeOf(drop.schedule).toEqualTypeOf<
    (
      files: Iterable<DropFile> | AsyncIterable<DropFile>,
      options?: ScheduleOptions,
    ) => Run<ScheduledFile, ScheduleSummary>
  >();
  expectTypeOf(drop.pods).toEqualTypeOf<(options?: DropCallOptions) => Promise<ProcessorPod[]>>();
  expectTypeOf(drop.watch).toEqualTypeOf<(options?: DropWatchOptions) => AsyncIterable<ProcessorPod>>();
  expectTypeOf(drop.follow).toEqualTypeOf<
    (options?: DropFollowOptions) => Run<ProcessorPod, TrafficSummary>
  >();
  expectTypeOf(drop.deleteJobs).toEqualTypeOf<(options?: DropCallOptions) => Promise<DeletedJobs>>();
  expectTypeOf<DeletedJobs>().toEqualTypeOf<{ readonly deleted: number }>();
});

it('a typo in its options does not compile', () => {
  expectTypeOf<MutableKeys<FileDropOptions>>().toEqualTypeOf<never>();
  new FileDropScheduler({ ...needed, fileUrl: (id) => `http://b/${id}`, mode: 'auto', namespace: 'n' });
  new FileDropScheduler({ ...needed, apiToken: { secretName: 's', key: 'k' } });
  // @ts-expect-error `image` is not optional.
  new FileDropScheduler({ kube, store, apiUrl: 'http://a', fileUrl: 'http://b' });
  // @ts-expect-error `apiToken` it is.
  new FileDropScheduler({ ...needed, token: 't' });
  // @ts-expect-error There are three modes.
  new FileDropScheduler({ ...needed, mode: 'batch' });
  // @ts-expect-error A key of a Secret has a key.
  new FileDropScheduler({ ...needed, apiToken: { secretName: 's' } });
});

it('a typo in the options of a call does not compile', () => {
  expectTypeOf<ScheduleOptions>().toExtend<RunOptions>();
  void drop.schedule(['a.pdf'], { dropId: 'd', concurrency: 2, failAbove: 1 });
  // @ts-expect-error `dropId` it is.
  void drop.schedule(['a.pdf'], { id: 'd' });
  // @ts-expect-error One look has no concurrency.
  void drop.pods({ concurrency: 2 });
  // @ts-expect-error A watch has no deadline.
  drop.watch({ deadline: 1 });
  // @ts-expect-error `maxFileBytes` it is.
  diskStore('/var/lib/drop', { maxBytes: 1 });
});

it('a file is a path or a name with bytes', () => {
  expectTypeOf<string>().toExtend<DropFile>();
  for (const body of [new Blob([]), new ReadableStream<Uint8Array>(), new Uint8Array()]) {
    expectTypeOf({ name: 'a.pdf', body }).toExtend<DropFile>();
  }
  expectTypeOf<{ name: string; body: AsyncIterable<Uint8Array> }>().toExtend<DropFile>();
  expectTypeOf<{ name: string }>().not.toExtend<DropFile>();
});

it('results are readonly and hold what the design says', () => {
  expectTypeOf<MutableKeys<ScheduledFile | ProcessorPod | ProcessedFile>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<ScheduleSummary | TrafficSummary>>().toEqualTypeOf<'rerun'>();
  expectTypeOf<ScheduledFile>().toEqualTypeOf<{
    readonly id: string;
    readonly filename: string;
    readonly status: 'scheduled' | 'failed' | 'skipped';
    readonly job?: string;
    readonly error?: HoldfastError;
  }>();
  expectTypeOf<ScheduleSummary>().toExtend<RunSummary<DropFile>>();
  expectTypeOf<ProcessorPod['phase']>().toEqualTypeOf<
    'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  >();
  expectTypeOf<ProcessorPod['finishedAt']>().toEqualTypeOf<Date | undefined>();
});

it('the store and the processor have the signatures of the design', () => {
  expectTypeOf(diskStore).toEqualTypeOf<(directory: string, options?: DiskStoreOptions) => FileStore>();
  expectTypeOf(processFile).toEqualTypeOf<(options: ProcessorOptions) => Promise<ProcessedFile>>();
  // @ts-expect-error `filename` it is.
  void processFile({ target: 'http://a', apiUrl: 'http://b', fileName: 'f' });
});
