import type { HoldfastError } from '../core/errors.ts';

/** What the error that ends a call has to know besides the answer it tells of. */
export interface Before {
  /** The attempts before it that failed, oldest first. */
  readonly earlier: readonly HoldfastError[];
  /** Whether it is a write that may have happened. */
  readonly uncertain: boolean;
  /** Whether the call may be made twice. */
  readonly repeatable: boolean;
  /** What kept the call from finding out, where that is not an answer. */
  readonly ended?: unknown;
}

/** Nothing went before. */
export const NOTHING_BEFORE: Before = { earlier: [], uncertain: false, repeatable: true };

/** How often it was tried, where that was more than once. */
export const attemptsOf = ({ earlier }: Before): string =>
  earlier.length === 0 ? '' : ` after ${earlier.length + 1} attempts`;

interface Outcome {
  readonly uncertain: boolean;
  readonly retryable?: false;
  readonly cause?: unknown;
}

/** The fields of that error. What may have happened and must not happen twice is not to be tried again. */
export function outcomeOf(before: Before): Outcome {
  const { uncertain, repeatable } = before;
  return { uncertain, ...(uncertain && !repeatable && { retryable: false }), ...causeOf(before) };
}

function causeOf(before: Before): { readonly cause?: unknown } {
  if ('ended' in before) return { cause: before.ended };
  const { earlier } = before;
  if (earlier.length === 0) return {};
  return { cause: new AggregateError(earlier, 'The attempts before this one, oldest first') };
}
