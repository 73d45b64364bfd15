import type { Dispatcher } from 'undici';
import { onAbort, sleep } from '../core/abort.ts';
import { openSlots, type Slots } from '../core/concurrency.ts';
import { ClosedError, ConfigError, type HoldfastError } from '../core/errors.ts';
import { openRateLimit, type TakeTurn } from '../core/rate-limit.ts';
import { backoff } from '../core/retry.ts';
import { type Access, AccessKeeper } from './access.ts';
import { type ApiAnswer, type ApiRequest, exchange } from './exchange.ts';
import { classifyFailure, failureError, untrustedError } from './failure.ts';
import type { KubernetesSettings } from './options.ts';
import type { Before } from './outcome.ts';
import { readText } from './read-text.ts';
import type { MakeError, Place, Verdict } from './verdict.ts';
import { openWaits, type Span } from './waits.ts';

/** One call: a request and what to make of its answers. */
export interface Call<T> {
  /** For messages: `create jobs "x" in namespace "y"`. */
  readonly what: string;
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Whether it may be sent again when it is not known whether it took effect. */
  readonly repeatable: boolean;
  readonly attemptTimeout?: number | undefined;
  readonly deadline?: number | undefined;
  /** Cuts waits, and a request under way only where it is a GET or HEAD. */
  readonly signal?: AbortSignal | undefined;
  readonly maxBodyBytes?: number;
  judge(answer: ApiAnswer<string>, place: Place): Verdict<T>;
}

/** A stream that is open, or what the answer in its place means. */
export type Opened =
  | {
      readonly kind: 'open';
      readonly body: Body;
      /** Gives its connection back. To be called once, when the body is not read any more. */
      release(): void;
    }
  | { readonly kind: 'failed'; readonly verdict: Verdict<never>; readonly access: Access };

type Body = Dispatcher.ResponseData['body'];

