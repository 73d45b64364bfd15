import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test, vi } from 'vitest';
import { ConfigError, TimeoutError } from '../../src/core/errors.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import { manualClock } from '../testing/manual-clock.ts';
import {
  apiServer,
  connect,
  failureOf,
  json,
  kubeconfig,
  pod,
  SECRET,
  status,
  temporaryFolder,
  writeKubeconfig,
} from './api-server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

function file(text: string): string {
  const path = join(temporaryFolder(), 'config');
  writeFileSync(path, text);
  return path;
}

const failure = (path: string, context?: string) =>
  failureOf(connectKubernetes({ kubeconfig: path, ...(context && { context }) }).namespace());

const WHOLE = {
  clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1', 'insecure-skip-tls-verify': true } }],
  users: [{ name: 'u', user: { token: SECRET } }],
  contexts: [
    { name: 'one', context: { cluster: 'c', user: 'u' } },
    { name: 'two', context: { cluster: 'c', user: 'u', namespace: 'second' } },
    { name: 'lost', context: { cluster: 'nowhere', user: 'u' } },
    { name: 'nobody', context: { cluster: 'c', user: 'ghost' } },
  ],
  'current-context': 'one',
};
const whole = () => file(JSON.stringify(WHOLE));
const withCluster = (cluster: object) =>
  file(JSON.stringify({ ...WHOLE, clusters: [{ name: 'c', cluster }] }));

test.each<[string, () => Promise<Error>, RegExp]>([
  ['is not there', () => failure('/nowhere/config'), /^kubeconfig \/nowhere\/config: .*ENOENT/],
  [
    'is no YAML',
    () => failure(file(`users:\n- name: u\n  user: {token: ${SECRET}\n- : :`)),
    /config:\d+:\d+.*is not valid YAML/,
  ],
  ['is something else', () => failure(file('')), /is not a kubeconfig/],
  ['is another manifest', () => failure(file('kind: Pod')), /names no current context.*it has none/],
  [
    'lacks the context asked for',
    () => failure(whole(), 'three'),
    /has no context "three"; it has one, two, lost, nobody/,
  ],
  ['lacks the cluster', () => failure(whole(), 'lost'), /context "lost".*cluster "nowhere"/],
  ['lacks the user', () => failure(whole(), 'nobody'), /context "nobody".*user "ghost"/],
  ['lacks a server', () => failure(withCluster({})), /clusters\[0\]\.cluster\.server is missing/],
  ['has no url as server', () => failure(withCluster({ server: 'here' })), /expected an http or https url/],
  [
    'means plain http without saying so',
    () => failure(withCluster({ server: 'http://127.0.0.1:1' })),
    /plain http; set insecure-skip-tls-verify/,
  ],
  [
    'names a proxy that is not supported',
    () => failure(withCluster({ server: 'https://127.0.0.1:1', 'proxy-url': `socks5://me:${SECRET}@p:1` })),
    /proxy-url .*not supported/,
  ],
  [
    'names a proxy by no url',
    () => failure(withCluster({ server: 'https://127.0.0.1:1', 'proxy-url': 'http://' })),
    /proxy-url http:\/\/ is not supported/,
  ],
])('a kubeconfig that %s', async (_, fail, message) => {
  const error = await fail();
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toMatch(message);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
});

test('no kubeconfig anywhere is said, with where was looked', async () => {
  vi.stubEnv('KUBECONFIG', '');
  vi.stubEnv('HOME', temporaryFolder());
  const error = await failureOf(connectKubernetes().namespace());
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toMatch(/none was found: \$KUBECONFIG is not set.*pass the path of one/);
});

test('$KUBECONFIG is read where no path is given', async () => {
  vi.stubEnv('KUBECONFIG', whole());
  expect(await connectKubernetes({ context: 'two' }).namespace()).toBe('second');
});

