import * as v from 'valibot';
import { failAboveProblem } from './fail-above.ts';
import type { Progress, RunOptions } from './run-options.ts';
import { count, validate } from './validate.ts';

/** `RunOptions` with the defaults filled in. */
export interface RunSettings {
  readonly signal: AbortSignal | undefined;
  readonly concurrency: number;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly failAbove: RunOptions['failAbove'];
  readonly rerunLimit: number;
}

const values = v.object({
  concurrency: v.optional(count(1)),
  failAbove: v.optional(
    v.custom<number | `${number}%`>(
      (value) => failAboveProblem(value) === undefined,
      ({ input }) => failAboveProblem(input) ?? '',
    ),
  ),
  rerunLimit: v.optional(count(0)),
});

/** Throws a `ConfigError` for values out of range. */
export function runSettings(options: RunOptions = {}, defaultConcurrency: number): RunSettings {
  const {
    concurrency = defaultConcurrency,
    failAbove,
    rerunLimit = 10_000,
  } = validate(values, options, 'options');
  return { signal: options.signal, concurrency, onProgress: options.onProgress, failAbove, rerunLimit };
}
