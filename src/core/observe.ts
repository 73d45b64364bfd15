import { tracingChannel as openChannel, type TracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';

/** Where the library writes what it does. `console` is one; most logging libraries fit or need one line. */
export interface Logger {
  /** Each request, and what came out well. */
  readonly debug: (message: string, details?: object) => void;
  /** What somebody may like to know, as that a job was let run. */
  readonly info: (message: string, details?: object) => void;
  /** What failed, and is tried again, was undone or is told to the caller as well. */
  readonly warn: (message: string, details?: object) => void;
  /** What somebody has to look after. */
  readonly error: (message: string, details?: object) => void;
}

/** The default: nothing is written. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * The caller's logger as the library uses it: secrets in messages and details are `<redacted>`, and a logger that
 * throws or rejects never fails the work. The first such failure is reported by `process.emitWarning`.
 */
export function safeLogger(logger: Logger): Logger {
  return logger === silentLogger || logger instanceof SafeLogger ? logger : new SafeLogger(logger);
}

/** The tracing channels of the library. Subscribe by `tracingChannel(name)` of `node:diagnostics_channel`. */
export type ChannelName =
  | 'holdfast:http'
  | 'holdfast:cluster.operation'
  | 'holdfast:action.call'
  | 'holdfast:job';

/** One of the library's tracing channels. */
export function tracingChannel(name: ChannelName): TracingChannel {
  return openChannel(name);
}

/**
 * Runs `work` as one traced operation: subscribers see a redacted copy of `context`, which `work` receives and may
 * add to, and afterwards its `error`, or a copy of that without secrets. What `work` returns is not published: an answer holds a body. Costs one check
 * where nobody subscribes; `work` then receives `context` itself.
 */
export function trace<Context extends object, Result>(
  channel: TracingChannel,
  context: Context,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  return channel.hasSubscribers ? published(channel, context, work) : work(context);
}

async function published<Context extends object, Result>(
  channel: TracingChannel,
  context: Context,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const seen = redact(context);
  // In an object, for the compiler cannot see that the callback has run.
  const done: { result?: Result; error?: unknown } = {};
  const told = channel.tracePromise(async () => {
    try {
      done.result = await work(seen);
    } catch (error) {
      done.error = error;
      throw cleanError(error);
    }
  }, seen);
  await told.catch(() => {
    throw done.error;
  });
  return done.result as Result;
}

/** What stands in place of a secret. */
export const redacted = '<redacted>';

/** Whether what a header, query parameter or field of this name holds must not be seen. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

const secretName =
  /authorization|cookie|token|secret|passw(?:or)?d|pass[-_]?phrase|(?:api|private|access)[-_]?key|credential|^(?:payload|pwd|jwt)$/i;

/**
 * A copy without secrets: fields with a secret name, and credentials and secret parameters in the urls of strings.
 * Looks into plain objects, arrays, Maps, Headers and URLs; any other object is kept as it is.
 */
export function redact<Value>(value: Value): Value {
  return withoutSecrets(value, []) as Value;
}

/**
 * The error, or a copy of it and its causes where something in them must not be seen: `secrets`, credentials in urls, and
 * `data`, in which undici's parser keeps the bytes that came.
 */
export function cleanError(error: unknown, secrets: readonly string[] = []): unknown {
  return isClean(error, secrets) ? error : cleanCopy(error, secrets);
}

type Coded = Error & { readonly code?: unknown };

/** The error, its causes and those it gathers, outermost first. */
export function errorChain(error: unknown): Coded[] {
  const chain: Coded[] = [];
  const visit = (at: unknown) => {
    if (!(at instanceof Error) || chain.includes(at)) return;
    chain.push(at);
    visit(at.cause);
    if (at instanceof AggregateError) for (const inner of at.errors) visit(inner);
  };
  visit(error);
  return chain;
}

/** Injected fetches attach requests: those are found in whatever field. */
function isClean(error: unknown, secrets: readonly string[]): boolean {
  if (errorChain(error).some((one) => 'data' in one)) return false;
  const text = inspect(error, {
    depth: 8,
    maxStringLength: null,
    maxArrayLength: null,
    breakLength: Infinity,
  });
  return redactText(text) === text && !secrets.some((secret) => text.includes(secret));
}

function cleanCopy(error: unknown, secrets: readonly string[]): Error {
  const [outermost, ...inner] = errorChain(error).map(({ message, name, code }): Coded => {
    const hides = secrets.some((secret) => message.includes(secret));
    const copy: Coded = new Error(hides ? redacted : redactText(message));
    return Object.assign(copy, { name, ...(code !== undefined && { code }) });
  });
  const copy = outermost ?? new Error(redacted);
  inner.reduce((outer, one) => Object.assign(outer, { cause: one }), copy);
  return copy;
}

/** A url without its user, its password and the values of secret parameters; the very same string where it has none. */
export function redactUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    // Not an address this library could use ("user:password@host" is one): whatever stands before an @ may be secret.
    return redactParameters(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, `$1${redacted}@`));
  }
  const user = parsed.username === '' && parsed.password === '' ? '' : `${redacted}@`;
  const search = redactParameters(parsed.search);
  const hash = redactParameters(parsed.hash);
  if (user === '' && search === parsed.search && hash === parsed.hash) return url;
  // The parser adds a slash to a bare host.
  const path = parsed.pathname === '/' && !url.includes('/', url.indexOf('//') + 2) ? '' : parsed.pathname;
  return `${parsed.protocol}//${user}${parsed.host}${path}${search}${hash}`;
}