/** Sends requests: bounded, in turn, again where that is safe. */
export class Requester {
  readonly settings: KubernetesSettings;
  readonly access: AccessKeeper;
  readonly #turn: TakeTurn;
  readonly #slots: Slots;
  readonly #closing = new AbortController();
  #watches = 0;
  #inFlight = 0;
  #whenIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(settings: KubernetesSettings) {
    this.settings = settings;
    this.access = new AccessKeeper(settings);
    this.#turn = openRateLimit(settings.rateLimit, settings.clock);
    this.#slots = openSlots(settings.connections);
  }

  /** Aborts when the client is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** That of calls that name none. */
  async namespace(): Promise<string> {
    this.#closing.signal.throwIfAborted();
    return this.access.namespace();
  }

  /**
   * Calls that are one to the caller share a `span`. Once an attempt of a write may have happened, only the first two kinds
   * of error are thrown, with `uncertain` set; what else ended the call is then their `cause`.
   *
   * @throws {KubernetesError} what the API refused, or still did not do at the last attempt
   * @throws {ConnectionError} {TimeoutError} where no attempt got an answer
   * @throws {HoldfastError} code KUBERNETES_TLS or KUBERNETES_CREDENTIALS; {ClosedError}
   * @throws the signal's reason
   */
  async call<T>(call: Call<T>, span: Span = {}): Promise<T> {
    this.#closing.signal.throwIfAborted();
    const cancel = new AbortController();
    const stops = [call.signal, this.closing].map((signal) => onAbort(signal, (why) => cancel.abort(why)));
    this.#inFlight += 1;
    try {
      return await this.#attempts(call, cancel.signal, span);
    } finally {
      for (const stop of stops) stop();
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#whenIdle?.();
    }
  }

  /**
   * Sets a connection aside for the streams of one watch, until the returned function is called.
   *
   * @throws {ConfigError} where none would be left for other calls
   */
  admitWatch(): () => void {
    const { connections } = this.settings;
    if (this.#watches >= connections - 1) {
      const message = `${connections} leave none for one more watch; each watch keeps one, and one is for other calls`;
      throw new ConfigError([{ path: 'options.connections', message }]);
    }
    this.#watches += 1;
    return () => {
      this.#watches -= 1;
    };
  }

  /**
   * Opens a stream, trying once: whoever reads it knows best what to do when that fails.
   *
   * @throws what `call` would throw before its first attempt
   */
  async open(call: Call<never>, signal: AbortSignal): Promise<Opened> {
    await this.#turn(signal);
    const release = await this.#slots.take(signal);
    try {
      const access = await this.access.get(signal);
      const place = this.#placeOf(call.what, access);
      const timeout = this.settings.attemptTimeout;
      const request = { ...call, headers: call.headers ?? {}, timeout, signal };
      const outcome = await this.#once(access, request, place, async ({ statusCode, body }) =>
        statusCode === 200 ? body : readText(body, MAX_BODY_BYTES),
      );
      if (outcome.kind === 'answer' && typeof outcome.answer.body !== 'string') {
        return { kind: 'open', body: outcome.answer.body, release };
      }
      release();
      const verdict =
        outcome.kind === 'answer' ? call.judge(outcome.answer as ApiAnswer<string>, place) : outcome.verdict;
      return { kind: 'failed', verdict, access };
    } catch (error) {
      release();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#shut();
    return this.#closed;
  }

  async #shut(): Promise<void> {
    this.#closing.abort(new ClosedError('this Kubernetes client'));
    // Writes under way are awaited: they cannot be taken back.
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.access.close();
  }

  async #attempts<T>(call: Call<T>, cancel: AbortSignal, span: Span): Promise<T> {
    const { clock, retry, random } = this.settings;
    const { repeatable } = call;
    const earlier: HoldfastError[] = [];
    const waits = openWaits(cancel, clock, span);
    let told: HoldfastError | undefined;
    /** Tells of the last attempt that may have happened. */
    let lost: ((ended: unknown) => HoldfastError) | undefined;
    let renewed = false;
    try {
      for (;;) {
        waits.signal.throwIfAborted();
        await this.#turn(waits.signal);
        const leave = await this.#slots.take(waits.signal);
        let outcome: { readonly verdict: Verdict<T>; readonly access: Access };
        try {
          const end = waits.begin(call.deadline ?? this.settings.deadline);
          outcome = await this.#attempt(call, cancel, end);
        } finally {
          leave();
        }
        const { verdict, access } = outcome;
        if (verdict.kind === 'done') return verdict.value;
        if (!isRead(call) && mayHaveHappened(verdict)) {
          const before = [...earlier];
          lost = (ended) => verdict.error({ earlier: before, uncertain: true, repeatable, ended });
        }
        const before: Before = { earlier, uncertain: lost !== undefined, repeatable };
        const error = verdict.error(before);
        told = error;
        if (verdict.kind === 'unauthorized') this.access.refuse(access);
        if (verdict.kind === 'refused' || (verdict.kind === 'unknown' && !repeatable)) throw error;
        cancel.throwIfAborted();
        waits.failWith(error);
        if (verdict.kind === 'unauthorized') {
          if (renewed || verdict.final || !waits.leaves(0)) throw error;
          renewed = true;
          continue;
        }
        const failures = earlier.length + 1;
        if (failures >= retry.attempts) throw error;
        // At least what the server asks for; some of the jitter on top, so that not all come back at once.
        const delay = (verdict.wait ?? 0) + backoff(retry, failures, random);
        if (!waits.leaves(delay)) throw error;
        earlier.push(verdict.error({ ...before, earlier: [] }));
        this.settings.logger.debug(
          `${call.what}: attempt ${failures} failed, the next follows in ${delay} ms`,
        );
        await sleep(delay, clock, waits.signal);
      }
    } catch (error) {
      // What keeps the call from going on does not undo what may have happened.
      throw lost === undefined || error === told ? error : lost(error);
    } finally {
      waits.close();
    }
  }

  async #attempt<T>(call: Call<T>, cancel: AbortSignal, end: number) {
    const { clock, attemptTimeout } = this.settings;
    const left = () => Math.max(1, end - clock.monotonic());
    const access = await this.access.get(cancel, left());
    const place = this.#placeOf(call.what, access);
    const request: ApiRequest = {
      ...call,
      headers: call.headers ?? {},
      timeout: Math.ceil(Math.min(call.attemptTimeout ?? attemptTimeout, left())),
      signal: isRead(call) ? cancel : undefined,
    };
    const outcome = await this.#once(access, request, place, ({ body }) =>
      readText(body, call.maxBodyBytes ?? MAX_BODY_BYTES),
    );
    const verdict = outcome.kind === 'answer' ? call.judge(outcome.answer, place) : outcome.verdict;
    return { access, verdict };
  }

  /** One request; what the platform throws becomes a verdict, an abort does not. */
  async #once<T>(
    access: Access,
    request: ApiRequest,
    place: Place,
    read: (data: Dispatcher.ResponseData) => Promise<T>,
  ) {
    try {
      const answer = await exchange(this.settings, access, request, read);
      return { kind: 'answer', answer } as const;
    } catch (cause) {
      request.signal?.throwIfAborted();
      return { kind: 'failure', verdict: verdictOn(cause, place) } as const;
    }
  }

  #placeOf(what: string, { server, description }: Access): Place {
    return { what, server, description, now: this.settings.clock.now() };
  }
}

const isRead = ({ method }: Call<unknown>) => method === 'GET' || method === 'HEAD';

const mayHaveHappened = (verdict: Exclude<Verdict<unknown>, { kind: 'done' }>) =>
  verdict.kind === 'unknown' || (verdict.kind === 'unauthorized' && verdict.final);

function verdictOn(cause: unknown, place: Place): Verdict<never> {
  const error: MakeError = (before) => failureError(cause, place, before);
  switch (classifyFailure(cause)) {
    case 'untrusted':
      throw untrustedError(cause, place);
    case 'unsent':
      return { kind: 'later', error, wait: undefined };
    case 'unknown':
      return { kind: 'unknown', error, wait: undefined };
  }
}

/** A page of 500 objects that are each as large as the API server allows would be more; a usual one is a few MB. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;
