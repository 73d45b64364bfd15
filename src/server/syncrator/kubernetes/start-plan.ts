import * as v from 'valibot';
import { stringify } from 'yaml';
import { ConfigError } from '../../../core/errors.ts';
import { isSecretName, redacted, redactText } from '../../../core/observe.ts';
import { objectName } from '../../../kube/names.ts';
import { processTemplate } from '../../../syncrator/template.ts';
import { parseTemplate, type Template } from '../../../syncrator/template-schema.ts';
import type { StartParams } from '../job-store.ts';
import type { BeforeStart, StartPlan } from '../runner.ts';
import { type KubernetesJob, markedJob } from './job-marks.ts';

/** What becomes of parameters, without a cluster. */
export interface Planner {
  /** @see Runner.plan */
  plan(params: StartParams, jobId: number | 'dryrun'): StartPlan;
  /** The Job itself, secrets included. @throws {ConfigError} */
  job(params: StartParams, jobId: number): KubernetesJob;
  /** As the program gets them. */
  programParams(params: StartParams, jobId: number | 'dryrun'): StartParams;
}

/** @throws {ConfigError} for a template that is not one of a single Job */
export function openPlanner(template: string | object, beforeStart: BeforeStart | undefined): Planner {
  const parsed = parseTemplate(template);
  checkJob(parsed);
  const programParams = (params: StartParams, jobId: number | 'dryrun'): StartParams => {
    const changed = beforeStart?.applies(params) ? beforeStart.params(params) : params;
    return { ...changed, OPTIONS: `${changed.OPTIONS} --api_job_id ${jobId}` };
  };
  const render = (params: StartParams): KubernetesJob => {
    checkReferences(params);
    const [job] = processTemplate(template, params) as KubernetesJob[];
    checkName(job?.metadata?.name);
    checkMadeReferences(parsed, job);
    return job as KubernetesJob;
  };
  return {
    programParams,
    job: (params, jobId) => render(programParams(params, jobId)),
    plan: (params, jobId) => {
      const filled = programParams(params, jobId);
      const job = markedJob(render(filled), jobId);
      return { params: filled, manifest: stringify(withoutSecrets(job, secretsIn(parsed, filled))) };
    },
  };
}

function checkJob({ objects }: Template): void {
  const [job] = objects as Readonly<Record<string, unknown>>[];
  const refuse = (path: string, message: string): never => {
    throw new ConfigError([{ path: `template.objects${path}`, message }]);
  };
  if (objects.length !== 1 || job?.['kind'] !== 'Job' || job['apiVersion'] !== 'batch/v1') {
    const kinds = objects.map((object) => Reflect.get(Object(object), 'kind')).join(', ');
    refuse('', `expected one Job of batch/v1, received ${kinds}; create what else there is beforehand`);
  }
  const { generateName, namespace } = Object(job?.['metadata']);
  if (generateName !== undefined) {
    refuse('[0].metadata.generateName', 'a Job that is to be found again needs a name in its place');
  }
  if (namespace !== undefined) refuse('[0].metadata.namespace', 'is an option of the runner; leave it out');
  if (Object(job?.['spec']).suspend !== undefined) {
    refuse('[0].spec.suspend', 'is set by the runner, which holds a Job back until it may run; leave it out');
  }
}

/** In a command and in the environment Kubernetes puts a variable of the container, a password it may be, in place of these. */
const REFERENCE = /\$\([-._a-zA-Z][-._a-zA-Z0-9]*\)/g;

function checkReferences(params: StartParams): void {
  const issues = Object.entries(params)
    .filter(([, value]) => value.search(REFERENCE) >= 0)
    .map(([name]) => ({
      path: `params.${name}`,
      message: 'holds $(NAME), which Kubernetes would replace by a variable of the program; leave it out',
    }));
  if (issues.length > 0) throw new ConfigError(issues);
}

/** One that parameters make together, or with what stands beside them in the template. */
function checkMadeReferences({ objects, parameters }: Template, job: unknown): void {
  const defaults = [...parameters.values()].map(({ value }) => value);
  const own = new Set(referencesIn([objects, defaults]));
  const made = referencesIn(job).find((reference) => !own.has(reference));
  if (made === undefined) return;
  const message = `make ${made}, which Kubernetes would replace by a variable of the program; leave it out`;
  throw new ConfigError([{ path: 'params', message }]);
}

function referencesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.match(REFERENCE) ?? [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}

function checkName(name: unknown): void {
  // Shorter than other names, for its pods have it as a label.
  if (typeof name === 'string' && name.length <= 63 && v.is(objectName, name)) return;
  const shown = JSON.stringify(name)?.slice(0, 100);
  const message = `make the Job's name ${shown}; it has to be of at most 63 lower-case letters, digits, "-" and ".", and begin and end with a letter or digit`;
  throw new ConfigError([{ path: 'params', message }]);
}

/** The values of parameters whose names tell that they are secret, the template's own included, and what they are as JSON. */
function secretsIn({ parameters }: Template, params: StartParams): string[] {
  const defaults = [...parameters.values()].map(({ name, value }) => [name, value ?? ''] as const);
  return [...defaults, ...Object.entries(params)]
    .filter(([name]) => isSecretName(name))
    .flatMap(([, value]) => [value, ...leavesOf(value)])
    .filter((value) => value !== '')
    .sort((one, other) => other.length - one.length);
}

/** As `${{KEY}}` puts them into a template. */
function leavesOf(json: string): string[] {
  const leaves = (value: unknown): string[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];
  try {
    return leaves(JSON.parse(json)).filter((leaf) => !PLAIN.has(leaf));
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Of JSON; they tell nothing, and stand everywhere. */
const PLAIN: ReadonlySet<string> = new Set(['true', 'false', 'null']);

function withoutSecrets(value: unknown, secrets: readonly string[]): unknown {
  const hide = (text: string) =>
    redactText(secrets.reduce((rest, secret) => rest.replaceAll(secret, redacted), text));
  if (typeof value === 'string') return hide(value);
  if (typeof value === 'number') return secrets.includes(String(value)) ? redacted : value;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  const { name, value: held } = value as { name?: unknown; value?: unknown };
  // A variable of the environment.
  const isSecret = typeof name === 'string' && isSecretName(name) && typeof held === 'string' && held !== '';
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      hide(key),
      isSecret && key === 'value' ? redacted : withoutSecrets(one, secrets),
    ]),
  );
}
