import * as v from 'valibot';
import type { RunOptions } from '../core/run-options.ts';
import { abortSignal, callable, milliseconds, validate } from '../core/validate.ts';
import { dropIdSchema } from './file-id.ts';

/** @throws {ConfigError} */
export const parseCallOptions = (options: unknown) => validate(callOptions, options, 'options');
export const parseWatchOptions = (options: unknown) => validate(watchOptions, options, 'options');
export const checkFollowOptions = (options: unknown): void =>
  void validate(followOptions, options, 'options');
export const checkScheduleOptions = (options: unknown): void =>
  void validate(scheduleOptions, options, 'options');

const watchEntries = { dropId: v.optional(dropIdSchema), signal: v.optional(abortSignal) };
const watchOptions = v.strictObject(watchEntries);

const callOptions = v.strictObject({
  ...watchEntries,
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
});

const followEntries = {
  ...watchEntries,
  onProgress: v.optional(callable<NonNullable<RunOptions['onProgress']>>()),
  // What is not looked at here, the run itself checks.
  concurrency: v.optional(v.unknown()),
  failAbove: v.optional(v.unknown()),
  rerunLimit: v.optional(v.unknown()),
};
const followOptions = v.strictObject(followEntries);

const scheduleOptions = v.strictObject({
  ...followEntries,
  rate: v.optional(
    v.custom<number>(
      (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
      ({ received }) => `expected a number of files per second above 0, received ${received}`,
    ),
  ),
});
