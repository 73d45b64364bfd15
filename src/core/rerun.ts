import { ConfigError, HoldfastError } from './errors.ts';
import type { Pulled } from './source.ts';

/** The inputs one can ask a summary for again. */
export type RerunKind = 'failed' | 'skipped' | 'unknown';

/** Keeps the inputs of each kind, up to a limit; past it none of that kind, only their number. */
export class RerunInputs<Input> {
  readonly #kept: Readonly<Record<RerunKind, Kept<Input>>>;

  /** Of an `array` the indexes are kept: the inputs are there already. */
  constructor(limit: number, array: readonly Input[] | undefined) {
    const keep = (): Kept<Input> =>
      array === undefined ? new KeptInputs(limit) : new KeptIndexes(limit, array);
    this.#kept = { failed: keep(), skipped: keep(), unknown: keep() };
  }

  add(kind: RerunKind, pulled: Pulled<Input>): void {
    this.#kept[kind].add(pulled);
  }

  /** In the order they ended; in the array's order where the source was one. */
  list(kind: RerunKind): readonly Input[] {
    if (!Object.hasOwn(this.#kept, kind)) {
      const message = `expected 'failed', 'skipped' or 'unknown', received ${String(kind)}`;
      throw new ConfigError([{ path: 'which', message }]);
    }
    const kept = this.#kept[kind];
    const inputs = kept.list();
    if (inputs !== undefined) return inputs;
    throw new HoldfastError(
      `${kept.count} inputs are ${kind} and the limit of what is kept is ${kept.limit}, so none is: ` +
        `run with a rerunLimit of at least ${kept.count} to keep them`,
      { code: 'RERUN_LIMIT' },
    );
  }
}

interface Kept<Input> {
  readonly count: number;
  readonly limit: number;
  add(pulled: Pulled<Input>): void;
  /** `undefined` past the limit. */
  list(): readonly Input[] | undefined;
}

class Bounded<Value> {
  readonly limit: number;
  count = 0;
  #values: Value[] | undefined = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  push(value: Value): void {
    this.count += 1;
    if (this.count > this.limit) this.#values = undefined;
    else this.#values?.push(value);
  }

  copy(): Value[] | undefined {
    return this.#values?.slice();
  }
}

class KeptInputs<Input> extends Bounded<Input> implements Kept<Input> {
  add(pulled: Pulled<Input>): void {
    this.push(pulled.input);
  }

  list(): readonly Input[] | undefined {
    return this.copy();
  }
}

class KeptIndexes<Input> extends Bounded<number> implements Kept<Input> {
  readonly #array: readonly Input[];

  constructor(limit: number, array: readonly Input[]) {
    super(limit);
    this.#array = array;
  }

  add(pulled: Pulled<Input>): void {
    this.push(pulled.index);
  }

  list(): readonly Input[] | undefined {
    return this.copy()
      ?.sort((a, b) => a - b)
      .map((index) => this.#array[index] as Input);
  }
}
