import * as v from 'valibot';
import { abortSignal, count, milliseconds, validate } from '../core/validate.ts';
import type { SyncratorSettings } from './options.ts';

/** Options of one call. */
export interface SyncratorCallOptions {
  /** Milliseconds for one request. @default the client's */
  readonly attemptTimeout?: number | undefined;
  /** Milliseconds for the whole call. @default the client's */
  readonly deadline?: number | undefined;
  /**
   * An abort rejects the call with the signal's reason. A start or a delete that is under way is awaited: its result
   * resolves the call, and where none comes the call rejects with what became of it.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a list. */
export interface ListOptions extends SyncratorCallOptions {
  /** The page to give, or to begin with; counted from 1. @default 1 */
  readonly page?: number | undefined;
}

/** `SyncratorCallOptions` with the client's in place of those not given. */
export interface CallSettings {
  readonly attemptTimeout: number;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws {ConfigError} */
export function parseCallOptions(options: unknown, settings: SyncratorSettings): CallSettings {
  return withDefaults(validate(callOptions, options ?? {}, 'options'), settings);
}

/** @throws {ConfigError} */
export function parseListOptions(
  options: unknown,
  settings: SyncratorSettings,
): CallSettings & { readonly page: number } {
  const given = validate(listOptions, options ?? {}, 'options');
  return { ...withDefaults(given, settings), page: given.page ?? 1 };
}

const callEntries = {
  attemptTimeout: v.optional(milliseconds(1)),
  deadline: v.optional(milliseconds(1)),
  signal: v.optional(abortSignal),
};
const callOptions = v.strictObject(callEntries);
const listOptions = v.strictObject({ ...callEntries, page: v.optional(count(1)) });

function withDefaults(given: SyncratorCallOptions, settings: SyncratorSettings): CallSettings {
  return {
    attemptTimeout: given.attemptTimeout ?? settings.attemptTimeout,
    deadline: given.deadline ?? settings.deadline,
    signal: given.signal,
  };
}
