/** How many of what there were. */
export class Tally {
  requests = 0;
  crashes = 0;
  recoveries = 0;
  readonly #operations = new Map<OperationEnding, number>();
  readonly #faults = new Map<string, number>();

  operation(ending: OperationEnding): void {
    this.#operations.set(ending, (this.#operations.get(ending) ?? 0) + 1);
  }

  fault(kind: string): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
  }

  operations(): ReadonlyMap<OperationEnding, number> {
    return this.#operations;
  }

  faults(): ReadonlyMap<string, number> {
    return new Map([...this.#faults].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}

/**
 * How an operation ended: resolved (`changed`, `unchanged`), with one of the three errors, by the caller's abort before
 * anything was written, or with its process.
 */
export type OperationEnding =
  | 'changed'
  | 'unchanged'
  | 'rolled-back'
  | 'unavailable'
  | 'inconsistent'
  | 'aborted'
  | 'crashed';
