import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { StatusError } from '../store/status-error.ts';
import type { ProxyTarget } from './pod-proxy-target.ts';
import type { PodRequest } from './pod-request.ts';

/**
 * Passes a request on to a pod, and its answer back, as the API server's proxy does: whatever the pod answers is the
 * answer.
 * @throws StatusError 503 where no answer came, and what `findTarget` throws.
 */
export async function forward(call: PodRequest, findTarget: () => ProxyTarget): Promise<void> {
  const { request, response, info, search } = call;
  const target = findTarget();
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const prefix = decodeURIComponent(info.prefix);
  if (info.rest === '' && isRead) {
    const headers = { 'Cache-Control': NO_CACHE, Location: `${prefix}/${search}`, 'Content-Length': '0' };
    response.writeHead(301, headers).end();
    return;
  }
  // The real one fails inside and closes the connection.
  if (!/^\d+$/.test(target.port)) {
    request.socket.destroy();
    return;
  }
  const path = cleanPath(info.rest);
  const answer = await send(call, target, path, headersFor(request, prefix + path));
  await passBack(call, answer, target, prefix);
}

const NO_CACHE = 'no-cache, private';

/** Without the double slashes, the dots and the escapes that the API server's own router takes out. */
function cleanPath(path: string): string {
  const clean = posix.normalize(`/${decodeURIComponent(path)}`);
  return encodeURI(clean).replace(/[?#]/g, encodeURIComponent);
}

function headersFor(request: IncomingMessage, forwardedUri: string): OutgoingHttpHeaders {
  const { authorization: _, ...headers } = withoutHopByHop(request.headers);
  const client = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const forwardedFor = request.headers['x-forwarded-for'];
  return {
    ...headers,
    'accept-encoding': headers['accept-encoding'] ?? 'gzip',
    'x-forwarded-for': forwardedFor === undefined ? client : `${String(forwardedFor)}, ${client}`,
    'x-forwarded-uri': forwardedUri,
  };
}

function send(
  { request, response, search }: PodRequest,
  { scheme, ip, port }: ProxyTarget,
  path: string,
  headers: OutgoingHttpHeaders,
): Promise<IncomingMessage> {
  const number = Number(port);
  if (number > 65_535) throw unreachable(`dial tcp: address ${port}: invalid port`);
  if (number === 0) throw unreachable(`dial tcp ${ip}:0: connect: connection refused`);
  return new Promise((resolve, reject) => {
    const options: RequestOptions & { readonly rejectUnauthorized: boolean } = {
      method: request.method ?? 'GET',
      host: ip,
      port: number,
      path: path + search,
      headers,
      agent: false,
      rejectUnauthorized: false,
    };
    const outgoing = (scheme === 'https' ? httpsRequest : httpRequest)(options, resolve);
    // Node would add its own.
    outgoing.removeHeader('connection');
    outgoing.on('error', (error) => reject(unreachable(reasonOf(error, `${ip}:${port}`))));
    response.on('close', () => outgoing.destroy());
    // Its failure is the failure of the request, which 'error' tells.
    pipeline(request, outgoing).catch(() => outgoing.destroy());
  });
}

async function passBack(
  { request, response }: PodRequest,
  answer: IncomingMessage,
  target: ProxyTarget,
  prefix: string,
): Promise<void> {
  const { location, ...headers } = withoutHopByHop(answer.headers);
  const isUnasked =
    request.headers['accept-encoding'] === undefined && headers['content-encoding'] === 'gzip';
  const sent: OutgoingHttpHeaders = {
    'cache-control': NO_CACHE,
    ...headers,
    ...(location === undefined ? {} : { location: locationBehind(prefix, target, String(location)) }),
  };
  if (isUnasked) {
    delete sent['content-encoding'];
    delete sent['content-length'];
  }
  response.writeHead(answer.statusCode ?? 502, sent);
  // What is cut short rejects, and is cut short for the client, too.
  await (isUnasked ? pipeline(answer, createGunzip(), response) : pipeline(answer, response));
}

/** A path of the pod's own server stands behind the proxy's; other places are left as they are. */
function locationBehind(prefix: string, { scheme, ip, port }: ProxyTarget, location: string): string {
  const origin = `${scheme}://${ip}:${port}`;
  const path = location.startsWith(`${origin}/`) ? location.slice(origin.length) : location;
  return path.startsWith('/') && !path.startsWith('//') ? prefix + path : location;
}

function withoutHopByHop(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** In the words of the real one. */
function reasonOf(error: Error, address: string): string {
  const code = String(Reflect.get(error, 'code') ?? '');
  const dialed = DIAL_ERRORS.get(code);
  if (dialed !== undefined) return `dial tcp ${address}: ${dialed}`;
  if (error.message === 'socket hang up') return 'EOF';
  if (code === 'ECONNRESET') return `read tcp ${address}: read: connection reset by peer`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return 'tls: first record does not look like a TLS handshake';
  return error.message;
}

const DIAL_ERRORS = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ETIMEDOUT', 'i/o timeout'],
]);

const unreachable = (reason: string) =>
  new StatusError(503, 'ServiceUnavailable', `error trying to reach service: ${reason}`);
