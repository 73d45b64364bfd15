import * as v from 'valibot';
import { HoldfastError, TimeoutError } from '../../core/errors.ts';
import type { HttpAnswer } from '../../http/message.ts';
import { openTransport } from '../../http/transport.ts';
import { DetailError } from '../detail.ts';
import {
  type GrantedToken,
  grantedToken,
  type LoginFunction,
  type LoginTools,
  type OAuthServer,
} from './login.ts';

/**
 * Asks an OAuth server for a token. Its errors may come with any status, 200 included.
 *
 * @throws {DetailError} 502 for an answer that is neither a token nor a refusal, and where there is none; 504 where it takes too long
 */
export function oauthLogin(
  { oauth, timeout = 10_000 }: OAuthServer,
  { fetch, ...tools }: LoginTools,
): LoginFunction {
  const { logger } = tools;
  const transport = openTransport({ ...tools, ...(fetch === undefined ? {} : { fetch }) });
  const url = `${oauth.replace(/\/+$/, '')}/token?grant_type=client_credentials`;
  return async ({ username, password }) => {
    // No colon can be in the name (RFC 7617, 2): what follows it would be taken for the password.
    if (username.includes(':')) return undefined;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const headers = { authorization, accept: 'application/json' };
    const answer = await transport.send({ method: 'GET', url, headers, timeout }).catch((error: unknown) => {
      if (!(error instanceof HoldfastError)) throw error;
      logger.warn('the OAuth server gives no answer', { error });
      const late = error instanceof TimeoutError;
      throw new DetailError(late ? 504 : 502, 'the OAuth server gives no answer; try again later');
    });
    const outcome = read(answer);
    if (outcome !== 'unclear') return outcome === 'refused' ? undefined : outcome;
    logger.warn('the OAuth server answers neither a token nor a refusal', { status: answer.status });
    throw new DetailError(502, 'the OAuth server does not answer as it should; try again later');
  };
}

function read({ status, body }: HttpAnswer): GrantedToken | 'refused' | 'unclear' {
  if (status === 401 || status === 403) return 'refused';
  const given = v.safeParse(oauthAnswer, jsonOf(body));
  if (!given.success) return 'unclear';
  const { error } = given.output;
  if (error !== undefined) return REFUSALS.test(String(error)) ? 'refused' : 'unclear';
  if (status !== 200) return 'unclear';
  const { access_token: accessToken, expires_in: expiresIn, token_type: tokenType } = given.output;
  const granted = v.safeParse(grantedToken, { accessToken, expiresIn: Number(expiresIn), tokenType });
  return granted.success ? granted.output : 'unclear';
}

/** RFC 6749, 5.2; and what servers say in words of their own. */
const REFUSALS =
  /^(?:invalid_client|invalid_grant|unauthorized_client|access_denied)$|credential|password|unauthori[sz]ed/i;

const oauthAnswer = v.object({
  error: v.optional(v.unknown()),
  access_token: v.optional(v.unknown()),
  expires_in: v.optional(v.unknown()),
  token_type: v.optional(v.unknown()),
});

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
