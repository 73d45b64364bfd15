import { errors, jwtVerify } from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../core/clock.ts';
import { bearerToken, tokenMissing, tokenRefused } from '../bearer-token.ts';

/** Tokens that an OAuth server signs: JWTs (HS256) for the audience `syncrator`, with an expiry. */
export interface JwtTokens {
  /** In base64; bytes 0x1A are dropped. At least 16 bytes are left; 32 are what RFC 7518, 3.2 asks for. */
  readonly secret: string;
}

/** Says whether a token may be used. What it throws is answered with 500, and nothing is started. */
export type TokenVerifier = (token: string) => boolean | PromiseLike<boolean>;

/** A check that throws a `DetailError` with 401 for a request without a good token. */
export function openTokenCheck(
  auth: JwtTokens | TokenVerifier,
  clock: Clock,
): (request: Request) => Promise<void> {
  const isGood = typeof auth === 'function' ? auth : jwtVerifier(secretBytes(auth.secret), clock);
  return async (request) => {
    const token = bearerToken(request);
    if (token === undefined) throw tokenMissing();
    // Nothing but `true`: a promise or a text of somebody's function must not let anybody in.
    if ((await isGood(token)) !== true) throw tokenRefused();
  };
}

/** A secret that can be used. No message shows it. */
export const jwtSecret = v.custom<string>(
  (value) =>
    typeof value === 'string' && /^[\w+/-]+={0,2}$/.test(value.trim()) && secretBytes(value).length >= 16,
  'expected the secret in base64, of at least 16 bytes',
);

/** The secret as the OAuth server has it: its base64 came with stray bytes 0x1A. */
function secretBytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64.trim(), 'base64').filter((byte) => byte !== 0x1a));
}

/** The algorithm is the server's word, never the token's: `none` and every other are refused. */
const jwtVerifier =
  (secret: Uint8Array, clock: Clock): TokenVerifier =>
  async (token) => {
    try {
      await jwtVerify(token, secret, {
        algorithms: ['HS256'],
        audience: 'syncrator',
        requiredClaims: ['exp'],
        currentDate: new Date(clock.now()),
      });
      return true;
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  };