test('of several files in $KUBECONFIG those that are not there are passed over, and the first one counts', async () => {
  const one = file(JSON.stringify({ ...WHOLE, 'current-context': undefined }));
  const other = file(
    JSON.stringify({
      ...WHOLE,
      contexts: [
        { name: 'two', context: { cluster: 'c', user: 'u', namespace: 'another' } },
        { name: 'four', context: { cluster: 'c', user: 'u', namespace: 'fourth' } },
      ],
      'current-context': 'four',
    }),
  );
  vi.stubEnv('KUBECONFIG', ['/nowhere/config', one, other].join(delimiter));
  expect(await connectKubernetes().namespace()).toBe('fourth');
  expect(await connectKubernetes({ context: 'two' }).namespace()).toBe('second');
  vi.stubEnv('KUBECONFIG', ['/nowhere/one', '/nowhere/two'].join(delimiter));
  expect((await failureOf(connectKubernetes().namespace())).message).toContain('/nowhere/one cannot be read');
});

test('the text of a kubeconfig in $KUBECONFIG is not shown', async () => {
  vi.stubEnv('KUBECONFIG', `{"users":[{"token":"${SECRET}"}]}`);
  const error = await failureOf(connectKubernetes().namespace());
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('$KUBECONFIG: expected paths of files');
  expect(error.message).not.toContain(SECRET);
});

test('the namespace: the one given, else the context’s, else default', async () => {
  const path = whole();
  const namespace = (o: object) => connectKubernetes({ kubeconfig: path, ...o }).namespace();
  expect(await namespace({ namespace: 'mine', context: 'two' })).toBe('mine');
  expect(await namespace({ context: 'two' })).toBe('second');
  expect(await namespace({})).toBe('default');
});

test.each([
  ['YAML', `users:\n- token: ${SECRET}`],
  ['JSON', `{"users":[{"token":"${SECRET}"}]}`],
  ['YAML on one line', `users: [token: ${SECRET}]`],
  ['Base64', `${SECRET}${'A'.repeat(5_000)}`],
])('the text of a kubeconfig in place of its path is refused without being shown: %s', (_, text) => {
  const connecting = () => connectKubernetes({ kubeconfig: text });
  expect(connecting).toThrow(ConfigError);
  expect(connecting).not.toThrow(SECRET);
});

test('a KubeConfig is taken as it is, and not changed', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig(server.url));
  config.addContext({ name: 'other', cluster: 'here', user: 'me', namespace: 'theirs' });

  await connect(server.url, { kubeconfig: config, context: 'other' }).get('pods', 'a');

  expect(server.seen[0]?.path).toContain('/namespaces/theirs/');
  expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  expect(config.getCurrentContext()).toBe('main');
});

test('a context without a user asks as nobody', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
  const path = file(
    JSON.stringify({
      clusters: [{ name: 'c', cluster }],
      contexts: [{ name: 'x', context: { cluster: 'c' } }],
      'current-context': 'x',
    }),
  );
  await connect(server.url, { kubeconfig: path }).get('pods', 'a');
  expect(server.seen[0]?.headers.authorization).toBeUndefined();
});

test('a token file that ends with a line break, and a password', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  const tokenFile = file(`${SECRET}\n`);
  const first = kubeconfig(server.url, { user: { 'token-file': tokenFile } });
  const second = kubeconfig(server.url, { user: { username: 'me', password: 'p' } });
  await connect(server.url, { kubeconfig: first }).get('pods', 'a');
  await connect(server.url, { kubeconfig: second }).get('pods', 'a');
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
    `Bearer ${SECRET}`,
    `Basic ${Buffer.from('me:p').toString('base64')}`,
  ]);
});

test('a 401 makes the kubeconfig be read anew, once for all calls of the moment', async () => {
  const server = await apiServer((response, { headers }) =>
    headers.authorization === 'Bearer fresh'
      ? json(response, 200, pod('a', 1))
      : json(response, 401, status(401, 'Unauthorized', 'Unauthorized')),
  );
  const path = kubeconfig(server.url);
  const kube = connect(server.url, { kubeconfig: path });
  await failureOf(kube.get('pods', 'a'));
  writeKubeconfig(path, server.url, { user: { token: 'fresh' } });

  const got = await Promise.all([1, 2, 3].map(() => kube.get('pods', 'a')));

  expect(got).toHaveLength(3);
});

