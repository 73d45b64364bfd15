import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ConfigAction } from '../../src/config-action/config-action.ts';
import { loadConfig, parseConfig } from '../../src/config-action/load-config.ts';
import { ConfigError, type ConfigIssue } from '../../src/core/errors.ts';

const sample = fileURLToPath(new URL('fixtures/api-requester-config.yaml', import.meta.url));

async function files(texts: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return Promise.all(
    Object.entries(texts).map(async ([name, text]) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    }),
  );
}

function issuesOf(work: () => unknown): readonly ConfigIssue[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
  throw new Error('nothing was wrong');
}

it('loads the sample of the original unchanged', async () => {
  const { targets, endpoints, requests, actions } = await loadConfig(sample);
  expect([...targets.keys()]).toEqual(['firstClients', 'jswakuClients', 'nwakuClients']);
  expect(targets.get('firstClients')).toMatchObject({
    service: 'zerotesting-lightpush-client',
    statefulSet: 'client-0',
    nameTemplate: '^client-0-(1[0-2]|[0-9])$',
    port: 80,
  });
  expect([...endpoints.keys()]).toHaveLength(3);
  expect(requests.get('publish-request')).toMatchObject({
    retries: 0,
    retryDelay: 300,
    endpoint: { name: 'lightpush-publish-static-sharding', type: 'POST', paged: false },
  });
  expect(actions.get('publish-to-clients-random')).toMatchObject({
    podStartIndex: 0,
    podCount: 91,
    order: 'ascending',
    loopOrder: 'foreach_request_target_each_pod',
    requests: [requests.get('publish-request')],
    targets: [targets.get('nwakuClients')],
  });
});

const mistakes: readonly (readonly [
  name: string,
  yaml: string,
  line: number,
  column: number,
  says: RegExp,
])[] = [
  ['text that is no YAML', 'targets: [\n  {name: a}\n', 3, 1, /no YAML/],
  ['a key that stands twice', 'targets: []\ntargets: []\n', 2, 1, /no YAML.*unique/i],
  ['a tag of Python', 'targets: !!python/tuple []\n', 1, 10, /tag/],
  ['an alias of nothing', 'targets:\n  - *a\n', 2, 5, /\*a stands for nothing/],
  ['an alias in itself', 'targets: &a\n  - *a\n', 2, 5, /\*a stands for something that it is part of/],
  ['an unknown list', 'targets: []\ntarget: []\n', 2, 1, /no "target"/],
  ['a list that is none', 'targets: {a: 1}\n', 1, 10, /expected a list/],
  ['an entry that is none', 'targets:\n  - a\n', 2, 5, /one target, received "a"/],
  ['a name that is missing', 'targets:\n  - port: 1\n', 2, 5, /needs "name"/],
  [
    'a name that is no text',
    'targets:\n  - name: 5\n',
    2,
    11,
    /expected a text, received 5; put it in quotes/,
  ],
  ['an unknown key', 'targets:\n  - name: a\n    prot: 1\n', 3, 5, /target "a": has no "prot"/],
  [
    'a port out of range',
    'targets:\n  - name: a\n    port: 65536\n',
    3,
    11,
    /target "a": expected a port from 1/,
  ],
  ['a port that is a text', 'targets:\n  - {name: a, port: "80"}\n', 2, 21, /received "80"/],
  ['a lookahead', 'targets:\n  - name: a\n    name_template: "a(?=b)"\n', 3, 20, /a lookahead \(\(\?=\)/],
  ['a broken regex', 'targets:\n  - {name: a, name_template: "("}\n', 2, 30, /missing closing \)/],
  ['an unknown field in a url', endpoint('url: "http://{pod}/"'), 3, 10, /unknown field "{pod}"/],
  ['a single brace in a url', endpoint('url: "http://{node}/}"'), 3, 10, /single "}"/],
  ['a url that is none', endpoint('url: "{node}/a"'), 3, 10, /absolute http or https/],
  [
    'a type that is none',
    'endpoints:\n  - name: e\n    url: "http://{node}"\n    type: PUT\n',
    4,
    11,
    /'GET' or 'POST'/,
  ],
  [
    'a header that is no text',
    endpoint('url: "http://{node}"\n    headers: {a: 1}'),
    4,
    18,
    /put it in quotes/,
  ],
  [
    'a line break in a header',
    endpoint('url: "http://{node}"\n    headers: {a: "x\\ny"}'),
    4,
    18,
    /line break/,
  ],
  [
    'a header name that is none',
    endpoint('url: "http://{node}"\n    headers: {"a b": x}'),
    4,
    15,
    /no header name/,
  ],
  [
    'a list as params',
    endpoint('url: "http://{node}"\n    params: [1]'),
    4,
    13,
    /names with values, received a list/,
  ],
  [
    'an object in a query',
    endpoint('url: "http://{node}"\n    params: {a: {b: 1}}'),
    4,
    13,
    /"a" cannot stand in the query/,
  ],
  [
    'a number that JSON has not',
    endpoint('url: "http://{node}"\n    params: {a: .nan}'),
    4,
    13,
    /JSON cannot/,
  ],
  [
    'paged with POST',
    'endpoints:\n  - name: e\n    url: "http://{node}"\n    type: POST\n    paged: true\n',
    5,
    12,
    /needs type GET/,
  ],
  ['a delay below 0', request('retry_delay: -1'), 6, 18, /number of seconds/],
  ['retries that are no whole number', request('retries: 1.5'), 6, 14, /whole number/],
  [
    'an unknown endpoint',
    'requests:\n  - {name: r, endpoint: x}\n',
    2,
    25,
    /request "r": names the endpoint "x".*no endpoints are/,
  ],
  [
    'an unknown request',
    action('requests: [x]\n    targets: [t]'),
    6,
    16,
    /action "a": names the request "x".*there are "r"/,
  ],
  [
    'an unknown target',
    action('requests: [r]\n    targets: [t, u]'),
    7,
    18,
    /names the target "u".*there are "t"/,
  ],
  ['an action without requests', action('requests: []\n    targets: [t]'), 6, 15, /at least one/],
  ['a count of 0', action('requests: [r]\n    targets: [t]\n    pod_count: 0'), 8, 16, /at least 1 or all/],
  ['an order that is none', action('requests: [r]\n    targets: [t]\n    order: up'), 8, 12, /'ascending'/],
  [
    'a name that is taken',
    'targets:\n  - name: a\n  - name: a\n',
    3,
    11,
    /the name is taken by the one at 2:11/,
  ],
];

