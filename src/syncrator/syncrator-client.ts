import * as v from 'valibot';
import { Calls } from '../core/calls.ts';
import { ClosedError, ConfigError } from '../core/errors.ts';
import { openRateLimit, type TakeTurn } from '../core/rate-limit.ts';
import type { Run } from '../core/run.ts';
import { runSettings } from '../core/run-settings.ts';
import { count, oneOf, validate } from '../core/validate.ts';
import { path } from '../http/path.ts';
import { openTransport, type Transport } from '../http/transport.ts';
import { jobAnswer, jobDetailAnswer, jobsAnswer, syncJobsAnswer } from './answers.ts';
import {
  type CallSettings,
  type ListOptions,
  parseCallOptions,
  parseListOptions,
  type SyncratorCallOptions,
} from './call-options.ts';
import { Exchange } from './exchange.ts';
import { followJob } from './follow.ts';
import { type FollowOptions, type JobSummary, parseFollowOptions } from './follow-options.ts';
import type {
  AccessToken,
  Credentials,
  DryRun,
  Job,
  JobAction,
  JobDetail,
  JobParams,
  StartedJob,
  SyncJob,
} from './job.ts';
import { findDeleted, findRunning } from './look.ts';
import {
  parseCredentials,
  parseSyncratorOptions,
  type SyncratorOptions,
  type SyncratorSettings,
} from './options.ts';
import { openPage, type Page } from './page.ts';
import { Session } from './session.ts';
import { dryRunAnswer, paramsBody, startedAnswer } from './start-answer.ts';
import { write } from './write.ts';

/**
 * Starts, dry-runs, follows, lists and deletes synchronisation jobs over the REST API of a syncrator server.
 *
 * All calls may throw `HttpError` (the server refused), `ConnectionError` and `TimeoutError` (nobody answered; a start or a delete
 * may have been carried out), `UnexpectedAnswerError`, `ConfigError` (arguments that are wrong; nothing was sent), `ClosedError`, and
 * the signal's reason; those that start and delete `AuthenticationError` as well.
 *
 * @example
 * await using syncrator = new SyncratorClient({ baseUrl: 'http://127.0.0.1:8080', credentials });
 * const { jobId } = await syncrator.start('sync', 'avo', 'qas');
 * const { job } = await syncrator.follow(jobId);
 */
export class SyncratorClient implements AsyncDisposable {
  readonly #settings: SyncratorSettings;
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #exchange: Exchange;
  readonly #takeTurn: TakeTurn;
  readonly #stopFollowing = new AbortController();
  readonly #calls = new Calls('this SyncratorClient');

  /** @throws ConfigError that names every mistake in the options; nothing is sent before the first call */
  constructor(options: SyncratorOptions) {
    const settings = parseSyncratorOptions(options);
    const { pollsPerSecond, clock } = settings;
    this.#settings = settings;
    this.#transport = openTransport(settings);
    this.#session = new Session(settings, this.#transport);
    this.#exchange = new Exchange(settings, this.#transport, this.#session);
    this.#takeTurn = openRateLimit({ perSecond: pollsPerSecond, burst: pollsPerSecond }, clock);
  }

