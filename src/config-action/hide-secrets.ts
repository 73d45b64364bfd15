import { isSecretName, redacted } from '../core/observe.ts';
import { splitCredentials } from '../http/credentials.ts';
import type { ConfigEndpoint } from './requester-config.ts';

/**
 * Takes what the endpoint sends and nobody else may see out of a text, also as pods write it that echo it: percent-encoded or
 * decoded, as a form has it, escaped for JSON, and as base64 where Basic authentication sends that.
 */
export function hiderOf(endpoint: ConfigEndpoint): (text: string) => string {
  const secrets = [...new Set(secretsOf(endpoint).filter(isLongEnough))];
  // The longest first: one may be a part of another.
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const steps = forms.map((form) => (isNumber(form) ? numberHider(form) : textHider(form)));
  const shortest = Math.min(...forms.map((form) => form.length));
  return (text) => (text.length < shortest ? text : steps.reduce((left, hide) => hide(left), text));
}

/** Shorter ones stand in many an answer by chance. */
const SHORTEST = 4;
const SHORTEST_NUMBER = 6;

const isLongEnough = (text: string) => text.length >= SHORTEST && !/^(?:bearer|basic)$/i.test(text);

const isNumber = (text: string) => /^-?\d+(?:\.\d+)?$/.test(text);

const textHider = (secret: string) => (text: string) => text.replaceAll(secret, redacted);

/** Leaves longer numbers alone, and JSON valid. */
function numberHider(secret: string): (text: string) => string {
  const escaped = secret.replaceAll('.', '\\.');
  const value = new RegExp(`([:[,]\\s*)${escaped}(?=\\s*[,}\\]])`, 'g');
  const anywhere = new RegExp(`(?<![\\d.])${escaped}(?![\\d.])`, 'g');
  return (text) =>
    text.includes(secret) ? text.replace(value, `$1"${redacted}"`).replace(anywhere, redacted) : text;
}

function secretsOf({ headers, params, template }: ConfigEndpoint): string[] {
  const inHeaders = textsUnder(headers).flatMap((value) => [
    value,
    ...value.split(/[\s;,]+/),
    ...basicOf(value),
  ]);
  return [...inHeaders, ...textsUnder(params), ...inUrl(template.render('192.0.2.1', 80))];
}

function inUrl(url: string): string[] {
  const { username, password, search } = new URL(url);
  // A user with a colon is refused when it is sent.
  const { authorization = '' } = decoded(username).includes(':') ? {} : splitCredentials(url);
  const values = search
    .slice(1)
    .split('&')
    .flatMap((pair) => {
      const [[name, value] = ['', '']] = new URLSearchParams(pair);
      const at = pair.indexOf('=');
      return isSecretName(name) && at >= 0 ? [value, pair.slice(at + 1)] : [];
    });
  // An API key may stand in the place of the user, without a password.
  return [...values, ...basicOf(authorization), password === '' ? username : password];
}

/** What a header of Basic authentication has: as it stands there, decoded, and the password of that. */
function basicOf(header: string): string[] {
  const [, encoded] = /^basic +(\S+)$/i.exec(header) ?? [];
  if (encoded === undefined) return [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const at = pair.indexOf(':');
  return [encoded, pair, at === pair.length - 1 ? pair.slice(0, at) : pair.slice(at + 1)];
}

/** How a pod may write what it was sent. */
function formsOf(secret: string): string[] {
  const plain = [secret, decoded(secret)];
  const written = plain.flatMap((text) => {
    const quoted = JSON.stringify(text).slice(1, -1);
    return [
      text,
      quoted,
      quoted.replaceAll('/', '\\/'),
      quoted.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
      encodeURIComponent(text.toWellFormed()),
      new URLSearchParams([['', text]]).toString().slice(1),
    ];
  });
  const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [...written, ...written.map(lower)].filter(isLongEnough);
}

/** The very same where it is not percent-encoded, or not properly. */
function decoded(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  // What is no byte was not encoded.
  return /[^\0-\u00ff]/.test(bytes) ? text : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The texts, and numbers that are long enough, under names that tell of a secret. */
function textsUnder(value: unknown, isSecret = false): string[] {
  if (typeof value === 'string') return isSecret ? [value] : [];
  if (typeof value === 'number') {
    const text = String(value);
    return isSecret && text.replace(/\D/g, '').length >= SHORTEST_NUMBER ? [text] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, held]) => textsUnder(held, isSecret || isSecretName(name)));
}