function endpoint(rest: string): string {
  return `endpoints:\n  - name: e\n    ${rest}\n    type: GET\n`;
}
function request(rest: string): string {
  return `${endpoint('url: "http://{node}"')}requests:\n  - {name: r, endpoint: e, X}\n`.replace(
    '\nrequests:\n  - {name: r, endpoint: e, X}',
    `\nrequests: [{name: r, endpoint: e,\n    ${rest}}]`,
  );
}
function action(rest: string): string {
  const flow =
    'endpoints: [{name: e, url: "http://{node}", type: GET}]\nrequests: [{name: r, endpoint: e}]\n';
  return `${flow}targets: [{name: t}]\nactions:\n  - name: a\n    ${rest}\n    loop_order: foreach_pod_make_all_requests\n`;
}

it.each(mistakes)('tells where it found %s', (_name, yaml, line, column, says) => {
  const issues = issuesOf(() => parseConfig(yaml));
  expect(issues).toHaveLength(1);
  expect(issues[0]).toMatchObject({ line, column, message: expect.stringMatching(says) });
});

it('tells every mistake of every file at once, in the order in which they stand', async () => {
  const [one = '', two = ''] = await files({
    'one.yaml':
      'targets:\n  - {name: a, port: 0}\n  - {name: b, x: 1}\nrequests:\n  - {name: r, endpoint: e}\n',
    'two.yaml': 'targets:\n  - {name: b}\nendpoints: 5\n',
  });
  const error = await loadConfig([one, two]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  const lines = (error as ConfigError).issues.map(({ source, line, column, path }) => [
    source,
    line,
    column,
    path,
  ]);
  expect(lines).toEqual([
    [one, 2, 21, 'targets[0].port'],
    [one, 3, 15, 'targets[1].x'],
    [one, 5, 25, 'requests[0].endpoint'],
    [two, 2, 12, 'targets[0].name'],
    [two, 3, 12, 'endpoints'],
  ]);
  expect((error as ConfigError).message).toContain(`the name is taken by the one at ${one}:3:12`);
});

it('appends the lists of several files, one of which may name what stands in another', async () => {
  const paths = await files({
    'requests.json': '{\n\t"requests": [{"name": "r", "endpoint": "e", "retries": 2, "retry_delay": 0.5}]\n}',
    'endpoints.yaml': 'endpoints: [{name: e, url: "http://{node}/{{x}}", type: GET}]\nrequests:\n',
    'more.yaml': 'requests: [{name: s, endpoint: e}]\n---\ntargets: [{name: t}]\n',
  });
  const { requests, targets } = await loadConfig(paths);
  expect([...requests.keys()]).toEqual(['r', 's']);
  expect([...targets.keys()]).toEqual(['t']);
  expect(requests.get('r')).toMatchObject({ retries: 2, retryDelay: 500 });
  expect(requests.get('s')?.endpoint.template.render('fd00::1', 80)).toBe('http://[fd00::1]/{x}');
});

it.each([
  ['a block', 'data:\n  config.yaml: |\n    targets:\n      - {name: a, port: 0}\n', 6, 25],
  [
    'an indented block',
    'data:\n  config.yaml: |2\n\n      targets:\n          - {name: a, port: 0}\n',
    7,
    29,
  ],
  ['a text in quotes', 'data: {config.yaml: "targets: [{name: a, port: 0}]"}\n', 3, 48],
  ['the only entry', 'data:\n  other.yaml: |\n    targets:\n      - {name: a, port: 0}\n', 6, 25],
])(
  'tells where in the file a mistake stands that is in a ConfigMap, in %s',
  async (_name, data, line, column) => {
    const issues = issuesOf(() => parseConfig(`apiVersion: v1\nkind: ConfigMap\n${data}`));
    expect(issues).toMatchObject([{ path: 'targets[0].port', line, column }]);
  },
);

it.each([
  ['another kind', 'apiVersion: v1\nkind: Secret\ndata: {}\n', /expected a ConfigMap, received "Secret"/, 2],
  [
    'no entry',
    'apiVersion: v1\nkind: ConfigMap\ndata: {}\n',
    /expected an entry "config.yaml", received none/,
    3,
  ],
  ['two others', 'kind: ConfigMap\ndata: {a: x, b: y}\n', /received "a", "b"/, 2],
])('refuses a manifest with %s', (_name, text, says, line) => {
  expect(issuesOf(() => parseConfig(text))).toMatchObject([{ message: expect.stringMatching(says), line }]);
});

it('refuses aliases that stand for more than they say', () => {
  const rows = Array.from({ length: 9 }, (_, row) => {
    const items =
      row === 0
        ? 'x,x,x,x,x,x,x,x,x,x'
        : Array<string>(10)
            .fill(`*a${row - 1}`)
            .join(',');
    return `a${row}: &a${row} [${items}]\n`;
  });
  expect(issuesOf(() => parseConfig(rows.join('')))).toMatchObject([{ message: /aliases/, line: 1 }]);
});

it.each([
  ['nested too deeply', '['.repeat(50_000), /nested too deeply/],
  ['full of aliases', `a: &a x\nb:\n${'- *a\n'.repeat(101)}`, /more than 100 aliases/],
  ['too long', `# ${'x'.repeat(5_000_000)}`, /longer than/],
  ['empty', '# nothing\n', /is empty/],
  ['a list', '- a\n', /expected lists of endpoints, targets, requests, actions/],
])('refuses a text that is %s', (_name, text, says) => {
  expect(issuesOf(() => parseConfig(text))[0]?.message).toMatch(says);
});

it('names a file that cannot be read beside the mistakes of the others', async () => {
  const [there = ''] = await files({ 'there.yaml': 'targets: 1\n' });
  const error = await loadConfig([`${there}.not`, there]).catch((thrown: unknown) => thrown);
  expect((error as ConfigError).issues).toMatchObject([
    { source: `${there}.not`, message: expect.stringContaining('ENOENT') },
    { source: there, line: 1 },
  ]);
});

it('reads what PyYAML reads: yes and True are true, << merges; a date stays a text', () => {
  const { endpoints } = parseConfig(
    'endpoints:\n  - &e {name: e, url: "http://{node}", type: GET, paged: yes, params: {d: 2020-01-01}}\n' +
      '  - {<<: *e, name: f, paged: False}\n',
  );
  expect(endpoints.get('e')).toMatchObject({ paged: true, params: { d: '2020-01-01' } });
  expect(endpoints.get('f')).toMatchObject({ paged: false, type: 'GET' });
});

it('shows no secret in what is wrong with it', () => {
  const text = (rest: string) => `endpoints: [{name: e, type: GET, ${rest}}]`;
  const shown = [
    text('url: "ftp://me:hunter22@{node}"'),
    text('url: "http://{node}", headers: {Authorization: "hunter22\\n"}'),
    text('url: "http://{node}/?token=hunter22}"'),
  ].map((config) => JSON.stringify(issuesOf(() => parseConfig(config))));
  expect(shown.join()).not.toContain('hunter22');
});

it('takes an object that was parsed before, and tells the path of a mistake', () => {
  expect([...parseConfig({ targets: [{ name: 't' }] }).targets.keys()]).toEqual(['t']);
  expect(issuesOf(() => parseConfig({ targets: [{ name: 't', port: 'x' }] }))).toEqual([
    { path: 'targets[0].port', message: 'target "t": expected a port from 1 to 65535, received "x"' },
  ]);
});

it('keeps names that mean something to JavaScript as names', () => {
  const { targets } = parseConfig('targets: [{name: __proto__}, {name: constructor}]');
  expect([...targets.keys()]).toEqual(['__proto__', 'constructor']);
});

const inlineRequest = (path: string) => ({
  name: 'r',
  endpoint: { name: 'e', type: 'GET', url: `http://{node}/${path}` },
});
const inlineAction = (requests: readonly object[], targets: readonly unknown[] = ['t']) => ({
  name: 'a',
  requests,
  targets,
  loop_order: 'foreach_pod_make_all_requests',
});

it('refuses entries in the place of a name that have the name of another', () => {
  const action = inlineAction([inlineRequest('one'), inlineRequest('two')], ['t', { name: 't', port: 99 }]);
  const issues = issuesOf(() => parseConfig({ targets: [{ name: 't' }], actions: [action] }));
  expect(issues.map(({ path, message }) => [path, message])).toEqual([
    ['actions[0].requests[1].name', expect.stringMatching(/request "r": the name is taken/)],
    ['actions[0].requests[1].endpoint.name', expect.stringMatching(/endpoint "e": the name is taken/)],
    ['actions[0].targets[1].name', expect.stringMatching(/target "t": the name is taken/)],
  ]);
});

it('lets the same entry stand in several places', () => {
  const same = inlineAction([inlineRequest('one')], [{ name: 't' }]);
  const config = { targets: [{ name: 't' }], actions: [same, { ...same, name: 'b' }] };
  expect([...parseConfig(config).actions.keys()]).toEqual(['a', 'b']);
});

it('refuses an action with something of its own that has the name of another in the config', () => {
  const config = parseConfig({ targets: [{ name: 't' }], requests: [inlineRequest('one')] });
  const from = (path: string) => ConfigAction.from(inlineAction([inlineRequest(path)]), config);
  expect(from('one').requests).toHaveLength(1);
  expect(issuesOf(() => from('two'))).toMatchObject([
    { path: 'requests[0].name', message: /taken by another request of the config/ },
  ]);
});

it('does not hang on a map of many keys', () => {
  const params = Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join();
  const { endpoints } = parseConfig(
    `endpoints: [{name: e, type: POST, url: "http://{node}/", params: {${params}}}]`,
  );
  expect(Object.keys(endpoints.get('e')?.params ?? {})).toHaveLength(60_000);
});