test('an expired token is an error that says so after one new try', async () => {
  const server = await apiServer((response) =>
    json(response, 401, status(401, 'Unauthorized', 'Unauthorized')),
  );
  const error = await failureOf(connect(server.url).get('pods', 'a'));
  expect(error).toMatchObject({ name: 'KubernetesError', status: 401, reason: 'Unauthorized' });
  expect(error.message).toMatch(/context "main", user "me" are not accepted.*renew the token/);
  expect(error.message).not.toContain(SECRET);
  expect(server.seen).toHaveLength(2);
});

const execUser = (script: string) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] },
});
const credential = (token: string) =>
  `console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: ${token} } }))`;

test('a credential plugin is asked once for many calls, and again after a 401', async () => {
  const count = join(temporaryFolder(), 'count');
  writeFileSync(count, '');
  const script = `const fs = require('fs'); fs.appendFileSync(${JSON.stringify(count)}, 'x');
    ${credential(`'t' + fs.readFileSync(${JSON.stringify(count)}).length`)}`;
  let accepted = 'Bearer t1';
  const server = await apiServer((response, { headers }) =>
    headers.authorization === accepted
      ? json(response, 200, pod('a', 1))
      : json(response, 401, status(401, 'Unauthorized', 'Unauthorized')),
  );
  const kube = connect(server.url, { kubeconfig: kubeconfig(server.url, { user: execUser(script) }) });

  await Promise.all([1, 2, 3, 4].map(() => kube.get('pods', 'a')));
  accepted = 'Bearer t2';
  await Promise.all([1, 2, 3, 4].map(() => kube.get('pods', 'a')));

  expect(new Set(server.seen.map(({ headers }) => headers.authorization))).toEqual(
    new Set(['Bearer t1', 'Bearer t2']),
  );
});

test.each([
  ['that fails', `console.error('${SECRET}'); process.exit(3)`],
  ['that prints no JSON', `console.log('${SECRET}')`],
])('a credential plugin %s is an error that does not show what it wrote', async (_, script) => {
  const path = kubeconfig('http://127.0.0.1:1', { user: execUser(script) });
  const error = await failureOf(connect('', { kubeconfig: path }).get('pods', 'a'));
  expect(error).toMatchObject({ code: 'KUBERNETES_CREDENTIALS', retryable: true });
  expect(error.message).toContain('user "me"');
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
});

test('a credential plugin that hangs is waited for until the deadline, and started once', async () => {
  const clock = manualClock();
  const started = join(temporaryFolder(), 'started');
  // It ends with the test, which removes the folder.
  const script = `const fs = require('fs'), file = ${JSON.stringify(started)};
    fs.appendFileSync(file, 'x');
    setInterval(() => fs.existsSync(file) || process.exit(), 100)`;
  const path = kubeconfig('http://127.0.0.1:1', { user: execUser(script) });
  const kube = connect('', { kubeconfig: path, clock });
  const call = (deadline: number) => {
    const failed = failureOf(kube.get('pods', 'a', { deadline }));
    // The deadline's own timer and the one of the wait for the plugin.
    return { failed, begun: (calls: number) => until(() => clock.running() === 2 * calls) };
  };
  const first = call(20_000);
  await first.begun(1);
  await until(() => existsSync(started));
  clock.advance(15_000);
  const second = call(2_000);
  await second.begun(2);
  clock.advance(2_000);
  const error = await second.failed;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error.message).toContain('gave no credentials within 2000 ms');
  clock.advance(3_000);
  expect(await first.failed).toBeInstanceOf(TimeoutError);
  expect(readFileSync(started, 'utf8')).toBe('x');
});

