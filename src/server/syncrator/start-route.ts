import * as v from 'valibot';
import { ConfigError, type ConfigIssue } from '../../core/errors.ts';
import { redact } from '../../core/observe.ts';
import { oneOf } from '../../core/validate.ts';
import type { JobAction } from '../../syncrator/job.ts';
import { startFields } from '../../syncrator/start-answer.ts';
import { DetailError, type RequestFault } from '../detail.ts';
import { readJson } from '../read-json.ts';
import type { StartParams } from './job-store.ts';
import type { SyncratorAppSettings } from './options.ts';
import type { Runner, StartPlan } from './runner.ts';

/** What was asked for, and how to say that the template refuses it. */
export interface Requested {
  readonly params: StartParams;
  readonly refuse: (error: ConfigError) => DetailError;
}

/** A predefined job, as a path names it. */
interface Predefined {
  readonly action: JobAction;
  readonly project: string;
  readonly env: string | undefined;
}

/**
 * What a start of a predefined job takes.
 *
 * @throws {DetailError} 400 that names the file, where there is none or it cannot be used
 */
export async function predefinedParams(
  { params, env: ownEnv }: SyncratorAppSettings,
  { action, project, env = ownEnv }: Predefined,
): Promise<Requested> {
  if (env === undefined) {
    throw new DetailError(400, `this server has no env of its own: name one, as /${action}/avo/qas`);
  }
  try {
    const { file, params: found } = await params.read({ env, project, action });
    if (found === undefined) throw new DetailError(400, `there is no parameter file ${file}`);
    return { params: found, refuse: ({ message }) => new DetailError(400, `${file}: ${message}`) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new DetailError(400, error.message);
  }
}

/**
 * What `/run` and `/dryrun` have in their bodies.
 *
 * @throws {DetailError} 413, 415, 422
 */
export async function customParams(
  { maxRequestBytes }: SyncratorAppSettings,
  request: Request,
): Promise<Requested> {
  const body = await readJson(request, startBody, maxRequestBytes);
  const params = {
    TARGET: body.target,
    ENV: body.env,
    ACTION_NAME: body.action_name,
    ACTION: body.action,
    IS_TAG: body.is_tag,
    OPTIONS: body.options,
    ...(typeof body.mam_main_query === 'string' ? { MAM_MAIN_QUERY: body.mam_main_query } : {}),
  };
  return { params, refuse: ({ issues }) => new DetailError(422, issues.map(faultOf)) };
}

/** What a start would make. Starts nothing, and shows no secret. */
export async function dryRun({ runner }: SyncratorAppSettings, requested: Requested): Promise<Response> {
  const { params, manifest } = await plan(runner, requested, 'dryrun');
  return Response.json(startFields(redact(params), { id: 'dryrun', result: manifest }, 'upper'));
}

/**
 * Starts a job; or answers the one of that target, env and action that starts or runs already. Clients of the first version
 * read the answer of `/run` in lower case.
 *
 * @throws {DetailError} 409 where another action's job has the name; 400 or 422 for parameters that the template refuses
 */
export async function startJob(
  { store, runner }: SyncratorAppSettings,
  requested: Requested,
  spelling: 'upper' | 'lower',
): Promise<Response> {
  // What cannot be made must not become a job.
  await plan(runner, requested, 'dryrun');
  const { outcome, job } = await refusing(requested, () => store.start(requested.params));
  if (outcome === 'occupied') {
    const which = `job ${job.id} (${job.jobType}) has that target, env and action_name`;
    throw new DetailError(409, `${which} and is ${job.status}; wait for it, or delete it`);
  }
  // Never rejects, and goes on for as long as the cluster is away: the job's status tells.
  if (outcome === 'created') void runner.start(job.id);
  const stored = outcome === 'created' ? undefined : await store.startOf(job.id);
  const params = stored?.params ?? requested.params;
  const shown = spelling === 'upper' ? await shownParams(runner, { ...requested, params }, job.id) : params;
  return Response.json(startFields(redact(shown), { id: job.id, result: job.status }, spelling));
}

/** As the program got them. A job that runs already may be of an earlier template, which took what this one refuses. */
async function shownParams(runner: Runner, requested: Requested, id: number): Promise<StartParams> {
  try {
    return (await plan(runner, requested, id)).params;
  } catch (error) {
    if (error instanceof DetailError) return requested.params;
    throw error;
  }
}

const plan = (runner: Runner, requested: Requested, id: number | 'dryrun'): Promise<StartPlan> =>
  refusing(requested, () => runner.plan(requested.params, id));

async function refusing<T>({ refuse }: Requested, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Any other is about what the server itself was given.
    const isAsked = error instanceof ConfigError && error.issues.every(({ path }) => ASKED.test(path));
    throw isAsked ? refuse(error) : error;
  }
}

/** Where a template says that something wrong was asked for. */
const ASKED = /^(?:params|template)\b/;

/** A template's parameters have other names in a body. */
function faultOf({ path, message }: ConfigIssue): RequestFault {
  const name = /^params\.(\w+)$/.exec(path)?.[1];
  if (name === undefined) return { loc: ['body'], msg: `${path}: ${message}`, type: 'value_error' };
  return { loc: ['body', name.toLowerCase()], msg: message, type: 'value_error' };
}

const name = v.pipe(v.string('expected a text'), v.nonEmpty('expected a text, received an empty one'));

const startBody = v.strictObject({
  target: name,
  env: name,
  action_name: name,
  action: oneOf('sync', 'delta', 'delete', 'diff'),
  is_tag: name,
  options: v.string('expected a text'),
  mam_main_query: v.nullish(v.string('expected a text')),
});
