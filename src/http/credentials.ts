import { ConfigError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';

/**
 * Takes user and password out of a url, for fetch refuses them there and logs would show them. `authorization` is the
 * header that stands for them: Basic, UTF-8 (RFC 7617). A url without credentials comes back as it is.
 *
 * @throws {ConfigError} for what is no http or https url, and for a user with a colon, which Basic cannot carry.
 */
export function splitCredentials(url: string): { url: string; authorization?: string } {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw refusal(`expected an absolute url as http://host:5000, received "${redactUrl(url)}"`);
  }
  if (parsed.username === '' && parsed.password === '') return { url };
  const user = percentDecode(parsed.username);
  if (user.includes(':')) {
    throw refusal(
      'the user in the url holds a colon, which Basic authentication cannot carry; pass a header',
    );
  }
  const pair = Buffer.concat([user, Buffer.from(':'), percentDecode(parsed.password)]);
  parsed.username = '';
  parsed.password = '';
  // The parser adds a slash, which a base url that paths are appended to must not get.
  const addedSlash = parsed.href.endsWith('/') && !url.trimEnd().endsWith('/');
  return {
    url: addedSlash ? parsed.href.slice(0, -1) : parsed.href,
    authorization: `Basic ${pair.toString('base64')}`,
  };
}

/** To bytes, for they need not be UTF-8 and decodeURIComponent throws on those. */
function percentDecode(text: string): Buffer {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}

const refusal = (message: string) => new ConfigError([{ path: 'url', message }]);
