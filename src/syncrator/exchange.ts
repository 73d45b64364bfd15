import type * as v from 'valibot';
import { ConnectionError, HoldfastError } from '../core/errors.ts';
import { type Attempted, withRetries } from '../core/retry.ts';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Transport } from '../http/transport.ts';
import { parseAnswer } from './answers.ts';
import type { CallSettings } from './call-options.ts';
import { AuthenticationError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { SyncratorSettings } from './options.ts';
import type { Session } from './session.ts';

/** One thing to ask the API. */
export interface ApiRequest<Schema extends v.GenericSchema> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From the base url on. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly answer: Schema;
  /** Whether a token is sent: always, as with all that changes something; where there is one already; or once the server asks. */
  readonly token: 'needed' | 'at-hand' | 'none';
}

/** How one attempt came out. A write that is `unknown` may have been carried out, or may still be. */
export type Outcome<T> = Attempted<T> & { readonly unknown?: boolean };

/** Requests to one API, with tokens, and with retries where they do no harm. */
export class Exchange {
  readonly #settings: SyncratorSettings;
  readonly #transport: Transport;
  readonly #session: Session;

  constructor(settings: SyncratorSettings, transport: Transport, session: Session) {
    this.#settings = settings;
    this.#transport = transport;
    this.#session = session;
  }

  /** Asks until there is an answer, for requests that change nothing. */
  async read<Schema extends v.GenericSchema>(
    request: ApiRequest<Schema>,
    call: CallSettings,
  ): Promise<v.InferOutput<Schema>> {
    const rules = { ...this.#settings, deadline: call.deadline, signal: call.signal };
    const read = await withRetries(rules, (signal) => this.attempt(request, call.attemptTimeout, signal));
    if (!read.ok) throw read.error;
    return read.value;
  }

  /** Asks once, and once more with another token where that is what the server wants. */
  async attempt<Schema extends v.GenericSchema>(
    request: ApiRequest<Schema>,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<v.InferOutput<Schema>>> {
    // A write in flight is never cut: nobody would know what became of it.
    const cut = request.token === 'needed' ? undefined : signal;
    let token: string | undefined;
    try {
      if (request.token === 'needed') token = await this.#session.token(signal);
      if (request.token === 'at-hand') token = this.#session.atHand();
    } catch (error) {
      return loginFailed(error);
    }
    const first = await this.#send(request, token, timeout, cut);
    if (!isUnauthorized(first)) return first;
    let other: string | undefined;
    try {
      other = await this.#session.replace(token, signal);
    } catch (error) {
      return loginFailed(error);
    }
    if (other === undefined) return { ok: false, error: unauthorized(token, first.error), final: true };
    // Nothing has happened yet.
    signal?.throwIfAborted();
    const second = await this.#send(request, other, timeout, cut);
    if (!isUnauthorized(second)) return second;
    return { ok: false, error: unauthorized(other, second.error), final: true };
  }

  async #send<Schema extends v.GenericSchema>(
    { method, path, body, answer: schema }: ApiRequest<Schema>,
    token: string | undefined,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<v.InferOutput<Schema>>> {
    const request: HttpRequest = {
      method,
      url: `${this.#settings.baseUrl}${path}`,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      timeout,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    };
    let answer: HttpAnswer;
    try {
      answer = await this.#transport.send(request);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return { ok: false, error, final: !error.retryable, unknown: error.retryable && !isUnsent(error) };
    }
    const secrets = token === undefined ? [] : [token];
    const failure = failureOf(answer, request, this.#settings.clock, secrets);
    if (failure !== undefined) {
      const { status, retryable } = failure.error;
      return { ok: false, ...failure, final: !retryable, unknown: status >= 500 || status === 408 };
    }
    try {
      return { ok: true, value: parseAnswer(schema, answer, request) };
    } catch (error) {
      if (error instanceof HoldfastError) return { ok: false, error, final: true };
      throw error;
    }
  }
}

type Failed = Extract<Outcome<unknown>, { readonly ok: false }>;

const isUnauthorized = (outcome: Outcome<unknown>): outcome is Failed =>
  !outcome.ok && Reflect.get(outcome.error, 'status') === 401;

function unauthorized(token: string | undefined, cause: HoldfastError): AuthenticationError {
  const message =
    token === undefined
      ? 'the server wants a token; give the client credentials or a token'
      : 'the server refuses the token; is it still valid, and meant for this server?';
  return new AuthenticationError(message, { cause });
}

/** The login has been retried already. */
function loginFailed(error: unknown): Failed {
  if (error instanceof HoldfastError) return { ok: false, error, final: true };
  throw error;
}

/** Whether there was no connection to send on. */
function isUnsent(error: HoldfastError): boolean {
  if (!(error instanceof ConnectionError)) return false;
  for (let at: unknown = error.cause; at instanceof Error; at = at.cause) {
    if (unsentCodes.has(String(Reflect.get(at, 'code')))) return true;
  }
  return false;
}

const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
