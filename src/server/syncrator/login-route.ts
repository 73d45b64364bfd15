import * as v from 'valibot';
import type { Credentials } from '../../syncrator/job.ts';
import { DetailError } from '../detail.ts';
import { readForm } from '../read-form.ts';
import { grantedToken, type LoginFunction, type LoginTools, type OAuthServer } from './login.ts';
import { oauthLogin } from './oauth-login.ts';

/** `POST /login`. */
export type LoginRoute = (request: Request) => Promise<Response>;

/** A form is far smaller, and no password is longer. */
const MAX_FORM_BYTES = 64 * 1024;

/**
 * Answers `{"access_token", "expires_in", "token_type"}`, 401 for wrong credentials, 422 where the form has none, and 502
 * where the OAuth server cannot tell.
 */
export function openLogin(login: OAuthServer | LoginFunction, tools: LoginTools): LoginRoute {
  const grant: LoginFunction = typeof login === 'function' ? login : oauthLogin(login, tools);
  return async (request) => {
    const credentials = credentialsOf(await readForm(request, MAX_FORM_BYTES));
    const granted = await grant(credentials);
    if (granted === undefined) throw new DetailError(401, 'wrong username or password');
    const { accessToken, expiresIn, tokenType = 'bearer' } = v.parse(grantedToken, granted);
    const body = { access_token: accessToken, expires_in: expiresIn, token_type: tokenType };
    // RFC 6749, 5.1: no cache may keep a token.
    return Response.json(body, { headers: { 'cache-control': 'no-store', pragma: 'no-cache' } });
  };
}

function credentialsOf(form: ReadonlyMap<string, string>): Credentials {
  const { username = '', password = '' } = Object.fromEntries(form);
  const faults = Object.entries({ username, password })
    .filter(([, value]) => value === '')
    .map(([name]) => ({ loc: ['body', name], msg: 'is missing', type: 'missing' }));
  if (faults.length > 0) throw new DetailError(422, faults);
  return { username, password };
}
