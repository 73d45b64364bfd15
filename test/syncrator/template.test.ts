// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how a Template names its parameters.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigError } from '../../src/core/errors.ts';
import { readParams } from '../../src/syncrator/read-params.ts';
import { processTemplate } from '../../src/syncrator/template.ts';

const fixtures = 'test/fixtures/syncrator';
const template = readFileSync(`${fixtures}/job_template.yaml`, 'utf8');
const files = readdirSync(`${fixtures}/job_params`, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.public_params'),
);
const file = (name: string) => readFileSync(`${fixtures}/job_params/${name}`, 'utf8');
const avo = readParams(file('qas/avo-sync.public_params'));

const thrownBy = (work: () => unknown): ConfigError => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('no ConfigError was thrown');
};

const container = (object: unknown) =>
  (object as { spec: { template: { spec: { containers: [Record<string, unknown>] } } } }).spec.template.spec
    .containers[0];

it('renders the sample as the original would', () => {
  expect(processTemplate(template, avo)).toEqual([
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: 'syncrator-qas-avo-sync',
        labels: { app: 'syncrator', env: 'qas', target: 'avo', action_name: 'sync', template: 'job' },
      },
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'syncrator-qas-avo-sync',
                image: 'syncrator:latest',
                command: [
                  '/bin/bash',
                  '-c',
                  'cd /usr/local/bundle/gems/syncrator*;rake db:migrate;syncrator sync -n 1000 -c 1',
                ],
                env: [{ name: 'MAM_MAIN_QUERY', value: '' }],
                envFrom: [{ configMapRef: { name: 'syncrator-envtarget-qas-avo' } }],
              },
            ],
            restartPolicy: 'Never',
          },
        },
      },
    },
  ]);
});

it('every sample of parameters fills the sample of a template, with what a start appends', () => {
  expect(files).toHaveLength(8);
  for (const name of files) {
    const params = readParams(file(name));
    const options = `${params['OPTIONS']} --api_job_id 34 --switch_solr_alias --target_env qas --target avo`;
    const [job] = processTemplate(template, { ...params, OPTIONS: options });
    expect(JSON.stringify(job)).toContain(options);
    expect(JSON.stringify(job)).not.toContain('${');
  }
});

it('a query of many signs is a value of the environment', () => {
  const params = readParams(file('qas/cataloguspro-sync.public_params'));
  expect(params['MAM_MAIN_QUERY']).toMatch(/^\+\(MediaObjectType:audio .*on_tape\)\)$/);
  expect(container(processTemplate(template, params)[0])?.['env']).toEqual([
    { name: 'MAM_MAIN_QUERY', value: params['MAM_MAIN_QUERY'] },
  ]);
});

it('takes the default of a parameter that is not given', () => {
  const { IS_TAG: _, ...rest } = avo;
  expect(container(processTemplate(template, rest)[0])?.['image']).toBe('syncrator:stable');
});

