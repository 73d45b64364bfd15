import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openPlanner } from '../../../../src/server/syncrator/kubernetes/start-plan.ts';
import { jobsOf, runnerCluster, TEMPLATE } from './runner-cluster.ts';
import { paramsOf } from './start-params.ts';

/** Where a template takes a parameter. */
const slot = (name: string) => `$\{${name}}`;

function templateOf(job: object, env: readonly object[]): object {
  const names = ['TARGET', 'ENV', 'ACTION_NAME', 'ACTION', 'IS_TAG', 'OPTIONS', 'API_TOKEN'];
  const containers = [{ name: 'c', image: 'i', env }];
  return {
    kind: 'Template',
    parameters: names.map((name) => ({ name })),
    objects: [
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        ...job,
        metadata: { name: 'job', ...Reflect.get(job, 'metadata') },
        spec: { template: { spec: { containers } } },
      },
    ],
  };
}

const LONG = 'x'.repeat(1024 * 1024);

describe('a plan', () => {
  it('shows the Job that would be made', () => {
    const { params, manifest } = openPlanner(TEMPLATE, undefined).plan(paramsOf('avo'), 'dryrun');
    expect(params.OPTIONS).toBe('-n 1000 -c 1 --api_job_id dryrun');
    expect(parse(manifest)).toMatchObject({
      kind: 'Job',
      metadata: {
        name: 'syncrator-qas-avo-sync',
        labels: { app: 'syncrator', 'holdfast/api-job': 'dryrun' },
      },
      spec: {
        template: {
          spec: {
            containers: [
              {
                image: 'syncrator:latest',
                command: [
                  '/bin/bash',
                  '-c',
                  expect.stringContaining('syncrator sync -n 1000 -c 1 --api_job_id dryrun'),
                ],
              },
            ],
          },
        },
      },
    });
  });

  it('shows no secret of the template or of the parameters', () => {
    const template = {
      kind: 'Template',
      parameters: [
        ...['TARGET', 'ENV', 'ACTION_NAME', 'ACTION', 'IS_TAG', 'OPTIONS'].map((name) => ({ name })),
        { name: 'DB_PASSWORD', value: 'from-the-template' },
        { name: 'API_TOKEN' },
      ],
      objects: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'job' },
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'c',
                    image: 'i',
                    args: ['--with', `p=${slot('DB_PASSWORD')}`, slot('API_TOKEN')],
                    env: [
                      { name: 'PGPASSWORD', value: 'literal-password' },
                      { name: 'DATABASE', value: 'postgres://user:in-a-url@db/x' },
                      { name: 'FROM', valueFrom: { secretKeyRef: { name: 'shown', key: 'key' } } },
                    ],
                  },
                ],
              },
            },
          },
        },
      ],
    };
    const { manifest } = openPlanner(template, undefined).plan(
      { ...paramsOf('avo'), API_TOKEN: 'from-the-caller' },
      'dryrun',
    );
    for (const secret of ['from-the-template', 'from-the-caller', 'literal-password', 'in-a-url']) {
      expect(manifest).not.toContain(secret);
    }
    expect(manifest).toContain('secretKeyRef:');
    expect(manifest).toContain('name: shown');
    expect(manifest).toContain('p=<redacted>');
  });

  it.each([
    ['a text', '"hunter2"'],
    ['a number', '7318008'],
    ['an object', '{"inner":["hunter2"]}'],
  ])('shows no secret that stands in the template as %s of JSON, nor as a key', (_what, API_TOKEN) => {
    const template = templateOf({ metadata: { annotations: { [`key-${slot('API_TOKEN')}`]: 'x' } } }, [
      { name: 'FROM_JSON', value: '$' + '{{API_TOKEN}}' },
    ]);
    const { manifest } = openPlanner(template, undefined).plan({ ...paramsOf('avo'), API_TOKEN }, 'dryrun');
    expect(manifest).not.toMatch(/hunter2|7318008/);
    expect(manifest).toMatch(/value:\s.*<redacted>|inner:\s+- <redacted>/);
    expect(manifest).toContain('key-<redacted>');
  });

  it.each([
    ['with what stands beside it', { IS_TAG: '(API_TOKEN)' }],
    ['with another one', { IS_TAG: '(API_', OPTIONS: 'TOKEN)' }],
  ])('refuses a parameter that makes a reference to a variable together %s', (_what, change) => {
    const template = templateOf({}, [
      { name: 'OWN', value: '$(OTHER)' },
      { name: 'MADE', value: `$${slot('IS_TAG')}${slot('OPTIONS')}` },
    ]);
    const planner = openPlanner(template, undefined);
    expect(() => planner.plan(paramsOf('avo', change), 'dryrun')).toThrow(/make \$\(API_.*variable/);
    expect(planner.plan(paramsOf('avo'), 'dryrun').manifest).toContain('$(OTHER)');
  });

  it.each([
    [{ OPTIONS: '$(rm -rf /)' }, /OPTIONS.*shell/],
    [{ OPTIONS: '"; reboot #' }, /OPTIONS.*shell/],
    [{ OPTIONS: '-n 1\nreboot' }, /OPTIONS.*shell/],
    [{ ACTION: 'sync;reboot' }, /ACTION.*shell/],
    [{ OPTIONS: LONG }, /OPTIONS.*bytes long/],
    [{ MAM_MAIN_QUERY: LONG }, /MAM_MAIN_QUERY.*bytes long/],
    [{ MAM_MAIN_QUERY: 'a:$(PGPASSWORD)' }, /MAM_MAIN_QUERY.*variable of the program/],
    [{ TARGET: '' }, /TARGET.*missing/],
    [{ TARGET: 'avo/../x' }, /Job's name "syncrator-qas-avo\/\.\.\/x-sync"/],
    [{ ENV: 'x'.repeat(60) }, /Job's name.*at most 63/],
    [{ ENV: 'QAS' }, /Job's name/],
    [{ UNKNOWN: 'x' }, /UNKNOWN.*no parameter of the template/],
  ])('refuses, case %#', (change, message) => {
    expect(() => openPlanner(TEMPLATE, undefined).plan(paramsOf('avo', change), 'dryrun')).toThrow(message);
  });

  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' }, spec: {} };
  it.each([
    [
      'of another kind',
      [{ kind: 'Pod', metadata: { name: 'x' } }],
      /expected one Job of batch\/v1, received Pod/,
    ],
    ['of two objects', [job, job], /received Job, Job/],
    ['whose Job has no fixed name', [{ ...job, metadata: { generateName: 'x-' } }], /needs a name/],
    ['whose Job is held back', [{ ...job, spec: { suspend: true } }], /spec\.suspend: is set by the runner/],
    [
      'whose Job has a namespace',
      [{ ...job, metadata: { name: 'x', namespace: 'y' } }],
      /option of the runner/,
    ],
  ])('is of no template %s', (_what, objects, message) => {
    expect(() => openPlanner({ kind: 'Template', objects }, undefined)).toThrow(message);
  });
});

it('hostile parameters that are taken are plain texts of the Job that is made', async () => {
  const queries = [
    '$(rm -rf /)',
    '"; reboot #',
    `a: [b]\n- c: ${slot('OPTIONS')} ${slot('{ENV}')}`,
    "'\\\u2028\u0001 \ud83d\ude00",
  ];
  const targets = queries.map((_, index) => `t${index}`);
  const { store, runner, kube, environments } = await runnerCluster({ targets });
  for (const [index, MAM_MAIN_QUERY] of queries.entries()) {
    const { job } = await store.start({ ...paramsOf(`t${index}`), MAM_MAIN_QUERY });
    await runner.start(job.id);
  }
  await expect.poll(() => store.unfinished()).toEqual([]);
  const jobs = await jobsOf(kube);
  for (const [index, query] of queries.entries()) {
    const made = jobs.find(({ metadata }) => metadata?.name === `syncrator-qas-t${index}-sync`);
    const [container] = made?.spec?.template.spec?.containers ?? [];
    expect(container?.env).toEqual([{ name: 'MAM_MAIN_QUERY', value: query }]);
    expect(container?.command?.[2]).toBe(
      `cd /usr/local/bundle/gems/syncrator*;rake db:migrate;syncrator sync -n 1000 -c 1 --api_job_id ${index + 1}`,
    );
    expect(Object.keys(made?.spec?.template.spec ?? {})).toEqual(
      Object.keys(jobs[0]?.spec?.template.spec ?? {}),
    );
  }
  expect(environments.map((env) => env['MAM_MAIN_QUERY']).toSorted()).toEqual(queries.toSorted());
});
