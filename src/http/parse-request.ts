import { ConfigError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import type { HttpRequest } from './message.ts';

/**
 * The request's url, parsed. Refuses what no HTTP can carry, alike for every transport: some would throw with the
 * secret in the message, others would send something else.
 *
 * @throws {ConfigError}
 */
export function parseRequest(request: HttpRequest): URL {
  const { method, headers, body } = request;
  const url = URL.parse(request.url);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw refusal('url', `expected an absolute http or https url, received "${redactUrl(request.url)}"`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal('url', `${redactUrl(request.url)} holds credentials; pass them as an authorization header`);
  }
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
  return url;
}

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const headerValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

const refusal = (path: string, message: string) => new ConfigError([{ path, message }]);
