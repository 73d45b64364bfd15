import { validate } from '../core/validate.ts';
import { seededDraws } from './fault-draw.ts';
import {
  DEFAULT_TIMING,
  FAULT_KINDS,
  type Fault,
  type FaultRates,
  type FaultRequest,
  type FaultStep,
  type FaultTiming,
  ratesSchema,
  seedSchema,
  stepsSchema,
} from './fault-schema.ts';

/**
 * Decides which requests go wrong, and how. A plan remembers what it has been asked, so each server, and each run that
 * is to be repeated, gets one of its own.
 */
export class FaultPlan {
  /** The nodes that the steps of a script name; a server that has none of such a name can say so. */
  readonly nodes: ReadonlySet<string>;
  readonly #next: (request: FaultRequest) => Fault | undefined;

  private constructor(
    next: (request: FaultRequest) => Fault | undefined,
    nodes: ReadonlySet<string> = new Set(),
  ) {
    this.#next = next;
    this.nodes = nodes;
  }

  /**
   * Faults by chance, repeatable: what a request meets depends on the seed, on its node, method and key, and on how
   * many requests with the same three came before it. The order in which other requests arrive plays no part.
   *
   * An API that fails one request in five, half of them with 500 and half with 408, before anything is done:
   * `FaultPlan.seeded(1, { 'error-before': 0.1, 'timeout-before': 0.1 })`.
   *
   * @throws ConfigError for a rate outside 0..1, rates of more than 1 in all, an unknown kind, or a seed that is not
   * a whole number.
   */
  static seeded(seed: number, rates: FaultRates): FaultPlan {
    const draw = seededDraws(validate(seedSchema, seed, 'seed'));
    const valid = validate(ratesSchema, rates, 'rates');
    const timing = timingOf(valid);
    let ceiling = 0;
    const ladder = FAULT_KINDS.flatMap((kind) => {
      const rate = valid[kind] ?? 0;
      ceiling += rate;
      return rate > 0 ? [{ below: ceiling, fault: { kind, ...timing } }] : [];
    });
    return new FaultPlan(({ node, method, key }) => {
      const drawn = draw([node, method, key]);
      return ladder.find(({ below }) => drawn < below)?.fault;
    });
  }

  /**
   * Faults by the letter: each request uses up the first step that fits it and has `times` left. A request that no
   * step fits meets no fault.
   *
   * @throws ConfigError for an unknown kind, a method in lower case, or `times` that is not a whole number above 0.
   */
  static script(steps: readonly FaultStep[]): FaultPlan {
    const valid = validate(stepsSchema, steps, 'steps');
    const left = valid.map((step) => ({ step, times: step.times ?? 1 }));
    const nodes = new Set(valid.map(({ node }) => node).filter((node) => node !== undefined));
    return new FaultPlan((request) => {
      const entry = left.find(({ step, times }) => times > 0 && fits(step, request));
      if (entry === undefined) return undefined;
      entry.times -= 1;
      const { fault } = entry.step;
      return fault === 'none' ? undefined : { kind: fault, ...timingOf(entry.step) };
    }, nodes);
  }

  /** The fault of this request, or `undefined` where it is to go well. Every call counts as one request. */
  next(request: FaultRequest): Fault | undefined {
    return this.#next(request);
  }
}

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

const fits = (step: Given<FaultRequest>, { node, method, key }: FaultRequest) =>
  (step.node === undefined || step.node === node) &&
  (step.method === undefined || step.method === method) &&
  (step.key === undefined || step.key === key);

const timingOf = (given: Given<FaultTiming>): Required<FaultTiming> => ({
  lateBy: given.lateBy ?? DEFAULT_TIMING.lateBy,
  slowBy: given.slowBy ?? DEFAULT_TIMING.slowBy,
  retryAfter: given.retryAfter ?? DEFAULT_TIMING.retryAfter,
});