describe('names what is wrong', () => {
  it.each([
    ['a required parameter that is missing', { ...avo, OPTIONS: undefined }, 'params.OPTIONS'],
    [
      'a required parameter that is empty',
      { ...avo, ENV: '' },
      'params.ENV: is missing; the template requires it',
    ],
    [
      'an unknown parameter',
      { ...avo, ENVIRONMENT: 'qas' },
      'params.ENVIRONMENT: is no parameter of the template, which has ENV, TARGET',
    ],
    ['a number', { ...avo, ENV: 5 }, 'params.ENV: expected a text, received number'],
  ])('%s', (_, params, words) => {
    expect(thrownBy(() => processTemplate(template, params as never)).message).toContain(words);
  });

  it('all at once', () => {
    const { issues } = thrownBy(() => processTemplate(template, { X: '1', ENV: 'qas' }));
    expect(issues.map(({ path }) => path).sort()).toEqual(
      ['ACTION', 'ACTION_NAME', 'OPTIONS', 'TARGET', 'X'].map((name) => `params.${name}`),
    );
  });

  it.each([
    ['kind: Job', 'template.kind'],
    ['kind: Template', 'template.objects: is missing'],
    ['kind: Template\nobjects: []', 'template.objects: is empty'],
    ['kind: Template\nobjects: [{}]\nparameters: [{name: A}, {name: A}]', 'declared twice'],
    ['kind: Template\nobjects: [{}]\nparameters: [{name: A, generate: expression}]', 'generate'],
    ['[]', 'template'],
  ])('in %j', (text, words) => {
    expect(thrownBy(() => processTemplate(text, {})).message).toContain(words);
  });

  it('YAML that is broken, with its line', () => {
    const { issues } = thrownBy(() => processTemplate('kind: Template\nobjects: [', {}));
    expect(issues[0]).toMatchObject({
      path: 'template',
      line: expect.any(Number),
      column: expect.any(Number),
    });
  });

  it('YAML whose aliases would fill the memory, and a structure that holds itself', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [one, other] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
      bomb.push(`${other}: &${other} [${Array(9).fill(`*${one}`).join(', ')}]`);
    }
    expect(
      thrownBy(() => processTemplate(`kind: Template\n${bomb.join('\n')}\nobjects: [{x: *g}]`, {})),
    ).toBeDefined();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(thrownBy(() => processTemplate({ kind: 'Template', objects: [loop] }, {})).message).toContain(
      'hold itself',
    );
  });
});

const hostile = [
  '$(rm -rf /)',
  '`reboot`',
  '"; reboot #',
  "'; reboot #",
  '&& reboot',
  '| nc evil 1',
  '> /etc/passwd',
  'a\nreboot',
  'a\r\nreboot',
  '*',
  '~root',
  '$HOME',
  '${ENV}',
  '{a,b}',
  '\\',
  '! true',
  'a\tb',
];

