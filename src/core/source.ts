import { ConfigError } from './errors.ts';

/** An input, and how many were pulled before it. */
export interface Pulled<Input> {
  readonly input: Input;
  readonly index: number;
}

/** Where a run's inputs come from, opened once. */
export interface Source<Input> {
  /** How many inputs there are, where that can be known beforehand. */
  readonly total: number | undefined;
  /** Where the source is an array: an index is then as good as the input. */
  readonly array: readonly Input[] | undefined;
  /** The next input, `undefined` at the end. Not to be called before the last call's promise has settled. */
  pull(): Pulled<Input> | undefined | Promise<Pulled<Input> | undefined>;
  /** Tells the source that no more is wanted, unless it has ended. */
  close(): Promise<void>;
  /** The inputs that were never pulled, where that can be known: of an array. */
  rest(): Iterable<Pulled<Input>>;
}

/**
 * What a run takes its inputs from.
 *
 * @inline
 */
export type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>;

/** Throws a `ConfigError` where a caller without types passed something else. `name` is the parameter's. */
export function checkInputs(inputs: unknown, name: string): void {
  if (typeof inputs === 'string') {
    const shown = inputs.length > 40 ? `${inputs.slice(0, 40)}…` : inputs;
    const message = `expected a list of strings, received the string '${shown}': put it in brackets`;
    throw new ConfigError([{ path: name, message }]);
  }
  if (isIterable(inputs) || isAsyncIterable(inputs)) return;
  const message = `expected an array, another iterable or an async iterable, received ${describe(inputs)}`;
  throw new ConfigError([{ path: name, message }]);
}

export function openSource<Input>(inputs: Inputs<Input>): Source<Input> {
  if (Array.isArray(inputs)) return openArray<Input>(inputs);
  return isAsyncIterable(inputs) ? openAsync(inputs) : openSync(inputs);
}

function openArray<Input>(array: readonly Input[]): Source<Input> {
  const total = array.length;
  let next = 0;
  const at = (index: number): Pulled<Input> => ({ input: array[index] as Input, index });
  return {
    total,
    array,
    pull: () => (next < total ? at(next++) : undefined),
    close: async () => undefined,
    *rest() {
      for (let index = next; index < total; index += 1) yield at(index);
    },
  };
}

function openSync<Input>(iterable: Iterable<Input>): Source<Input> {
  const iterator = iterable[Symbol.iterator]();
  const protocol = followProtocol(iterator);
  return {
    total: sizeOf(iterable),
    array: undefined,
    pull: () => {
      try {
        return protocol.read(iterator.next());
      } catch (error) {
        return protocol.fail(error);
      }
    },
    close: protocol.close,
    rest: () => [],
  };
}

function openAsync<Input>(iterable: AsyncIterable<Input>): Source<Input> {
  const iterator = iterable[Symbol.asyncIterator]();
  const protocol = followProtocol(iterator);
  return {
    total: undefined,
    array: undefined,
    pull: async () => {
      try {
        return protocol.read(await iterator.next());
      } catch (error) {
        return protocol.fail(error);
      }
    },
    close: protocol.close,
    rest: () => [],
  };
}

/** ECMAScript's iteration protocol: `return` is called once, and not after the iterator ended or threw. */
function followProtocol<Input>(iterator: Iterator<Input> | AsyncIterator<Input>) {
  let open = true;
  let index = 0;
  return {
    read(result: IteratorResult<Input>): Pulled<Input> | undefined {
      if (result.done !== true) return { input: result.value, index: index++ };
      open = false;
      return undefined;
    },
    fail(error: unknown): never {
      open = false;
      throw error;
    },
    async close(): Promise<void> {
      if (!open) return;
      open = false;
      await iterator.return?.();
    },
  };
}

function sizeOf(iterable: object): number | undefined {
  const size: unknown = Reflect.get(iterable, 'size');
  return Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : undefined;
}

function describe(inputs: unknown): string {
  if (inputs instanceof Promise) return 'a promise: await it first';
  if (typeof inputs === 'function') return 'a function: call it first';
  return typeof inputs === 'object' && inputs !== null ? 'an object that is none of them' : String(inputs);
}

const isIterable = (value: unknown): value is Iterable<unknown> => hasMethod(value, Symbol.iterator);
const isAsyncIterable = <Input>(value: Inputs<Input> | unknown): value is AsyncIterable<Input> =>
  hasMethod(value, Symbol.asyncIterator);

const hasMethod = (value: unknown, key: symbol): boolean =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, key) === 'function';
