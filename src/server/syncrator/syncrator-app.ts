import { type Context, Hono } from 'hono';
import type { HoldfastError } from '../../core/errors.ts';
import { jobFields, syncJobFields } from '../../syncrator/job-fields.ts';
import { failure, notFound } from '../answers.ts';
import { markAsGuarded } from '../bearer-token.ts';
import { DetailError } from '../detail.ts';
import { homeRoutes } from './home/home-routes.ts';
import { openLogin } from './login-route.ts';
import { openapi } from './openapi.ts';
import { parseSyncratorAppOptions, type SyncratorAppOptions } from './options.ts';
import { customParams, dryRun, predefinedParams, startJob } from './start-route.ts';
import { openTokenCheck } from './token-check.ts';

/**
 * A syncrator server: starts synchronisation jobs and keeps what becomes of them, for `SyncratorClient` and the clients of
 * the original. Its routes and their fields are in `GET /openapi.json`; `GET /` is a page for people.
 *
 * It takes up what an earlier process left unfinished (`runner.resume()`) when it is made, so make one for each store and
 * process. Close server, runner and store in that order.
 *
 * 401 is for a start, a delete or a login that is refused, 400 for a predefined job without a parameter file, 404 for an
 * unknown job, 409 for a job whose name another action's job has, 413 for a body over the limit, 415 for one that is not
 * of the type that it has to be, 422 for one that does not fit (with the path of each fault), 502 and 504 for an OAuth server that
 * does not answer, 503 for a store that cannot be read or written. All of them have `{"detail": …}`.
 *
 * @throws {ConfigError} for options that are wrong
 *
 * @example
 * await using store = sqliteJobStore('jobs.sqlite');
 * await using runner = kubernetesRunner({ kube: connectKubernetes(), store, template: await readFile('job_template.yaml', 'utf8') });
 * const auth = { secret: process.env['JWT_SECRET'] ?? '' };
 * const app = syncratorApp({ store, runner, params: 'job_params', env: 'qas', auth, login: { oauth: 'https://oauth.example' } });
 * await using server = await serve(app, { port: 8080 });
 */
export function syncratorApp(options: SyncratorAppOptions): Hono {
  const settings = parseSyncratorAppOptions(options);
  const { store, runner, auth, login, clock, logger } = settings;
  const check = auth === 'none' ? undefined : openTokenCheck(auth, clock);
  const app = new Hono();
  if (check !== undefined) markAsGuarded(app);

  app.use(async (c, next) => {
    await next();
    c.header('x-content-type-options', 'nosniff');
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  homeRoutes(app, { hasLogin: login !== undefined, hasToken: check !== undefined });
  app.get('/health/live', (c) => c.text('OK'));
  app.get('/openapi.json', (c) =>
    c.json(openapi({ hasLogin: login !== undefined, hasToken: check !== undefined })),
  );
  if (login !== undefined) {
    const answerLogin = openLogin(login, settings);
    app.post('/login', (c) => answerLogin(c.req.raw));
  }

  app.get('/jobs', async (c) => c.json((await store.jobs(pageOf(c))).map(jobFields)));
  app.get('/sync_jobs', async (c) => c.json((await store.syncJobs(pageOf(c))).map(syncJobFields)));
  app.get('/jobs/:id', async (c) => c.json(jobFields((await store.job(idOf(c))) ?? noJob())));
  app.delete('/jobs/:id', async (c) => {
    await check?.(c.req.raw);
    const job = (await store.move(idOf(c), 'deleted')) ?? noJob();
    // Never rejects, and goes on for as long as the cluster is away.
    void runner.remove(job.id);
    return c.json(jobFields(job));
  });

  app.post('/run', async (c) => {
    await check?.(c.req.raw);
    return startJob(settings, await customParams(settings, c.req.raw), 'lower');
  });
  app.post('/dryrun', async (c) => dryRun(settings, await customParams(settings, c.req.raw)));
  for (const action of ['sync', 'delta', 'delete', 'diff'] as const) {
    const paramsOf = (c: Context) =>
      predefinedParams(settings, { action, project: c.req.param('project') ?? '', env: c.req.param('env') });
    for (const path of [`/${action}/:project`, `/${action}/:project/:env`]) {
      app.get(path, async (c) => dryRun(settings, await paramsOf(c)));
      app.post(path, async (c) => {
        await check?.(c.req.raw);
        return startJob(settings, await paramsOf(c), 'upper');
      });
    }
  }

  app.notFound((c) => notFound(app, c));
  app.onError((error, c) => failure(error, c.req.raw.signal, { logger, statusOf }));
  void runner.resume();
  return app;
}

const statusOf = ({ code }: HoldfastError) => (code === 'JOB_STORE' ? 503 : 500);

/** Rows of a page. */
const PAGE = 50;
/** No list is that long, and every store can still count so far. */
const LAST_PAGE = 10_000_000;

/** What is no page is the first one. */
function pageOf(c: Context): { readonly page: number; readonly size: number } {
  const page = Number(c.req.query('page'));
  return { page: Number.isInteger(page) && page > 0 ? Math.min(page, LAST_PAGE) : 1, size: PAGE };
}

function idOf(c: Context): number {
  const text = c.req.param('id') ?? '';
  const id = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(id) ? id : noJob();
}

function noJob(): never {
  throw new DetailError(404, 'not found');
}