  /**
   * Logs in, by the credentials given here, which then serve for every later login too, or by the client's. Never
   * needed: other calls log in when they have to. Many at once are one login.
   *
   * @throws AuthenticationError for credentials that are refused
   */
  login(credentials?: Credentials): Promise<AccessToken> {
    return this.#calls.track(() =>
      this.#session.login(credentials === undefined ? undefined : parseCredentials(credentials)),
    );
  }

  /** The jobs that this API has started, newest first: `await` for a page, `for await` for all. */
  jobs(options?: ListOptions): Page<Job> {
    return this.#list('/jobs', jobsAnswer, options);
  }

  /** Every synchronisation there was, those that nobody started over the API among them, newest first. */
  syncJobs(options?: ListOptions): Page<SyncJob> {
    return this.#list('/sync_jobs', syncJobsAnswer, options);
  }

  /**
   * One job, with what its program has reported.
   *
   * @throws HttpError with status 404 where there is none of that id
   */
  job(id: number, options?: SyncratorCallOptions): Promise<JobDetail> {
    return this.#calls.track(async () => this.#exchange.read(jobRequest(id), this.#call(options)));
  }

  /**
   * Deletes a job: what it had started is removed. Sent again after a lost answer only where the job is not deleted yet.
   *
   * @throws HttpError with status 404 where there is none of that id; AuthenticationError
   */
  deleteJob(id: number, options?: SyncratorCallOptions): Promise<Job> {
    return this.#calls.track(async () => {
      const call = this.#call(options);
      const request = { ...jobRequest(id), method: 'DELETE', token: 'needed', answer: jobAnswer } as const;
      return write(
        this.#exchange,
        this.#settings,
        request,
        call,
        findDeleted(this.#exchange, call, request.path),
      );
    });
  }

  /**
   * Starts a predefined job. Where that job runs already, the server answers its id and starts nothing. For that reason a
   * start whose answer was lost is sent again once the job is seen to run; where it is not, its error is thrown, for it may
   * have been carried out all the same.
   *
   * @throws HttpError with status 400 where there is no such job; AuthenticationError
   */
  start(
    action: JobAction,
    project: string,
    env?: string,
    options?: SyncratorCallOptions,
  ): Promise<StartedJob> {
    return this.#calls.track(async () => {
      const { clock } = this.#settings;
      const call = this.#call(options);
      const dryRun = this.#predefined(action, project, env);
      const startedAt = clock.monotonic();
      await this.#checkEnv(env, () => this.#exchange.read(dryRun, call));
      const deadline = Math.max(1, call.deadline - (clock.monotonic() - startedAt));
      const request = { method: 'POST', path: dryRun.path, answer: startedAnswer, token: 'needed' } as const;
      const look = findRunning(this.#exchange, call, dryRun);
      return write(this.#exchange, this.#settings, request, { ...call, deadline }, look);
    });
  }

  /** What `start` would do. Needs no token. */
  dryRun(action: JobAction, project: string, env?: string, options?: SyncratorCallOptions): Promise<DryRun> {
    return this.#calls.track(async () => {
      const call = this.#call(options);
      const dryRun = await this.#exchange.read(this.#predefined(action, project, env), call);
      await this.#checkEnv(env, async () => dryRun);
      return dryRun;
    });
  }

  /** Starts a job from parameters of one's own, as `start` does. */
  run(params: JobParams, options?: SyncratorCallOptions): Promise<StartedJob> {
    return this.#calls.track(async () => {
      const call = this.#call(options);
      const given = validate(jobParams, params, 'params');
      const request = {
        method: 'POST',
        path: '/run',
        body: paramsBody(given),
        answer: startedAnswer,
        token: 'needed',
      } as const;
      return write(this.#exchange, this.#settings, request, call, findRunning(this.#exchange, call, given));
    });
  }

  /** What `run` would do. Needs no token; one that is there is sent. */
  dryRunCustom(params: JobParams, options?: SyncratorCallOptions): Promise<DryRun> {
    return this.#calls.track(async () => {
      const call = this.#call(options);
      const body = paramsBody(validate(jobParams, params, 'params'));
      const request = {
        method: 'POST',
        path: '/dryrun',
        body,
        answer: dryRunAnswer,
        token: 'at-hand',
      } as const;
      return this.#exchange.read(request, call);
    });
  }

  /**
   * Asks for a job until it is completed: at once, then at growing intervals. Iterate it for every state that differs from
   * the one before; `await` it for the last. See `Run`. Any process may follow a job by its id, and again.
   *
   * The run rejects with JobFailedError, JobDeletedError; with TimeoutError at the deadline; and where a question has used
   * up its attempts, with the error of the last.
   */
  follow(id: number, options?: FollowOptions): Run<JobDetail, JobSummary> {
    this.#calls.refuseClosed();
    const request = jobRequest(id);
    const settings = parseFollowOptions(options, this.#settings);
    const { concurrency, failAbove, rerunLimit } = options ?? {};
    runSettings({ concurrency, failAbove, rerunLimit }, 1);
    const tools = {
      settings: this.#settings,
      takeTurn: this.#takeTurn,
      closing: this.#stopFollowing.signal,
      ask: (timeout: number, signal: AbortSignal) =>
        this.#calls.track(() => this.#exchange.attempt(request, timeout, signal)),
    };
    return followJob(tools, id, settings);
  }

  /** Refuses new calls, stops following, waits for calls in flight, and gives connections back. Idempotent. */
  close(): Promise<void> {
    this.#stopFollowing.abort(new ClosedError('this SyncratorClient'));
    return this.#calls.close(() => this.#transport.close());
  }

  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #call(options: SyncratorCallOptions | undefined): CallSettings {
    return parseCallOptions(options, this.#settings);
  }

  #list<T extends { readonly id: number }>(
    route: '/jobs' | '/sync_jobs',
    answer: v.GenericSchema<unknown, T[]>,
    options: ListOptions | undefined,
  ): Page<T> {
    const { page, ...call } = parseListOptions(options, this.#settings);
    return openPage(page, (number) =>
      this.#calls.track(() => {
        const request = { method: 'GET', path: `${route}?page=${number}`, answer, token: 'none' } as const;
        return this.#exchange.read(request, call);
      }),
    );
  }

  /** The dry run of a predefined job; a start goes to the same address. */
  #predefined(action: unknown, project: unknown, env: unknown) {
    const given = validate(predefinedJob, { action, project, env }, 'job');
    const request = { method: 'GET', answer: dryRunAnswer, token: 'none' } as const;
    if (this.#settings.paths === 'project')
      return { ...request, path: path`/${given.action}/${given.project}` };
    if (given.env === undefined) throw noEnv();
    return { ...request, path: path`/${given.action}/${given.project}/${given.env}` };
  }

  /** Where the server has an env of its own, a caller who names one must not be given another. */
  async #checkEnv(env: string | undefined, dryRun: () => Promise<DryRun>): Promise<void> {
    if (this.#settings.paths !== 'project' || env === undefined) return;
    const own = (await dryRun()).env;
    if (own === env) return;
    const message = `this server's own env is ${JSON.stringify(own)}, received ${JSON.stringify(env)}; ask the server of that env`;
    throw new ConfigError([{ path: 'job.env', message }]);
  }
}

function jobRequest(id: unknown) {
  const path = `/jobs/${validate(count(0), id, 'id')}`;
  return { method: 'GET', path, answer: jobDetailAnswer, token: 'none' } as const;
}

const name = v.pipe(v.string(), v.nonEmpty('expected a name, received an empty text'));

const predefinedJob = v.strictObject({
  action: oneOf('sync', 'delta', 'delete', 'diff'),
  project: name,
  env: v.optional(name),
});

const jobParams = v.strictObject({
  target: name,
  env: name,
  actionName: name,
  action: name,
  isTag: name,
  options: v.string(),
  mamMainQuery: v.optional(v.string()),
});

function noEnv(): ConfigError {
  const message =
    "is missing; name one as 'qas', or set paths: 'project' for a server with an env of its own";
  return new ConfigError([{ path: 'job.env', message }]);
}
