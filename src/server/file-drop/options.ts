import * as v from 'valibot';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Logger, safeLogger, silentLogger } from '../../core/observe.ts';
import { count, having, milliseconds, validate } from '../../core/validate.ts';
import { FileDropScheduler } from '../../file-drop/file-drop-scheduler.ts';
import type { FileStore } from '../../file-drop/file-store.ts';
import {
  type FileDropOptions,
  type FileDropSettings,
  parseFileDropOptions,
} from '../../file-drop/scheduler-options.ts';
import { tokenText } from '../bearer-token.ts';

/** What a `FileDropScheduler` needs, and what is the server's own. */
export interface FileDropAppOptions extends FileDropOptions {
  /**
   * Routes that tell of files, take or delete them must bring it as `Authorization: Bearer`. Without it go the page, which
   * asks for it, `GET /backend/health` and what processors read by ids that nobody can guess.
   * @default none
   */
  readonly token?: string | undefined;
  /** A form over this many bytes is answered with 413. @default 10_737_418_240 */
  readonly maxRequestBytes?: number | undefined;
  /** A file over this many bytes is a failed one. @default 1_073_741_824, and what the store has as its own limit */
  readonly maxFileBytes?: number | undefined;
  /** A form of more files is answered with 413. @default 10_000 */
  readonly maxFiles?: number | undefined;
  /** How many forms are read at once; what comes on top is answered with 503. @default 64 */
  readonly uploads?: number | undefined;
  /** Milliseconds that a form may send nothing before it is answered with 408. @default 60_000 */
  readonly stallTimeout?: number | undefined;
  /** How many pages may be kept up to date at once; what comes on top is answered with 503. @default 1_000 */
  readonly streams?: number | undefined;
  /** Milliseconds after which files and drops are forgotten, whatever became of them. @default 604_800_000, a week */
  readonly keepFor?: number | undefined;
  /** Milliseconds from one look for files whose Job has ended to the next. @default 300_000 */
  readonly sweepInterval?: number | undefined;
}

/** `FileDropAppOptions` with the defaults filled in. */
export interface FileDropAppSettings {
  readonly scheduler: FileDropScheduler;
  readonly drop: FileDropSettings;
  readonly store: FileStore;
  readonly token: string | undefined;
  readonly maxRequestBytes: number;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  readonly uploads: number;
  readonly stallTimeout: number;
  readonly streams: number;
  readonly keepFor: number;
  readonly sweepInterval: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseFileDropAppOptions(options: FileDropAppOptions): FileDropAppSettings {
  const own = validate(appOptions, pick(options, OWN), 'options');
  const drop = parseFileDropOptions(without(options, OWN));
  return {
    scheduler: new FileDropScheduler(without(options, OWN) as FileDropOptions),
    drop,
    store: validate(sweptStore, drop.store, 'options.store'),
    token: own.token,
    maxRequestBytes: own.maxRequestBytes ?? 10 * 2 ** 30,
    maxFileBytes: own.maxFileBytes ?? 2 ** 30,
    maxFiles: own.maxFiles ?? 10_000,
    uploads: own.uploads ?? 64,
    stallTimeout: own.stallTimeout ?? 60_000,
    streams: own.streams ?? 1_000,
    keepFor: own.keepFor ?? 604_800_000,
    sweepInterval: own.sweepInterval ?? 300_000,
    clock: options.clock ?? systemClock,
    logger: safeLogger(options.logger ?? silentLogger),
  };
}

const appEntries = {
  token: v.optional(tokenText),
  maxRequestBytes: v.optional(count(1)),
  maxFileBytes: v.optional(count(0)),
  maxFiles: v.optional(count(1)),
  uploads: v.optional(count(1)),
  stallTimeout: v.optional(milliseconds(1)),
  streams: v.optional(count(0)),
  keepFor: v.optional(milliseconds(1)),
  sweepInterval: v.optional(milliseconds(1)),
};
const appOptions = v.strictObject(appEntries);
const OWN = Object.keys(appEntries);

const sweptStore = having<FileStore>('read', 'list', 'removeBytes', 'removeBefore');

const pick = (options: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => names.includes(name)));

const without = (options: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => !names.includes(name)));
