import { createHash, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { DetailError, detailResponse } from './detail.ts';

/** A token as it can stand in a header. A message never shows it. */
export const tokenText = v.custom<string>(
  (value) => typeof value === 'string' && /^[\w\-.~+/]+=*$/.test(value),
  'expected a token: letters, digits and - . _ ~ + /, at least one (RFC 6750, 2.1)',
);

/** The answer for a request that does not bring the token; `undefined` for one that does. */
export function tokenCheck(token: string): (request: Request) => Response | undefined {
  const expected = digest(token);
  return (request) => {
    const given = bearerToken(request);
    // Of equal length, and without a hint at how much of it is right.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return undefined;
    const { status, detail, headers } = given === undefined ? tokenMissing() : tokenRefused();
    return detailResponse(status, detail, headers);
  };
}

/** What a request brings as `Authorization: Bearer`. */
export function bearerToken({ headers }: Request): string | undefined {
  return /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
}

export const tokenMissing = () => unauthorized('send the token as Authorization: Bearer <token>');
export const tokenRefused = () => unauthorized('the token is not the right one');

const unauthorized = (detail: string) => new DetailError(401, detail, { 'www-authenticate': 'Bearer' });

/** Notes that an app checks a token itself. */
export function markAsGuarded(app: object): void {
  Object.defineProperty(app, guarded, { value: true });
}

/** Whether it was noted. */
export const asksForToken = (app: object): boolean => Reflect.get(app, guarded) === true;

// In the global registry: the app may come from another copy of the library.
const guarded = Symbol.for('holdfast.asksForToken');

const digest = (text: string) => createHash('sha256').update(text).digest();
