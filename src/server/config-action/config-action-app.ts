import { type Context, Hono } from 'hono';
import type { HoldfastError } from '../../core/errors.ts';
import { failure, notFound } from '../answers.ts';
import { markAsGuarded, tokenCheck } from '../bearer-token.ts';
import { openActionRoute } from './action-route.ts';
import { CallGate } from './call-gate.ts';
import { openapi } from './openapi.ts';
import { type ConfigActionAppOptions, parseAppOptions } from './options.ts';
import { processRoute } from './process-route.ts';
import { relayRoute } from './relay-route.ts';
import { shownAction } from './wire.ts';

/**
 * The server mode of the pod API requester: calls pods on behalf of others, by the names of a config. Its routes and their
 * fields are in `GET /openapi.json`.
 *
 * What a pod answers, or that it does not, is an answer with status 200. 404 is for an unknown name and a target without
 * pods, 413 for a body over the limit, 415 for one that is no JSON, 422 for one that does not fit (with the path of each
 * fault), 401 for a wrong token, 503 where too much is asked at once, and 500 for the rest, such as what the cluster
 * refuses. All of them have `{"detail": …}`.
 *
 * @throws {ConfigError} for options that are wrong
 *
 * @example
 * const pods = kubernetesPods(connectKubernetes(), { cache: true });
 * await using server = await serve(configActionApp({ config: await loadConfig('config.yaml'), pods }), { port: 8645 });
 */
export function configActionApp(options: ConfigActionAppOptions): Hono {
  const settings = parseAppOptions(options);
  const { config, pods, token, concurrency, waiting, patience, calls } = settings;
  const gate = new CallGate({ concurrency, waiting, patience, clock: calls.clock });
  const actions = openActionRoute(settings);
  const check = token === undefined ? undefined : tokenCheck(token);

  const app = new Hono();
  if (check !== undefined) {
    markAsGuarded(app);
    app.use(async (c, next) => (c.req.path === '/health' ? next() : (check(c.req.raw) ?? next())));
  }
  app.post('/process', async (c) => c.json(await processRoute(c.req.raw, settings, gate)));
  app.post('/waku/relay', async (c) => c.json(await relayRoute(c.req.raw, settings, gate)));
  app.post('/cache/clear', (c) => {
    pods.clear?.();
    return c.json({ cleared: true });
  });
  app.post('/action/:name', (c) => {
    const name = c.req.param('name');
    return isStreamed(c) ? actions.stream(name, c.req.raw) : actions.summary(name, c.req.raw);
  });
  app.get('/actions', (c) => c.json({ actions: [...config.actions.values()].map(shownAction) }));
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/openapi.json', (c) => c.json(openapi(token !== undefined)));
  app.notFound((c) => notFound(app, c));
  app.onError((error, c) => failure(error, c.req.raw.signal, { logger: calls.logger, statusOf }));
  return app;
}

/** `?stream`, `?stream=true`; not `?stream=false`. */
const isStreamed = (c: Context): boolean =>
  c.req.query('stream') !== undefined && !/^(?:false|0|no)$/i.test(c.req.query('stream') ?? '');

const statusOf = ({ code }: HoldfastError): number => (code === 'NO_PODS' ? 404 : 500);
