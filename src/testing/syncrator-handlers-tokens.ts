import type { Clock } from '../core/clock.ts';
import type { Credentials } from '../syncrator/job.ts';

/** Seconds, as the original gives. */
const LIFE = 899;

/** Gives tokens, and knows which of its own have expired. */
export class TokenDesk {
  readonly #clock: Clock;
  readonly #credentials: Credentials | undefined;
  /** When each ends, on the monotonic clock. */
  readonly #ends = new Map<string, number>();

  constructor(clock: Clock, credentials: Credentials | undefined) {
    this.#clock = clock;
    this.#credentials = credentials;
  }

  /** The answer to a login; undefined for one that is refused. */
  grant(form: FormData): object | undefined {
    const username = form.get('username');
    const password = form.get('password');
    if (typeof username !== 'string' || typeof password !== 'string') return undefined;
    const only = this.#credentials;
    if (only !== undefined && (only.username !== username || only.password !== password)) return undefined;
    const token = `token-${this.#ends.size + 1}`;
    this.#ends.set(token, this.#clock.monotonic() + LIFE * 1000);
    return { access_token: token, expires_in: LIFE, token_type: 'bearer' };
  }

  /** Any token but an expired one of its own. */
  accepts({ headers }: Request): boolean {
    const token = /^Bearer (\S+)$/.exec(headers.get('authorization') ?? '')?.[1];
    if (token === undefined) return false;
    const end = this.#ends.get(token);
    return end === undefined || this.#clock.monotonic() < end;
  }
}
