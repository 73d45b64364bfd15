import * as v from 'valibot';
import { type Clock, type Random, systemClock, systemRandom } from '../core/clock.ts';
import { redactUrl } from '../core/observe.ts';
import type { FullRetryPolicy, RetryPolicy } from '../core/retry.ts';
import { abortSignal, callable, having, milliseconds, retryPolicy, validate } from '../core/validate.ts';

/** Options of `processFile`: which file, and where it goes. */
export interface ProcessorOptions {
  /** Where the file's bytes are: http or https. */
  readonly target: string;
  /** As it was dropped; passed on to the API, and in harmless characters the end of the output's name. */
  readonly filename: string;
  /** Where the file is sent: http or https. */
  readonly apiUrl: string;
  /** Sent as `Authorization`, word for word. @default none */
  readonly apiToken?: string | undefined;
  /** Where the result is written, and the file stands until it is sent. @default '/output' */
  readonly outputDirectory?: string | undefined;
  /**
   * Of the download, and of an upload that surely did not arrive (no connection, 425, 429).
   * The default goes on for some 20 seconds, in which a backend has started anew.
   * @default { attempts: 12, baseDelay: 200, maxDelay: 5_000, jitter: 'full' }
   */
  readonly retry?: RetryPolicy | undefined;
  /**
   * Milliseconds for the download, and for the upload with its answer. The platform's `fetch` ends by itself what tells
   * nothing for 5 minutes: for a slower API give another `fetch`. @default 1_800_000 each
   */
  readonly deadline?: number | undefined;
  /** In place of the platform's `fetch`, which is looked up at every call. @default the platform's */
  readonly fetch?: typeof fetch | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** @default Math.random */
  readonly random?: Random | undefined;
  /** Ends the work; what was downloaded is removed. @default none */
  readonly signal?: AbortSignal | undefined;
}

export interface ProcessorSettings {
  readonly target: string;
  readonly filename: string;
  readonly apiUrl: string;
  readonly apiToken: string | undefined;
  readonly outputDirectory: string;
  readonly retry: FullRetryPolicy;
  readonly deadline: number;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
}

/** @throws {ConfigError} that names every mistake */
export function parseProcessorOptions(options: unknown): ProcessorSettings {
  const given = validate(processorOptions, options, 'options');
  const { retry } = given;
  return {
    target: given.target,
    filename: given.filename,
    apiUrl: given.apiUrl,
    apiToken: given.apiToken,
    outputDirectory: given.outputDirectory ?? '/output',
    retry: {
      attempts: retry?.attempts ?? 12,
      baseDelay: retry?.baseDelay ?? 200,
      maxDelay: retry?.maxDelay ?? 5_000,
      jitter: retry?.jitter ?? 'full',
    },
    deadline: given.deadline ?? 1_800_000,
    fetch: given.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    signal: given.signal,
  };
}

const httpUrl = v.pipe(
  v.custom<string>(
    (value) => typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
    ({ input }) =>
      `expected an http or https url, received ${typeof input === 'string' ? `"${redactUrl(input)}"` : typeof input}`,
  ),
  v.check((url) => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'holds a name or a password, which fetch takes in no url; pass what the API wants as apiToken'),
);
const text = v.pipe(v.string(), v.nonEmpty('expected a text, received an empty one'));

const processorOptions = v.strictObject({
  target: httpUrl,
  filename: text,
  apiUrl: httpUrl,
  // Its message never shows what was received: it may be a token with a slip in it.
  apiToken: v.optional(
    v.custom<string>(
      (value) => typeof value === 'string' && /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value),
      'expected a token: printable, on one line, with no spaces around it',
    ),
  ),
  outputDirectory: v.optional(text),
  retry: v.optional(retryPolicy),
  deadline: v.optional(milliseconds(1)),
  fetch: v.optional(callable<typeof fetch>()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  random: v.optional(callable<Random>()),
  signal: v.optional(abortSignal),
});
