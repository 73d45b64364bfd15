import { onAbort } from '../core/abort.ts';
import { ConfigError } from '../core/errors.ts';
import type { Transport } from '../http/transport.ts';
import { AuthenticationError } from './errors.ts';
import type { AccessToken, Credentials } from './job.ts';
import { requestToken } from './login.ts';
import { isToken, type SyncratorSettings } from './options.ts';

/** A token and, on the monotonic clock, its times; those of a token that was given are not known. */
interface Held {
  readonly value: string;
  readonly expiresAt: number;
  renewAt: number;
}

/** One login for all who wait for one. A `renewal` is tried once, for the old token still serves. */
interface Flight {
  readonly kind: 'full' | 'renewal';
  readonly token: Promise<AccessToken>;
}

/** A token is renewed so many milliseconds before its end, or a fifth of its life where that is shorter. */
const RENEW_BEFORE = 60_000;
/** Milliseconds after a renewal that failed until the next one. */
const RENEW_AGAIN_AFTER = 10_000;

/** Holds the token, and gets a new one when that is needed. */
export class Session {
  readonly #settings: SyncratorSettings;
  readonly #transport: Transport;
  readonly #source: (() => string | PromiseLike<string>) | undefined;
  #credentials: Credentials | undefined;
  #held: Held | undefined;
  #flight: Flight | undefined;

  constructor(settings: SyncratorSettings, transport: Transport) {
    const { token } = settings;
    this.#settings = settings;
    this.#transport = transport;
    this.#credentials = settings.credentials;
    if (typeof token === 'function') this.#source = token;
    if (typeof token === 'string') this.#held = { value: token, expiresAt: Infinity, renewAt: Infinity };
  }

  /**
   * Logs in, with these credentials from now on where there are any. Joins a login under way.
   *
   * @throws {AuthenticationError}
   */
  login(credentials?: Credentials): Promise<AccessToken> {
    const used = credentials ?? this.#credentials;
    if (used === undefined) {
      const message = 'there are none; pass { username, password } here or as an option of the client';
      throw new ConfigError([{ path: 'credentials', message }]);
    }
    const same = this.#credentials;
    const own = used.username === same?.username && used.password === same.password;
    return own ? this.#fly('full', used) : this.#depart('full', used);
  }

  /** A token for a request that needs one; undefined where there is nothing to get one with. */
  async token(signal: AbortSignal | undefined): Promise<string | undefined> {
    if (this.#source !== undefined && this.#held === undefined) return fromSource(this.#source);
    const credentials = this.#credentials;
    const held = this.#valid();
    if (credentials === undefined) return held?.value;
    if (held === undefined) return (await unlessAborted(this.#fly('full', credentials), signal)).accessToken;
    const { clock, logger } = this.#settings;
    if (clock.monotonic() < held.renewAt) return held.value;
    try {
      return (await unlessAborted(this.#fly('renewal', credentials), signal)).accessToken;
    } catch (error) {
      signal?.throwIfAborted();
      held.renewAt = clock.monotonic() + RENEW_AGAIN_AFTER;
      logger.warn('the token could not be renewed; the old one is used while it is valid', { error });
      return this.token(signal);
    }
  }

  /** The token that is there without asking anybody. */
  atHand(): string | undefined {
    return this.#valid()?.value;
  }

  /** Another token than the refused one; undefined where there is nothing to get one with. */
  async replace(refused: string | undefined, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (this.#source !== undefined && this.#held === undefined) {
      const again = await fromSource(this.#source);
      return again === refused ? undefined : again;
    }
    const held = this.#valid();
    // Somebody else has replaced it meanwhile.
    if (held !== undefined && held.value !== refused) return held.value;
    if (this.#credentials === undefined) return undefined;
    this.#held = undefined;
    return (await unlessAborted(this.#fly('full', this.#credentials), signal)).accessToken;
  }

  #valid(): Held | undefined {
    const held = this.#held;
    return held !== undefined && this.#settings.clock.monotonic() < held.expiresAt ? held : undefined;
  }

  #fly(kind: Flight['kind'], credentials: Credentials): Promise<AccessToken> {
    const flight = this.#flight;
    if (flight === undefined) return this.#depart(kind, credentials);
    if (flight.kind === 'full' || kind === 'renewal') return flight.token;
    // Who has no token needs more than the one attempt of a renewal.
    return flight.token.catch(() => this.#fly('full', credentials));
  }

  #depart(kind: Flight['kind'], credentials: Credentials): Promise<AccessToken> {
    const { clock } = this.#settings;
    const askedAt = clock.monotonic();
    const attempts = kind === 'full' ? this.#settings.retry.attempts : 1;
    const token = requestToken(this.#settings, this.#transport, credentials, attempts).then(
      (granted) => {
        const life = granted.expiresIn * 1000;
        const expiresAt = askedAt + life;
        // A later login, with other credentials, is the one that counts.
        if (this.#flight === flight) {
          this.#credentials = credentials;
          this.#held = {
            value: granted.accessToken,
            expiresAt,
            renewAt: expiresAt - Math.min(RENEW_BEFORE, life / 5),
          };
          this.#flight = undefined;
        }
        return granted;
      },
      (error: unknown) => {
        if (this.#flight === flight) this.#flight = undefined;
        throw error;
      },
    );
    const flight: Flight = { kind, token };
    this.#flight = flight;
    return token;
  }
}

async function fromSource(source: () => string | PromiseLike<string>): Promise<string> {
  let token: unknown;
  try {
    token = await source();
  } catch (cause) {
    throw new AuthenticationError('the function given as token threw', { cause });
  }
  if (isToken(token)) return token;
  throw new AuthenticationError(
    'the function given as token gave none: no text, or one that no header can carry',
  );
}

/** One caller's abort ends its wait and not the login, which others wait for. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, reject);
    promise.then(resolve, reject).finally(stop);
  });
}