/** A text in which every url is without secrets. */
export function redactText(text: string): string {
  if (!text.includes('://')) return text;
  // Urls that are redacted already are taken whole, or their rests would be redacted once more.
  return text.replace(/[a-z][a-z0-9+.-]*:\/\/(?:<redacted>|[^\s"'<>])+/gi, redactUrl);
}

function redactParameters(query: string): string {
  if (!query.includes('=')) return query;
  return query.replace(/([^?&#;=]+)=([^&#;]+)/g, (pair, name: string) =>
    isSecretName(decodeName(name)) ? `${name}=${redacted}` : pair,
  );
}

// decodeURIComponent throws on what a stranger may well send.
function decodeName(name: string): string {
  return new URLSearchParams(name).keys().next().value ?? name;
}

function withoutSecrets(value: unknown, ancestors: readonly object[]): unknown {
  if (typeof value === 'string') return /^https?:/i.test(value) ? redactUrl(value) : redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '<circular>';
  if (value instanceof URL) return redactUrl(value.href);
  const within = [...ancestors, value];
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, within));
  const field = ([name, held]: [unknown, unknown]): [unknown, unknown] => [
    name,
    isSecretField(name, held) ? redacted : withoutSecrets(held, within),
  ];
  if (value instanceof Map) return new Map([...value].map(field));
  if (value instanceof Headers || value instanceof URLSearchParams) {
    return Object.fromEntries([...value].map(field));
  }
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(field)) : value;
}

/** `token: undefined` and `hasToken: true` tell no secret. */
function isSecretField(name: unknown, held: unknown): boolean {
  const telling = held !== undefined && held !== null && typeof held !== 'boolean';
  return telling && typeof name === 'string' && isSecretName(name);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

class SafeLogger implements Logger {
  readonly #logger: Logger;
  #reported = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  readonly debug = (message: string, details?: object) => this.#write('debug', message, details);
  readonly info = (message: string, details?: object) => this.#write('info', message, details);
  readonly warn = (message: string, details?: object) => this.#write('warn', message, details);
  readonly error = (message: string, details?: object) => this.#write('error', message, details);

  #write(level: keyof Logger, message: string, details: object | undefined): void {
    try {
      const text = redactText(message);
      const logger = this.#logger;
      const written: unknown =
        details === undefined ? logger[level](text) : logger[level](text, redact(details));
      if (written instanceof Promise) written.catch((error: unknown) => this.#report(level, error));
    } catch (error) {
      this.#report(level, error);
    }
  }

  #report(level: keyof Logger, error: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(`The logger given to holdfast failed in ${level}(); the work goes on without it`, {
      code: 'HOLDFAST_LOGGER',
      detail,
    });
  }
}

function ignore(): void {
  // Nobody listens.
}
