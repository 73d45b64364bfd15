import { detailResponse } from './detail.ts';

/**
 * The answer for what a page in a browser on this machine could send without being asked: a request to a name that only
 * resolves to this machine (DNS rebinding), and one from another site. `undefined` for any other request.
 */
export function refusalOnLoopback({ method, headers }: Request): Response | undefined {
  const host = headers.get('host') ?? '';
  if (!LOCAL_HOST.test(host)) {
    return detailResponse(403, 'the Host header names another host; use 127.0.0.1 or localhost');
  }
  if (method === 'GET' || method === 'HEAD') return undefined;
  const origin = headers.get('origin');
  const foreign = origin !== null && URL.parse(origin)?.host !== host.toLowerCase();
  if (!foreign && headers.get('sec-fetch-site') !== 'cross-site') return undefined;
  return detailResponse(403, 'requests from pages of other sites are refused');
}

/** With any port: it may be forwarded. */
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
