import * as v from 'valibot';
import { HoldfastError } from '../core/errors.ts';
import { type Attempted, withRetries } from '../core/retry.ts';
import type { HttpAnswer } from '../http/message.ts';
import type { Transport } from '../http/transport.ts';
import { parseAnswer } from './answers.ts';
import { AuthenticationError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { AccessToken, Credentials } from './job.ts';
import { isToken, type SyncratorSettings } from './options.ts';

/**
 * Asks for a token, `attempts` times at most.
 *
 * @throws {AuthenticationError} for credentials that are refused
 */
export async function requestToken(
  settings: SyncratorSettings,
  transport: Transport,
  credentials: Credentials,
  attempts: number,
): Promise<AccessToken> {
  const { clock, retry, random, deadline, attemptTimeout } = settings;
  const url = `${settings.baseUrl}/login`;
  const form = formData({ ...credentials }, random);
  const rules = { retry: { ...retry, attempts }, clock, random, deadline };
  const read = await withRetries(rules, async (signal): Promise<Attempted<AccessToken>> => {
    const request = { method: 'POST', url, ...form, timeout: attemptTimeout, signal };
    const askedAt = clock.now();
    try {
      const answer = await transport.send(request);
      if (refusesCredentials(answer)) return { ok: false, error: refused(), final: true };
      const failure = failureOf(answer, request, clock, [credentials.password]);
      if (failure !== undefined) return { ok: false, ...failure, final: !failure.error.retryable };
      return { ok: true, value: tokenOf(answer, request, askedAt) };
    } catch (error) {
      if (error instanceof HoldfastError) return { ok: false, error, final: !error.retryable };
      throw error;
    }
  });
  if (!read.ok) throw read.error;
  return read.value;
}

/** The API answers 401; an OAuth server's error comes through as a 200 with `error`, and without a token. */
function refusesCredentials({ status, body }: HttpAnswer): boolean {
  if (status === 401 || status === 403) return true;
  return status === 200 && /^\s*\{.*"error"\s*:/s.test(body) && !body.includes('"access_token"');
}

const refused = () =>
  new AuthenticationError('the login was refused; are the username and the password right?');

function tokenOf(
  answer: HttpAnswer,
  request: { readonly method: string; readonly url: string },
  askedAt: number,
): AccessToken {
  const granted = parseAnswer(tokenAnswer, answer, request);
  return {
    accessToken: granted.access_token,
    expiresIn: granted.expires_in,
    tokenType: granted.token_type,
    expiresAt: new Date(askedAt + granted.expires_in * 1000),
  };
}

/** Seconds. No token lives for so long; and what comes later is no date of JavaScript's. */
const MAX_LIFE = 10_000_000_000;

const tokenAnswer = v.object({
  // No message shows what it received: one may hold what another should.
  access_token: v.custom<string>(isToken, 'expected a token, a text of printable characters without spaces'),
  expires_in: v.custom<number>(
    (value) => typeof value === 'number' && value > 0 && value <= MAX_LIFE,
    `expected a number of seconds above 0 and at most ${MAX_LIFE}`,
  ),
  token_type: v.string(),
});

/** `multipart/form-data` (RFC 7578) with one text for each field, as `curl -F` sends it. */
function formData(fields: Readonly<Record<string, string>>, random: () => number) {
  const values = Object.values(fields);
  let boundary = '';
  do {
    boundary = `----holdfast${String(random()).slice(2)}${String(random()).slice(2)}`;
  } while (values.some((value) => value.includes(boundary)));
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: `${parts.join('')}--${boundary}--\r\n`,
  };
}
