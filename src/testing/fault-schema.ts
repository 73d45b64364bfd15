import * as v from 'valibot';
import { count, milliseconds, oneOf } from '../core/validate.ts';

/**
 * What can happen to a request. "Before" and "after" mean the commit: the moment its effect takes place. A read has no
 * effect, so that for it only the answer's side counts.
 *
 * - `error-before`, `error-after`: 500 before or after the commit
 * - `timeout-before`: 408 before the commit
 * - `reset-before`, `reset-after`: the connection is reset
 * - `hang-before`, `hang-after`: never answered, the connection stays open
 * - `late-commit`: never answered, and the effect takes place `lateBy` milliseconds later
 * - `late-reset`: the connection is reset at once, and the effect takes place `lateBy` milliseconds later
 * - `slow`: committed, answered `slowBy` milliseconds later
 * - `too-many`, `unavailable`: 429 or 503 with a `Retry-After` of `retryAfter` seconds, before the commit
 * - `truncated`: committed, then the connection ends before the answer's body is complete
 * - `bad-gateway`: committed, then a proxy's 502 page
 * - `expired`: 410 before the commit, as Kubernetes has it for a version that it no longer remembers
 *
 * @useDeclaredType
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

export const FAULT_KINDS = [
  'error-before',
  'timeout-before',
  'error-after',
  'reset-before',
  'reset-after',
  'hang-before',
  'hang-after',
  'late-commit',
  'late-reset',
  'slow',
  'too-many',
  'unavailable',
  'truncated',
  'bad-gateway',
  // New kinds go last: the order is part of what a seed means.
  'expired',
] as const;

/** When what is late happens. */
export interface FaultTiming {
  /** Milliseconds until a late commit takes place. @default 500 */
  readonly lateBy?: number;
  /** Milliseconds by which a slow answer is delayed. @default 250 */
  readonly slowBy?: number;
  /** Whole seconds, as the `Retry-After` header has them. @default 1 */
  readonly retryAfter?: number;
}

export const DEFAULT_TIMING: Required<FaultTiming> = { lateBy: 500, slowBy: 250, retryAfter: 1 };

/** The probability of each kind, from 0 to 1, together at most 1. */
export type FaultRates = { readonly [K in FaultKind]?: number } & FaultTiming;

/** Which requests a step is for (every field that is given must be equal), and what happens to them. */
export interface FaultStep extends FaultTiming {
  /** Of requests to this node. @default any */
  readonly node?: string;
  /** In upper case, as on the wire. */
  readonly method?: string;
  /** Of requests about this: a group, an object. @default any */
  readonly key?: string;
  /** `none` lets the request go well. */
  readonly fault: FaultKind | 'none';
  /** How many requests use it before it is spent; `Infinity` for ever. @default 1 */
  readonly times?: number;
}

/** A request as a plan sees it. `key` is what it is about: a group's id, an object's name. */
export interface FaultRequest {
  /** The name of the node that it goes to. */
  readonly node: string;
  /** In upper case. */
  readonly method: string;
  /** What it is about. */
  readonly key: string;
}

/** What happens to a request, with its timing. */
export interface Fault extends Required<FaultTiming> {
  /** What happens. */
  readonly kind: FaultKind;
}

const timing = {
  lateBy: v.optional(milliseconds()),
  slowBy: v.optional(milliseconds()),
  retryAfter: v.optional(count(0)),
};

export const probability = v.custom<number>(
  (value) => typeof value === 'number' && value >= 0 && value <= 1,
  ({ received }) => `expected a probability from 0 to 1, received ${received}`,
);

const probabilities = Object.fromEntries(
  FAULT_KINDS.map((kind) => [kind, v.optional(probability)]),
) as Record<FaultKind, v.OptionalSchema<typeof probability, undefined>>;

const sumOf = (rates: { readonly [K in FaultKind]?: number | undefined }) =>
  FAULT_KINDS.reduce((sum, kind) => sum + (rates[kind] ?? 0), 0);

/** Room for 0.1 + 0.2 and the like. */
export const ROUNDING = 1e-9;

export const ratesSchema = v.pipe(
  v.strictObject({ ...probabilities, ...timing }),
  v.check(
    (rates) => sumOf(rates) <= 1 + ROUNDING,
    ({ input }) => `expected probabilities of at most 1 together, received ${sumOf(input)}`,
  ),
);

export const seedSchema = v.custom<number>(
  (value) => Number.isSafeInteger(value),
  ({ received }) => `expected a whole number, received ${received}`,
);

export const stepsSchema = v.array(
  v.strictObject({
    node: v.optional(v.string()),
    method: v.optional(
      v.custom<string>(
        (value) => typeof value === 'string' && /^[A-Z]+$/.test(value),
        ({ received }) => `expected a method in upper case such as 'POST', received ${received}`,
      ),
    ),
    key: v.optional(v.string()),
    fault: oneOf(...FAULT_KINDS, 'none'),
    times: v.optional(
      v.custom<number>(
        (value) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && Number(value) > 0),
        ({ received }) => `expected a whole number above 0 or Infinity, received ${received}`,
      ),
    ),
    ...timing,
  }),
);
