import type { JobParams } from '../syncrator/job.ts';

/** The parameters in a body; undefined where one is missing. */
export function bodyParams(body: unknown): JobParams | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(body));
  const [target, env, actionName, action, isTag, options, mamMainQuery] = [
    'target',
    'env',
    'action_name',
    'action',
    'is_tag',
    'options',
    'mam_main_query',
  ].map((name) => {
    const value = given.get(name);
    return typeof value === 'string' ? value : undefined;
  });
  if (target === undefined || env === undefined || actionName === undefined) return undefined;
  if (action === undefined || isTag === undefined || options === undefined) return undefined;
  return { target, env, actionName, action, isTag, options, mamMainQuery };
}

/** With the id that the program reports under. */
export const withJobId = (params: JobParams, id: number | 'dryrun'): JobParams => ({
  ...params,
  options: `${params.options} --api_job_id ${id}`,
});
