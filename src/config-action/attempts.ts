import type { Clock, Random } from '../core/clock.ts';
import { ConfigError, HoldfastError, TimeoutError } from '../core/errors.ts';
import { type Attempted, failedForGood, withRetries } from '../core/retry.ts';
import type { Call } from './call.ts';
import { type Answer, judgeAnswer } from './pod-answer.ts';
import { queryOf } from './query.ts';
import type { Send } from './send-call.ts';

/** What bounds a call. Times are milliseconds. */
export interface CallLimits {
  readonly attemptTimeout: number;
  /** `undefined`: as long as the request's retries need. */
  readonly deadline: number | undefined;
  readonly pageLimit: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
}

/** What is in an answer. */
type Read<Value> = (answer: Answer) => Attempted<Value>;

/** How long calls take that have no other limit, and no retries that need more. */
const USUAL_DEADLINE = 60_000;

/** The requests of one call, and what became of them. */
export class Attempts {
  /** How many requests were sent. */
  sent = 0;
  /** Why those failed that did. */
  readonly errors: HoldfastError[] = [];
  /** Whatever its status. */
  lastAnswer: Answer | undefined;
  readonly #call: Call;
  readonly #send: Send;
  readonly #limits: CallLimits;
  readonly #deadline: number;
  readonly #end: number;

  constructor(call: Call, send: Send, limits: CallLimits) {
    const { attemptTimeout, deadline, clock } = limits;
    const { retries, retryDelay } = call.request;
    const needed = (retries + 1) * attemptTimeout + retries * retryDelay;
    this.#call = call;
    this.#send = send;
    this.#limits = limits;
    this.#deadline = deadline ?? Math.max(USUAL_DEADLINE, needed);
    this.#end = clock.monotonic() + this.#deadline;
  }

  /**
   * Sends a request until its answer is read or it has failed for good; why is then in `errors`, last.
   *
   * @throws the reason of the caller's signal, which cuts waits and reads
   */
  read<Value>(cursor: string | undefined, read: Read<Value>): Promise<Attempted<Value>> {
    const left = this.#end - this.#limits.clock.monotonic();
    if (left <= 0) return Promise.resolve(this.#fail(this.#late()));
    // Most calls have no retries, and `withRetries` is felt.
    if (this.#call.request.retries > 0) return this.#readWithRetries(left, cursor, read);
    return this.#attempt(cursor, this.#limits.signal, read);
  }

  async #readWithRetries<Value>(
    left: number,
    cursor: string | undefined,
    read: Read<Value>,
  ): Promise<Attempted<Value>> {
    const { clock, random, signal } = this.#limits;
    const { retries, retryDelay } = this.#call.request;
    const retried = await withRetries(
      {
        retry: { attempts: retries + 1, baseDelay: retryDelay, maxDelay: retryDelay, jitter: 'none' },
        clock,
        random,
        deadline: left,
        signal,
      },
      (cut) => this.#attempt(cursor, cut, read),
    );
    if (retried.ok) return retried;
    // What cut an attempt or a wait at the deadline was no attempt's own failure.
    return this.errors.includes(retried.error) ? failedForGood(retried.error) : this.#fail(this.#late());
  }

  async #attempt<Value>(
    cursor: string | undefined,
    cut: AbortSignal | undefined,
    read: Read<Value>,
  ): Promise<Attempted<Value>> {
    const { attemptTimeout, clock } = this.#limits;
    const { endpoint, query: usual, hide } = this.#call.request;
    const isRead = endpoint.type === 'GET';
    cut?.throwIfAborted();
    const timeout = Math.min(attemptTimeout, Math.max(1, this.#end - clock.monotonic()));
    this.sent += 1;
    try {
      const query = cursor === undefined ? usual : queryOf(endpoint.params, cursor);
      // A write is never cut: what became of it would be unknown.
      const signal = isRead ? cut : undefined;
      const received = await this.#send({ call: this.#call, query, timeout, signal });
      const answer: Answer = {
        status: received.status,
        text: hide(received.body),
        retryAfter: () => received.header('retry-after'),
      };
      this.lastAnswer = answer;
      const judged = judgeAnswer(answer, this.#call, clock);
      const outcome = judged.ok ? read(answer) : judged;
      if (!outcome.ok) this.errors.push(outcome.error);
      return outcome;
    } catch (error) {
      if (cut?.aborted === true && error === cut.reason) throw error;
      if (!(error instanceof HoldfastError)) throw error;
      this.errors.push(error);
      this.lastAnswer = undefined;
      return { ok: false, error, final: error instanceof ConfigError || !error.retryable };
    }
  }

  #fail(error: HoldfastError): Attempted<never> {
    this.errors.push(error);
    return failedForGood(error);
  }

  #late(): TimeoutError {
    const { pod, request } = this.#call;
    const cause = this.errors.at(-1);
    const message = `${request.name} to ${pod.name} was not done within its deadline of ${this.#deadline} ms`;
    return new TimeoutError(message, cause === undefined ? {} : { cause });
  }
}
