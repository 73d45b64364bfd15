import { once } from 'node:events';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import * as v from 'valibot';
import { type Clock, systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { having, milliseconds, oneOf, validate } from '../core/validate.ts';
import { asksForToken, tokenCheck, tokenText } from './bearer-token.ts';
import { endable } from './end-server.ts';
import { refusalOnLoopback } from './loopback-guard.ts';
import { seesToTime } from './request-time.ts';

/** What answers requests: a Hono app is one. */
export interface ServedApp {
  /** Answers one request. `env` is what the app sees as its environment. */
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>;
}

/** Options of `serve`. */
export interface ServeOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number | undefined;
  /**
   * The address to listen on. Any other than the loopback of this machine needs a token, here or the app's own, or
   * `auth: 'none'`.
   * @default '127.0.0.1'
   */
  readonly hostname?: string | undefined;
  /** Every request must bring it as `Authorization: Bearer`. @default none, or what the app itself asks for */
  readonly token?: string | undefined;
  /**
   * `'none'`: whoever reaches the address may use the app. Something in front of it must see to who that is.
   * @default an address beyond loopback needs a token
   */
  readonly auth?: 'none' | undefined;
  /** Milliseconds that `close()` gives requests under way before it cuts them. @default 1_000 */
  readonly grace?: number | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** An app that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  /**
   * Takes no more connections, lets requests under way end for `grace` milliseconds, and then cuts what is left, so that
   * nothing that hangs holds it up; a request that is cut has its `signal` aborted. May be called twice.
   */
  close(): Promise<void>;
}

/**
 * Listens for an app over HTTP. On a loopback address requests that name another host (DNS rebinding) and requests from
 * pages of other sites are answered with 403.
 *
 * @throws {ConfigError} for options that are wrong, and for an address that others reach with no word on who may use it
 * @throws Node's own error (`EADDRINUSE`, `EACCES`) where the address cannot be had
 *
 * @example
 * await using server = await serve(configActionApp({ config, pods }), { port: 8645 });
 */
export async function serve(app: ServedApp, options?: ServeOptions): Promise<RunningServer> {
  validate(having<ServedApp>('fetch'), app, 'app');
  const {
    port = 0,
    hostname = '127.0.0.1',
    token,
    auth,
    grace = 1_000,
    clock = systemClock,
  } = validate(serveOptions, options ?? {}, 'options');
  const local = isLoopback(hostname);
  if (!local && token === undefined && auth !== 'none' && !asksForToken(app)) {
    const message =
      `${JSON.stringify(hostname)} can be reached from other machines: set a token (of the app or here), or say ` +
      "auth: 'none'";
    throw new ConfigError([{ path: 'options.hostname', message }]);
  }
  const check = token === undefined ? undefined : tokenCheck(token);
  const server = createAdaptorServer({
    // Else the platform's Request and Response would be replaced for the whole process.
    overrideGlobalObjects: false,
    hostname,
    fetch: (request, env) =>
      (local ? refusalOnLoopback(request) : undefined) ?? check?.(request) ?? app.fetch(request, env),
  }) as Server;
  // Node's five minutes for a whole request are too few for a large file.
  if (seesToTime(app)) server.requestTimeout = 0;
  const end = endable(server, clock);
  // Many clients may come at once; the kernel would make those past the default of 511 wait a second and try again.
  server.listen({ port, host: hostname, backlog: 4_096 });
  // Rejects with the server's 'error', which it emits where the address cannot be had.
  await once(server, 'listening');
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= end(grace));
  return { url: urlOf(server, hostname), close, [Symbol.asyncDispose]: close };
}

function urlOf(server: Server, hostname: string): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('the server is not listening');
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const host = everywhere[hostname] ?? (hostname.includes(':') ? `[${hostname}]` : hostname);
  return `http://${host}:${address.port}`;
}

const isLoopback = (hostname: string) => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(hostname);

const serveOptions = v.strictObject({
  port: v.optional(
    v.custom<number>(
      (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
      ({ received }) => `expected a port from 0 to 65535, received ${received}`,
    ),
  ),
  hostname: v.optional(
    v.pipe(v.string(), v.nonEmpty("expected an address such as '127.0.0.1', received an empty text")),
  ),
  token: v.optional(tokenText),
  auth: v.optional(oneOf('none')),
  grace: v.optional(milliseconds()),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
});
