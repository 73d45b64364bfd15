import { type Context, Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { failure, notFound } from '../answers.ts';
import { markAsGuarded, tokenCheck } from '../bearer-token.ts';
import { DetailError } from '../detail.ts';
import { markAsTiming } from '../request-time.ts';
import { fileBytes, fileOfIndex } from './file-routes.ts';
import { openapi } from './openapi.ts';
import { type FileDropAppOptions, parseFileDropAppOptions } from './options.ts';
import { pageRoutes } from './page/page-routes.ts';
import { PodBoard } from './pod-board.ts';
import { podEvents } from './pod-events.ts';
import { sweepOnAndOn } from './sweep.ts';
import { openUploadRoute } from './upload-route.ts';

/** What `fileDropApp` gives. */
export interface FileDropApp extends Hono, AsyncDisposable {
  /** Ends the watch, the sweeps and every page's stream; uploads under way go on. May be called twice. */
  close(): Promise<void>;
}

/**
 * A server for dropped files: a page at `/`, and under `/backend` what it and the processors need. Its routes are in
 * `GET /openapi.json`. It watches the cluster from when it is made until `close()`, and removes the bytes of a file once
 * its Job has ended.
 *
 * @throws {ConfigError} for options that are wrong
 *
 * @example
 * await using app = fileDropApp({
 *   kube: connectKubernetes(),
 *   store: diskStore('/var/lib/drop'),
 *   image: 'acme/file-drop-processor:1',
 *   fileUrl: 'http://backend:5000/backend/static',
 *   apiUrl: 'https://rebuild.example/api',
 * });
 * await using server = await serve(app, { port: 5000 });
 */
export function fileDropApp(options: FileDropAppOptions): FileDropApp {
  const settings = parseFileDropAppOptions(options);
  const { scheduler, token, streams, clock, logger } = settings;
  const check = token === undefined ? undefined : tokenCheck(token);
  const board = new PodBoard(settings);
  const upload = openUploadRoute(settings);
  const closing = new AbortController();

  const app = new Hono();
  const guarded = async (c: Context, next: () => Promise<void>) => check?.(c.req.raw) ?? next();
  if (check !== undefined) markAsGuarded(app);
  markAsTiming(app);
  app.use(secureHeaders(HEADERS));
  pageRoutes(app);
  app.get('/backend/health', (c) => c.body(null, 200));
  app.get('/backend/static/:id', (c) => fileBytes(settings, c.req.param('id')));
  app.get('/backend/drops/:dropId/:index', (c) =>
    fileOfIndex(settings, c.req.param('dropId'), c.req.param('index')),
  );
  app.post('/backend/files', guarded, (c) => upload(c.req.raw));
  app.get('/backend/pods/processor', guarded, async (c) =>
    c.json(await scheduler.pods({ signal: c.req.raw.signal })),
  );
  app.delete('/backend/jobs/processor', guarded, async (c) => c.json(await scheduler.deleteJobs()));
  app.get('/backend/events', guarded, (c) => {
    if (closing.signal.aborted || board.listening >= streams) {
      throw new DetailError(503, 'no more streams; ask /backend/pods/processor from time to time');
    }
    const left = AbortSignal.any([closing.signal, c.req.raw.signal]);
    return new Response(podEvents(board, clock, left), {
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    });
  });
  app.get('/openapi.json', (c) => c.json(openapi(token !== undefined)));
  app.notFound((c) => notFound(app, c));
  app.onError((error, c) => failure(error, c.req.raw.signal, { logger }));

  const work = Promise.all([board.run(closing.signal), sweepOnAndOn(settings, closing.signal)]);
  const close = async () => {
    closing.abort();
    await work;
  };
  return Object.assign(app, { close, [Symbol.asyncDispose]: close });
}

/** What is not said here stays at hono's strict defaults. */
const HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
  // It is for whoever ends TLS to say that there will always be TLS.
  strictTransportSecurity: false,
  // A dropped file has a stricter policy of its own.
  overwrite: false,
};
