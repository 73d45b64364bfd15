import { createRequire } from 'node:module';
import type * as Msw from 'msw';
import * as v from 'valibot';
import { type Clock, systemClock } from '../core/clock.ts';
import { HoldfastError } from '../core/errors.ts';
import { having, validate } from '../core/validate.ts';
import type { Credentials, JobDetail, JobParams } from '../syncrator/job.ts';
import { jobFields, syncJobFields } from '../syncrator/job-fields.ts';
import { parseCredentials } from '../syncrator/options.ts';
import { startFields, templateParams } from '../syncrator/start-answer.ts';
import { jobList, SyncratorJobs } from './syncrator-handlers-jobs.ts';
import { TokenDesk } from './syncrator-handlers-tokens.ts';
import { bodyParams, withJobId } from './syncrator-handlers-wire.ts';

/** Options of `syncratorHandlers`. */
export interface SyncratorHandlersOptions {
  /**
   * What the server holds. A `SyncratorJobs` of the test's own is moved on by the test. Without one, or with jobs in an
   * array, jobs get on by the clock: running after a second, completed after three. @default none
   */
  readonly jobs?: SyncratorJobs | readonly JobDetail[] | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** The only ones that may log in. @default anybody */
  readonly credentials?: Credentials | undefined;
  /** The env of `/{action}/{project}`, the form without one. @default 'qas' */
  readonly env?: string | undefined;
}

/** Rows of a page. */
const PAGE = 50;

/**
 * A syncrator server for msw, under `baseUrl`: every route but the home page. Any bearer token is taken but one of
 * `/login` that has expired. Every project has its parameters.
 *
 * @throws ConfigError for options that are wrong
 * @throws HoldfastError `MSW_MISSING` where the package `msw` is not installed
 */
export function syncratorHandlers(
  baseUrl: string,
  options: SyncratorHandlersOptions = {},
): Msw.RequestHandler[] {
  const given = validate(handlersOptions, options, 'options');
  const { http, HttpResponse } = loadMsw();
  const { clock = systemClock, env: ownEnv = 'qas', credentials } = given;
  const jobs =
    given.jobs instanceof SyncratorJobs
      ? given.jobs
      : new SyncratorJobs({ jobs: given.jobs, life: {}, clock });
  const desk = new TokenDesk(clock, credentials && parseCredentials(credentials));
  const base = baseUrl.replace(/\/+$/, '');
  const text = (body: string, status: number) => new HttpResponse(body, { status });
  const unauthorized = () => HttpResponse.html('<h1>401 Unauthorized</h1>', { status: 401 });

  const page = (request: Request, rows: readonly object[]) => {
    const asked = Number(new URL(request.url).searchParams.get('page'));
    const start = (Number.isSafeInteger(asked) && asked > 0 ? asked - 1 : 0) * PAGE;
    return HttpResponse.json(rows.slice(start, start + PAGE));
  };
  const start = (request: Request, params: JobParams, spelling: 'upper' | 'lower') => {
    if (!desk.accepts(request)) return unauthorized();
    const { id } = jobs.start(params);
    const shown = spelling === 'upper' ? withJobId(params, id) : params;
    return HttpResponse.json(startFields(templateParams(shown), { id, result: 'starting' }, spelling));
  };
  /** Shows no command and no secret. */
  const dryRun = (params: JobParams) => {
    const result = `would start syncrator-${params.env}-${params.target}-${params.actionName}`;
    const shown = templateParams(withJobId(params, 'dryrun'));
    return HttpResponse.json(startFields(shown, { id: 'dryrun', result }, 'upper'));
  };
  const job = (id: unknown, found: (id: number) => JobDetail) =>
    jobs.has(Number(id)) ? HttpResponse.json(jobFields(found(Number(id)))) : text('not found', 404);

  const predefined = ['sync', 'delta', 'delete', 'diff'].flatMap((action) => {
    const paramsOf = (params: Msw.PathParams): JobParams => ({
      target: String(params['project']),
      env: String(params['env'] ?? ownEnv),
      actionName: action,
      action,
      isTag: 'latest',
      options: '-n 1000 -c 1',
    });
    return [`${base}/${action}/:project/:env`, `${base}/${action}/:project`].flatMap((url) => [
      http.get(url, ({ params }) => dryRun(paramsOf(params))),
      http.post(url, ({ request, params }) => start(request, paramsOf(params), 'upper')),
    ]);
  });

  return [
    http.get(`${base}/health/live`, () => text('OK', 200)),
    http.post(`${base}/login`, async ({ request }) => {
      const granted = desk.grant(await request.formData());
      return granted === undefined ? unauthorized() : HttpResponse.json(granted);
    }),
    http.get(`${base}/jobs`, ({ request }) => page(request, jobs.list().map(jobFields))),
    http.get(`${base}/sync_jobs`, ({ request }) =>
      page(
        request,
        jobs.list().flatMap(({ syncJob }) => (syncJob === undefined ? [] : [syncJobFields(syncJob)])),
      ),
    ),
    http.get(`${base}/jobs/:id`, ({ params }) => job(params['id'], (id) => jobs.get(id))),
    http.delete(`${base}/jobs/:id`, ({ request, params }) =>
      desk.accepts(request) ? job(params['id'], (id) => jobs.delete(id)) : unauthorized(),
    ),
    http.post(`${base}/run`, async ({ request }) => {
      const params = bodyParams(await request.json());
      return params === undefined ? text('a field is missing', 400) : start(request, params, 'lower');
    }),
    http.post(`${base}/dryrun`, async ({ request }) => {
      const params = bodyParams(await request.json());
      return params === undefined ? text('a field is missing', 400) : dryRun(params);
    }),
    ...predefined,
  ];
}

/** An optional peer: only who calls this needs it. */
function loadMsw(): typeof Msw {
  try {
    return createRequire(import.meta.url)('msw') as typeof Msw;
  } catch (cause) {
    const message =
      'the package msw cannot be loaded; install it to use these handlers: npm install --save-dev msw';
    throw new HoldfastError(message, { code: 'MSW_MISSING', cause });
  }
}

const handlersOptions = v.strictObject({
  jobs: v.optional(v.lazy((value) => (value instanceof SyncratorJobs ? v.instance(SyncratorJobs) : jobList))),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  credentials: v.optional(
    v.custom<Credentials>(
      (value) => typeof value === 'object' && value !== null,
      'expected { username, password }',
    ),
  ),
  env: v.optional(v.string()),
});
