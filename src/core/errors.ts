/**
 * Every error this library throws on purpose. `name` and `instanceof` are true even where two copies of the library
 * are installed or a bundler renames classes; `code` is stable. Messages hold no secrets and no bodies: data is in
 * fields.
 */
export class HoldfastError extends Error {
  static {
    defineError(this, 'HoldfastError');
  }

  /** Meant for programs: it does not change when the message does. Every code stands in the errors guide. */
  readonly code: string;
  /** Whether the same call may come out well later, with nothing changed by the caller. */
  readonly retryable: boolean;

  constructor(message: string, details: ErrorDetails) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = details.code;
    this.retryable = details.retryable ?? false;
  }

  /** True as well for errors of another copy of the library that is installed. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A caller's own subclass has no brand of its own and is matched the ordinary way.
    if (!Object.hasOwn(this, 'brand')) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brandOf(this) in value;
  }
}

/**
 * What an error has besides its message.
 *
 * @inline
 */
export interface ErrorDetails {
  /** For programs. */
  readonly code: string;
  /** @default false */
  readonly retryable?: boolean;
  /** What was behind it. @default none */
  readonly cause?: unknown;
}

/** @inline */
interface OutcomeOptions {
  /** What was behind it. @default none */
  readonly cause?: unknown;
  /** Whether a write was sent and may have happened. @default not said */
  readonly uncertain?: boolean;
  /** @default true */
  readonly retryable?: boolean;
}

/** One thing that is wrong with what the caller passed or wrote. */
export interface ConfigIssue {
  /** Where: `nodes[1].url`, `retry.attempts`; empty for the whole. */
  readonly path: string;
  /** What is wrong, with the value received and the way out. */
  readonly message: string;
  /** The file it stands in, where there is one. */
  readonly source?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Counted from 1. */
  readonly column?: number;
}

/** The client was closed before this call. */
export class ClosedError extends HoldfastError {
  static {
    defineError(this, 'ClosedError');
  }

  constructor(what: string) {
    super(`${what} is closed; make a new one`, { code: 'CLOSED' });
  }
}

/** The caller's input is wrong; nothing was sent. All mistakes found are in `issues`. */
export class ConfigError extends HoldfastError {
  static {
    defineError(this, 'ConfigError');
  }

  /** One for each mistake. */
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[], options?: { readonly cause?: unknown }) {
    super(issues.map(describeIssue).join('\n'), { code: 'CONFIG_INVALID', ...options });
    this.issues = issues;
  }
}

/** A server answered with a status that is not a success. */
export class HttpError extends HoldfastError {
  static {
    defineError(this, 'HttpError');
  }

  /** The HTTP status. */
  readonly status: number;
  /** Without credentials. */
  readonly url: string;
  /** Of the request. */
  readonly method: string;
  /** The first 4 KB of the answer's body. Not enumerable, so that it is not logged by accident. */
  declare readonly body: string;

  constructor(answer: {
    readonly status: number;
    readonly url: string;
    readonly method: string;
    readonly body: string;
    readonly retryable?: boolean;
    /** What the caller may make of it, to end the message. */
    readonly note?: string;
  }) {
    const said = `${answer.method} ${answer.url} answered ${answer.status}`;
    super(answer.note === undefined ? said : `${said}, ${answer.note}`, {
      code: 'HTTP_STATUS',
      retryable: answer.retryable ?? false,
    });
    this.status = answer.status;
    this.url = answer.url;
    this.method = answer.method;
    Object.defineProperty(this, 'body', { value: answer.body.slice(0, 4096), enumerable: false });
  }
}

/** No complete answer came: refused, reset, cut short. A write may have happened all the same. */
export class ConnectionError extends HoldfastError {
  static {
    defineError(this, 'ConnectionError');
  }

  /** Whether a write was sent and may have happened; absent where the thrower does not say. */
  declare readonly uncertain?: boolean;

  constructor(message: string, options: OutcomeOptions = {}) {
    super(message, { code: 'CONNECTION_FAILED', retryable: true, ...options });
    if (options.uncertain !== undefined) this.uncertain = options.uncertain;
  }
}

/** A time limit passed. A write may have happened all the same. */
export class TimeoutError extends HoldfastError {
  static {
    defineError(this, 'TimeoutError');
  }

  /** Whether a write was sent and may have happened; absent where the thrower does not say. */
  declare readonly uncertain?: boolean;

  constructor(message: string, options: OutcomeOptions = {}) {
    super(message, { code: 'TIMEOUT', retryable: true, ...options });
    if (options.uncertain !== undefined) this.uncertain = options.uncertain;
  }
}

/** Gives an error class its true `name`, and an `instanceof` that holds across installed copies. */
export function defineError(type: { readonly prototype: Error }, name: string): void {
  // In the global symbol registry, so that another copy of the library brands its errors with the same symbol.
  const brand = Symbol.for(`holdfast.${name}`);
  Object.defineProperty(type, 'brand', { value: brand });
  Object.defineProperty(type.prototype, brand, { value: true });
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true });
}

const brandOf = (type: object): symbol => (type as { brand: symbol }).brand;

function describeIssue({ path, message, source, line, column }: ConfigIssue): string {
  const place = [source, line, column].filter((part) => part !== undefined).join(':');
  return [place, path, message].filter((part) => part !== '').join(': ');
}
