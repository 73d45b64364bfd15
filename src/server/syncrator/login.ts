import * as v from 'valibot';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/observe.ts';
import type { Credentials } from '../../syncrator/job.ts';

/** A token for somebody who has logged in. */
export interface GrantedToken {
  /** Visible ASCII without spaces. */
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** @default 'bearer' */
  readonly tokenType?: string | undefined;
}

/** An OAuth server that gives tokens for a name and a password. */
export interface OAuthServer {
  /**
   * It is asked at `{oauth}/token?grant_type=client_credentials`, by a GET with basic authentication (RFC 6749, 2.3.1 and
   * 4.4; the GET is the original's).
   */
  readonly oauth: string;
  /** Milliseconds for its answer. @default 10_000 */
  readonly timeout?: number | undefined;
}

/** Gives a token; `undefined` for credentials that are wrong. What it throws is answered with 500. */
export type LoginFunction = (
  credentials: Credentials,
) => GrantedToken | undefined | PromiseLike<GrantedToken | undefined>;

/** What an OAuth server is asked with. */
export interface LoginTools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fetch?: typeof fetch | undefined;
}

/** Its messages show nothing of what was received. */
export const grantedToken = v.object({
  accessToken: v.custom<string>(
    (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
    'expected a token of visible characters',
  ),
  expiresIn: v.custom<number>(
    (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
    'expected a number of seconds above 0',
  ),
  tokenType: v.optional(v.string()),
});
