import { defineError, HoldfastError } from '../core/errors.ts';

/**
 * Where dropped files stand from when they are dropped until their Jobs ended. A port: `diskStore` is one. What `put`,
 * `openDrop` and `markScheduled` have resolved for is still there after a restart.
 */
export interface FileStore {
  /**
   * Stores a file, whole or not at all. One with its id that is there already is replaced.
   * @throws FileStoreError `FILE_TOO_LARGE` or `STORE_FULL`; what `body` throws; the signal's reason. Nothing is then left.
   */
  put(file: NewFile, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredFile>;
  /** What is known of a file; `undefined` for an id that is not, or that cannot be one. */
  get(id: string): Promise<StoredFile | undefined>;
  /** The bytes; `undefined` where they are not, or no longer, there. */
  read(id: string): Promise<FileBytes | undefined>;
  /** Remembers that the file's Job exists. */
  markScheduled(id: string): Promise<void>;
  /** Removes the bytes, keeping what is known; tells whether they were there. */
  removeBytes(id: string): Promise<boolean>;
  /** Every known file, of one drop or of all, in no order. */
  list(dropId?: string): AsyncIterable<StoredFile>;
  /** Keeps the record of a drop; one that is there is replaced. */
  saveDrop(drop: DropRecord): Promise<void>;
  /** The record of a drop; `undefined` where there is none. */
  drop(dropId: string): Promise<DropRecord | undefined>;
  /** Every known drop, in no order. */
  drops(): AsyncIterable<DropRecord>;
  /** Forgets files and drops that were stored before a moment, with their bytes; tells how many files. */
  removeBefore(moment: Date): Promise<number>;
}

/** Options of `put`. */
export interface PutOptions {
  /** Ends it, with nothing stored. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** A file that is to be stored. */
export interface NewFile {
  /** As `dropFileId` makes it. */
  readonly id: string;
  /** The drop that it belongs to. */
  readonly dropId: string;
  /** In the drop, counted from 0. */
  readonly position: number;
  /** As it was dropped: any text, and never part of a path. */
  readonly filename: string;
}

/** What is known of a stored file. */
export interface StoredFile extends NewFile {
  /** Bytes. */
  readonly size: number;
  /** When it was stored whole. */
  readonly storedAt: Date;
  /** Whether its Job is known to exist, or to have existed. */
  readonly scheduled: boolean;
}

/** The bytes of a stored file. */
export interface FileBytes {
  /** Bytes. */
  readonly size: number;
  /** Read once. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What has to be known to go on with a drop that was cut off. */
export interface DropRecord {
  /** Names the drop. */
  readonly dropId: string;
  /** A Job for each file, or one Indexed Job for all: as the drop was begun. */
  readonly mode: 'job' | 'indexed';
  /** When it was begun. */
  readonly createdAt: Date;
  /** Files per second that were asked for. */
  readonly rate?: number | undefined;
  /** Of an Indexed Job, once its files are settled: how many, and the positions that have none. */
  readonly indexed?: IndexedFiles | undefined;
}

/** Which files of a drop an Indexed Job has. */
export interface IndexedFiles {
  /** How many files, and so indexes, there are. */
  readonly count: number;
  /** Ascending positions whose file could not be stored. */
  readonly gaps: readonly number[];
}

/**
 * A file that cannot be stored: `FILE_TOO_LARGE`; `STORE_FULL` where there are as many as there may be, or the disk is full;
 * `STORE_GONE` where the store itself is not there any more.
 */
export class FileStoreError extends HoldfastError {
  static {
    defineError(this, 'FileStoreError');
  }

  /** Only a full store may have room again later: its error alone is `retryable`. */
  constructor(
    code: 'FILE_TOO_LARGE' | 'STORE_FULL' | 'STORE_GONE',
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, { code, retryable: code === 'STORE_FULL', ...options });
  }
}

/** The position of the file that an index of an Indexed Job stands for. */
export function positionOf(index: number, gaps: readonly number[]): number {
  return gaps.reduce((position, gap) => (gap <= position ? position + 1 : position), index);
}
