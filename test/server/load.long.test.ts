import { Agent, request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { named, startCluster } from './cluster.ts';

test('5,000 calls of /process at once are all answered, while one pod hangs', async () => {
  const hanging = Promise.withResolvers<void>();
  const { server, seen, kubernetesCalls } = await startCluster({
    answer: (pod, _request, response) => {
      if (pod === 'relay-2-2') hanging.resolve();
      else response.end('OK');
    },
  });
  const dispatcher = new Agent({ connections: null, pipelining: 1 });
  onTestFinished(() => dispatcher.destroy());
  const process = async (target: string) => {
    const { statusCode, body } = await request(`${server.url}/process`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ target: named(target), endpoint: named('info') }),
    });
    return { statusCode, answer: await body.json() };
  };
  const hung = Promise.allSettled(Array.from({ length: 100 }, () => process('last-relay')));
  await hanging.promise;
  const calls = Promise.all(Array.from({ length: 5_000 }, () => process('relays')));
  const { statusCode } = await request(`${server.url}/health`, { dispatcher });
  expect(statusCode).toBe(200);
  for (const { statusCode, answer } of await calls) {
    expect(statusCode).toBe(200);
    expect(answer).toMatchObject({ response: { status_code: 200, text: 'OK' } });
  }
  expect(seen.filter(({ pod }) => pod === 'relay-2-0')).toHaveLength(5_000);
  expect(kubernetesCalls).toHaveLength(2);
  await dispatcher.destroy();
  await hung;
});
