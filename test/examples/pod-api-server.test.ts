import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readServerSettings } from '../../examples/support/pod-api-server-settings.ts';
import { startScript } from './script.ts';

const info = { target: { kind: 'name', value: 'clients' }, endpoint: { kind: 'name', value: 'info' } };

test('serves the sample config on a mini Kubernetes until Ctrl-C, with the token of the environment', async () => {
  const token = 'token-for-the-test';
  using script = startScript('pod-api-server.ts', ['--port', '0'], { POD_API_TOKEN: token });
  const url = await script.printed(/http:\/\/127\.0\.0\.1:\d+/);
  const post = (path: string, body?: object) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  expect((await fetch(`${url}/actions`)).status).toBe(401);
  expect(await (await post('/process', info)).json()).toMatchObject({
    request: { pod: 'client-0-0' },
    response: { status_code: 200, text: '{"listenAddresses":["/dns4/client-0-0/tcp/60000"]}' },
  });
  const relay = {
    target: { kind: 'name', value: 'first-relay' },
    content_topic: '/my-app/1/dst/proto',
    cluster_id: 2,
    port: 8645,
    msg_size_kbytes: 10,
  };
  expect(await (await post('/waku/relay', relay)).json()).toMatchObject({
    request: { pod: 'relay-0-0', params: { payload: '<redacted>' } },
    response: { status_code: 200, text: 'OK' },
  });
  expect(await (await post('/action/read-store')).json()).toMatchObject({ ok: true, done: 6 });
  const lines = (await (await post('/action/read-store?stream')).text()).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).response.messages.length)).toEqual(Array(6).fill(6));
  expect(await (await post('/cache/clear')).json()).toEqual({ cleared: true });
  script.interrupt();
  const { code, out, err } = await script.end;
  expect(code).toBe(0);
  expect(out + err).not.toContain(token);
  expect(err).toContain('curl --oauth2-bearer "$POD_API_TOKEN"');
});

test('a port that is taken is named', async () => {
  using first = startScript('pod-api-server.ts', ['--port', '0']);
  const url = await first.printed(/http:\/\/127\.0\.0\.1:\d+/);
  const { port } = new URL(url);
  const { code, err } = await startScript('pod-api-server.ts', ['--port', port]).end;
  expect(code).toBe(1);
  expect(err).toContain(`cannot listen on --port ${port} (EADDRINUSE); choose another. Try --help\n`);
});

test('does not start with a kubeconfig that is not there', async () => {
  const config = fileURLToPath(
    new URL('../../examples/deploy/config-action/config-map.yaml', import.meta.url),
  );
  const args = ['--port', '0', '--kubeconfig', '/nowhere', '--namespace', 'there', '--config', config];
  const { code, out, err } = await startScript('pod-api-server.ts', args).end;
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^kubeconfig \/nowhere: .* Try --help\n$/);
});

test('an address that others reach needs a token', () => {
  const settings = (...args: string[]) => readServerSettings(['--hostname', ...args], { POD_API_TOKEN: 'x' });
  expect(settings('0.0.0.0')).toMatchObject({ hostname: '0.0.0.0', token: 'x', port: 8645 });
  expect(() => readServerSettings(['--hostname', '0.0.0.0'], { POD_API_TOKEN: '' })).toThrow(
    'set $POD_API_TOKEN',
  );
  expect(readServerSettings(['--help'], {})).toBeUndefined();
});
