import * as v from 'valibot';
import { count } from '../core/validate.ts';
import type { DryRun, JobParams, StartedJob } from './job.ts';

/** What a parameter is called on the wire. */
interface Names {
  readonly params: Readonly<Record<keyof JobParams, string>>;
  readonly id: string;
}

const lower: Names['params'] = {
  target: 'target',
  env: 'env',
  actionName: 'action_name',
  action: 'action',
  isTag: 'is_tag',
  options: 'options',
  mamMainQuery: 'mam_main_query',
};

const upper = Object.fromEntries(
  Object.entries(lower).map(([name, wire]) => [name, wire.toUpperCase()]),
) as Names['params'];

/** A start or a dry run answers in upper case with `job_id` or in lower case with `api_job_id`: versions differ. */
export const startedAnswer = spelled((names) =>
  v.pipe(
    v.object({ ...entries(names), [names.id]: count(0), result: v.string() }),
    v.transform(
      (fields): StartedJob => ({
        ...paramsOf(fields, names),
        jobId: Number(fields[names.id]),
        result: String(fields['result']),
      }),
    ),
  ),
);

export const dryRunAnswer = spelled((names) =>
  v.pipe(
    v.object({ ...entries(names), [names.id]: v.literal('dryrun'), result: v.string() }),
    v.transform((fields): DryRun => ({ ...paramsOf(fields, names), result: String(fields['result']) })),
  ),
);

/** An answer is read in the spelling that it uses, so that an error names its own fields. */
function spelled<Answer>(schemaOf: (names: Names) => v.GenericSchema<unknown, Answer>) {
  const schemas = [lower, upper].flatMap((params) =>
    ['job_id', 'api_job_id'].map((id) => ({ params, id, schema: schemaOf({ params, id }) })),
  );
  return v.lazy((answer) => {
    const keys = new Set(typeof answer === 'object' && answer !== null ? Object.keys(answer) : []);
    const params = keys.has('TARGET') ? upper : lower;
    const id = keys.has('api_job_id') ? 'api_job_id' : 'job_id';
    const found = schemas.find((one) => one.params === params && one.id === id);
    if (found === undefined) throw new RangeError('every spelling has its schema');
    return found.schema;
  });
}

function entries({ params }: Names) {
  const text = v.string();
  return {
    [params.target]: text,
    [params.env]: text,
    [params.actionName]: text,
    [params.action]: text,
    [params.isTag]: text,
    [params.options]: text,
    [params.mamMainQuery]: v.nullish(text),
  };
}

function paramsOf(fields: Readonly<Record<string, unknown>>, { params }: Names): JobParams {
  const text = (name: keyof JobParams) => String(fields[params[name]]);
  const query = fields[params.mamMainQuery];
  return {
    target: text('target'),
    env: text('env'),
    actionName: text('actionName'),
    action: text('action'),
    isTag: text('isTag'),
    options: text('options'),
    ...(typeof query === 'string' ? { mamMainQuery: query } : {}),
  };
}

/** The body of a custom start. */
export const paramsBody = (params: JobParams): string => JSON.stringify(namedParams(params, lower));

/** The parameters by the names that templates and parameter files have. */
export const templateParams = (params: JobParams): Readonly<Record<string, string>> =>
  namedParams(params, upper);

/** A start or a dry run as a server answers it, of parameters by the names of templates. The first version answered in lower case. */
export function startFields(
  params: Readonly<Record<string, string>>,
  { id, result }: { readonly id: number | 'dryrun'; readonly result: string },
  spelling: 'upper' | 'lower',
): object {
  if (spelling === 'upper') return { ...params, job_id: id, result };
  const fields = Object.entries(params).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...Object.fromEntries(fields), api_job_id: id, result };
}

function namedParams(params: JobParams, names: Names['params']): Record<string, string> {
  const fields = Object.entries(names).flatMap(([name, wire]) => {
    const value = params[name as keyof JobParams];
    return value === undefined ? [] : [[wire, value]];
  });
  return Object.fromEntries(fields);
}