/** Hangs the first time, and then gives a token. */
function plugin() {
  const pid = join(temporaryFolder(), 'pid');
  const script = `const fs = require('fs'), file = ${JSON.stringify(pid)};
    if (fs.existsSync(file)) ${credential(`'${SECRET}'`)}
    else { fs.writeFileSync(file + '.new', String(process.pid)); fs.renameSync(file + '.new', file); setInterval(() => 0, 1e6) }`;
  const runs = () => {
    try {
      return process.kill(Number(readFileSync(pid, 'utf8')), 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  };
  return { user: execUser(script), started: () => existsSync(pid), runs };
}

test('a credential plugin that was given up is ended, and started anew by the next call', async () => {
  const clock = manualClock();
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  const { user, started, runs } = plugin();
  const kube = connect('', { kubeconfig: kubeconfig(server.url, { user }), clock });
  const failed = failureOf(kube.get('pods', 'a', { deadline: 999.5 }));
  await until(started);
  clock.advance(1_000);
  expect((await failed).message).toContain('gave no credentials within 1000 ms');
  await until(() => !runs());
  await kube.get('pods', 'a');
  expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
});

test('closing the client ends a credential plugin that hangs', async () => {
  const { user, started, runs } = plugin();
  const kube = connect('', { kubeconfig: kubeconfig('http://127.0.0.1:1', { user }) });
  const failed = failureOf(kube.get('pods', 'a'));
  await until(started);
  await kube.close();
  expect(await failed).toMatchObject({ code: 'CLOSED' });
  await until(() => !runs());
});

const printing = (text: string) => execUser(`console.log(${JSON.stringify(text)})`);
const garbage = Buffer.from(SECRET).toString('base64');

test.each<[string, () => object, boolean]>([
  ['a plugin that prints null', () => printing('null'), true],
  ['a plugin that prints an empty status', () => printing('{"status":{}}'), true],
  ['an empty tokenFile', () => ({ tokenFile: file('\n') }), true],
  ['an empty token-file', () => ({ 'token-file': file('') }), true],
  ['a token with a line break', () => ({ token: `${SECRET}\n${SECRET}` }), false],
  ['a token that is no Latin', () => ({ token: `${SECRET}☃` }), false],
  [
    'a certificate that is none',
    () => ({ 'client-certificate-data': garbage, 'client-key-data': garbage }),
    false,
  ],
])('%s: said at once, and nothing is sent', async (_, user, retryable) => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  const kube = connect('', { kubeconfig: kubeconfig(server.url, { user: user() }) });
  const error = await failureOf(kube.get('pods', 'a'));
  expect(error).toMatchObject({ code: 'KUBERNETES_CREDENTIALS', retryable });
  expect(error.message).toContain('user "me"');
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  expect(server.seen).toHaveLength(0);
});

test('tokenFile, beside the kubeconfig, counts over a token, as for kubectl', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  const path = kubeconfig(server.url, { user: { token: 'other', tokenFile: 'token' } });
  writeFileSync(join(dirname(path), 'token'), `${SECRET}\n`);
  await connect('', { kubeconfig: path }).get('pods', 'a');
  expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('a closed client says so before it looks at its kubeconfig', async () => {
  const kube = connect('', { kubeconfig: '/nowhere/config' });
  await kube.close();
  const calls = [kube.namespace(), kube.get('pods', 'a'), kube.podLog('a')];
  for (const call of calls) expect(await failureOf(call)).toMatchObject({ code: 'CLOSED' });
});

test('a kubeconfig that failed is read again by the next call', async () => {
  const path = join(temporaryFolder(), 'config');
  const kube = connect('', { kubeconfig: path });
  expect(await failureOf(kube.namespace())).toBeInstanceOf(ConfigError);
  writeKubeconfig(path, 'http://127.0.0.1:1', { namespace: 'there' });
  expect(await kube.namespace()).toBe('there');
});
