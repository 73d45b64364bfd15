import * as v from 'valibot';
import { ConfigError } from '../core/errors.ts';
import type { RunOptions } from '../core/run-options.ts';
import { type Shard, shard } from '../core/shard.ts';
import { abortSignal, callable, oneOf, validate } from '../core/validate.ts';
import type { Resolve } from './recovery.ts';

/**
 * What a bulk run takes. An id that cannot be one, a number say, stops nothing: nothing is sent for it, and its outcome is
 * `unavailable` with a `ConfigError` that names it and its place in the list; of an audit it is `unknown`.
 */
export interface BulkOptions extends RunOptions {
  /**
   * Only a part of the ids, for runs that several processes share: all get the same ids, and each another `index`. Which
   * part an id is in follows from the id alone. What is not in it is passed over without a word. @default all
   */
  readonly shard?: Shard | undefined;
}

/** What a recovery takes. */
export interface RecoverOptions extends RunOptions {
  /**
   * `undo`: every node is as it was before the open operation. `finish`: every node is as the operation wanted it; where
   * that cannot be had, it is undone. @default 'undo'
   */
  readonly resolve?: Resolve | undefined;
  /**
   * Names, as they stand in the entries, of nodes that are gone for good: entries are ended without them. Without it an
   * entry of a node that this client does not have is left alone. @default none
   */
  readonly forget?: readonly string[] | undefined;
}

/** @throws ConfigError that names every mistake */
export function checkRunOptions(options: unknown): void {
  if (options !== undefined) validate(runOptions, options, 'options');
}

/** What each id is called in an error, asked for in the order in which they are begun, which is theirs. */
export function placesOf(part: Shard | undefined): () => string {
  let next = 0;
  // Those of other shards are passed over uncounted.
  return () => (part === undefined ? `ids[${next++}]` : 'ids');
}

/** @throws ConfigError that names every mistake */
export function parseRecoverOptions(options: unknown): {
  readonly resolve: Resolve;
  readonly forget: readonly string[];
  readonly run: RunOptions;
} {
  const { resolve = 'undo', forget = [], ...run } = validate(recoverOptions, options ?? {}, 'options');
  return { resolve, forget, run: run as RunOptions };
}

/** @throws ConfigError for another word */
export function operationFor(want: unknown): 'create' | 'delete' {
  if (want === 'present') return 'create';
  if (want === 'absent') return 'delete';
  const message = `expected 'present' or 'absent', received ${JSON.stringify(want) ?? typeof want}`;
  throw new ConfigError([{ path: 'want', message }]);
}

/** What is not looked at here, the run itself checks. */
const run = {
  signal: v.optional(abortSignal),
  concurrency: v.optional(v.unknown()),
  onProgress: v.optional(callable<NonNullable<RunOptions['onProgress']>>()),
  failAbove: v.optional(v.unknown()),
  rerunLimit: v.optional(v.unknown()),
};

const runOptions = v.strictObject({ ...run, shard: v.optional(shard) });

const recoverOptions = v.strictObject({
  ...run,
  resolve: v.optional(oneOf('undo', 'finish')),
  forget: v.optional(v.array(v.string())),
});