describe('hostile parameters', () => {
  it.each(hostile)('%j is refused where it lands in a script', (value) => {
    for (const name of ['OPTIONS', 'ACTION']) {
      const error = thrownBy(() => processTemplate(template, { ...avo, [name]: value }));
      expect(error.issues[0]?.path).toBe(`params.${name}`);
      expect(error.message).toContain('which a shell would interpret');
    }
  });

  it.each([...hostile, 'x: {y: [z]}', '- a\n- b', '"}]}', '&a *a', '!!js/function x', '{{ENV}}', '$&', '$1'])(
    '%j stays the text of one field elsewhere',
    (value) => {
      const [job] = processTemplate(template, { ...avo, MAM_MAIN_QUERY: value });
      expect(container(job)?.['env']).toEqual([{ name: 'MAM_MAIN_QUERY', value }]);
      const [plain] = processTemplate(template, { ...avo, MAM_MAIN_QUERY: 'plain' });
      expect(JSON.parse(JSON.stringify(job).replace(JSON.stringify(value), '"plain"'))).toEqual(plain);
    },
  );

  it('a megabyte is refused, and so is a NUL', () => {
    const long = thrownBy(() => processTemplate(template, { ...avo, MAM_MAIN_QUERY: 'a'.repeat(1_048_576) }));
    expect(long.message).toContain('is 1048576 bytes long');
    expect(long.message.length).toBeLessThan(200);
    expect(thrownBy(() => processTemplate(template, { ...avo, TARGET: 'a\0b' })).message).toContain('NUL');
  });

  it('names like __proto__ change no prototype', () => {
    const own = { kind: 'Template', parameters: [{ name: 'K' }], objects: [{ '${K}': { polluted: true } }] };
    const [object] = processTemplate(own, { K: '__proto__' });
    expect(Object.keys(object ?? {})).toEqual(['__proto__']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(readParams('__proto__=x')).toHaveProperty(['__proto__'], 'x');
  });

  const shells: readonly [string, object][] = [
    ['the script in args', { command: ['sh'], args: ['-c', 'run ${X}'] }],
    ['flags in one', { command: ['bash', '-exc', 'run ${X}'] }],
    ['the flag from a parameter', { command: ['sh', '${FLAG}', 'run ${X}'] }],
    ['a probe', { livenessProbe: { exec: { command: ['sh', '-c', '${X}'] } } }],
    ['a script in one JSON value', { command: ['sh', '-c', '${{X}}'] }],
  ];
  it.each(shells)('a shell is found: %s', (_, fields) => {
    const own = { kind: 'Template', parameters: [{ name: 'X' }, { name: 'FLAG' }], objects: [fields] };
    const hostileText = JSON.stringify('$(reboot)');
    expect(thrownBy(() => processTemplate(own, { X: hostileText, FLAG: '-c' })).message).toContain(
      'params.X',
    );
  });

  it('a parameter as JSON cannot bring a script', () => {
    const own = { kind: 'Template', parameters: [{ name: 'X' }], objects: [{ spec: '${{X}}' }] };
    const containers = JSON.stringify([{ command: ['sh', '-c', 'reboot'] }]);
    expect(thrownBy(() => processTemplate(own, { X: containers })).message).toContain(
      'brings a script of its own',
    );
  });

  it('an argument of a program that is no script may hold anything', () => {
    const own = { kind: 'Template', parameters: [{ name: 'X' }], objects: [{ command: ['echo', '${X}'] }] };
    expect(processTemplate(own, { X: '$(reboot)' })).toEqual([{ command: ['echo', '$(reboot)'] }]);
  });
});

describe('substitution', () => {
  const own = (object: object) => ({
    kind: 'Template',
    parameters: [{ name: 'N' }, { name: 'T', value: 'text' }, { name: 'EMPTY' }],
    objects: [object],
  });

  it('${{KEY}} alone is a JSON value; within a text it is left', () => {
    const object = { a: '${{N}}', b: 'x${{N}}', c: '${N}', '${T}': ['${T}-${T}', '${EMPTY}'] };
    expect(processTemplate(own(object), { N: '{"n": [3, true]}' })).toEqual([
      { a: { n: [3, true] }, b: 'x${{N}}', c: '{"n": [3, true]}', text: ['text-text', ''] },
    ]);
  });

  it('what is no JSON is refused there, without being shown', () => {
    const { message } = thrownBy(() => processTemplate(own({ replicas: '${{N}}' }), { N: 'secret three' }));
    expect(message).toContain('template.objects[0].replicas: the parameter N stands here as JSON');
    expect(message).not.toContain('secret');
  });

  it('leaves what no parameter is declared for, and does not look at values again', () => {
    expect(processTemplate(own({ a: '${HOME} ${T}' }), { T: '${N}' })).toEqual([{ a: '${HOME} ${N}' }]);
  });

  it('keys that become one are refused', () => {
    expect(thrownBy(() => processTemplate(own({ text: 1, '${T}': 2 }), {})).message).toContain(
      'stands twice',
    );
  });

  it('labels of the template are put over those of an object, and the template is not changed', () => {
    const given = {
      ...own({ metadata: { name: 'x', labels: { app: 'mine', own: 'yes' } } }),
      labels: { app: '${T}' },
    };
    const before = structuredClone(given);
    expect(processTemplate(given, {})).toEqual([
      { metadata: { name: 'x', labels: { app: 'text', own: 'yes' } } },
    ]);
    expect(given).toEqual(before);
  });

  it('takes a template that is parsed already', () => {
    expect(processTemplate(parse(template) as object, avo)).toEqual(processTemplate(template, avo));
  });
});

describe('readParams', () => {
  it('a value may hold =, spaces and quotes; blank lines and comments are passed over', () => {
    const text = '\ufeffA=1\r\n\r\n# note=x\nB=a=b==c\nC=\n  D="quoted $(x)"  \n';
    expect(readParams(text)).toEqual({ A: '1', B: 'a=b==c', C: '', D: '"quoted $(x)"' });
  });

  it('names every line that is wrong, and shows none', () => {
    const { issues, message } = thrownBy(() => readParams('A=1\nsecret line\nA=2\n=x\nB C=1'));
    expect(issues.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
    expect(message).toContain('A stands twice');
    expect(message).not.toContain('secret');
  });
});
