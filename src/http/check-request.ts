import { ConfigError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import type { HttpRequest } from './message.ts';

/** More servers than these are not remembered: they are memory. */
const MOST_SERVERS = 1_000;

/**
 * Refuses what no HTTP can carry, alike for every transport: some would throw with the secret in the message, others would
 * send something else. What is returned throws a `ConfigError`.
 */
export function openRequestCheck(): (request: HttpRequest) => void {
  const known = new Set<string>();
  return (request) => {
    // After a server that can be parsed everything can; parsing is what is felt most of a request.
    const server = serverOf(request.url);
    if (!known.has(server)) {
      checkUrl(request.url);
      if (known.size >= MOST_SERVERS) known.clear();
      if (plainServer.test(server)) known.add(server);
    }
    checkMessage(request);
  };
}

/** Up to the slash before the path; of a url without one nothing. */
const serverOf = (url: string) => url.slice(0, Math.max(0, url.indexOf('/', 'https://'.length)));

/** One that ends where a url's server ends. With credentials it is refused before it would be known. */
const plainServer = /^https?:\/\/[^/?#\\]+$/i;

function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw refusal('url', `expected an absolute http or https url, received "${redactUrl(text)}"`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal('url', `${redactUrl(text)} holds credentials; pass them as an authorization header`);
  }
}

function checkMessage({ method, headers, body }: HttpRequest): void {
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw refusal('body', `a ${method} cannot carry one; leave it out or use POST`);
  }
  for (const name in headers) {
    if (!headerName.test(name)) {
      throw refusal('headers', `${JSON.stringify(name)} is no header name (RFC 9110, 5.1); rename it`);
    }
    if (!headerValue.test(headers[name] ?? '')) {
      throw refusal(
        `headers.${name}`,
        'holds a line break or another character that no header can; encode it',
      );
    }
  }
}

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const headerValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

const refusal = (path: string, message: string) => new ConfigError([{ path, message }]);
