import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

// In a process of its own: what is tried is what loading does to it. Only Node 22 lets undici go wrong here.
const script = `
  import { createServer } from 'node:http';
  import { openTransport } from ${source('http/transport.ts')};
  import { systemClock } from ${source('core/clock.ts')};
  import { silentLogger } from ${source('core/observe.ts')};

  const platform = () => globalThis[Symbol.for('undici.globalDispatcher.1')];
  await fetch('data:,');
  const before = platform();
  const server = createServer((request, response) => response.end('ok'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = 'http://127.0.0.1:' + server.address().port;
  const transport = openTransport({ transport: 'undici', clock: systemClock, logger: silentLogger });
  const loadedAtOpen = import.meta.resolve && process.getBuiltinModule('module')._cache;
  const early = Object.keys(loadedAtOpen).some((name) => name.includes('/undici/'));
  const { body } = await transport.send({ method: 'GET', url, headers: {}, timeout: 10_000 });
  await transport.close();
  const after = await (await fetch(url)).text();
  console.log(JSON.stringify({ early, body, after, kept: platform() === before }));
  server.close();
  server.closeAllConnections();
`;

it("is loaded by the first request and leaves the platform's fetch its own connections", async () => {
  const run = promisify(execFile)(process.execPath, [
    '--no-warnings',
    '--input-type=module',
    '--eval',
    script,
  ]);
  expect(JSON.parse((await run).stdout)).toEqual({ early: false, body: 'ok', after: 'ok', kept: true });
});
