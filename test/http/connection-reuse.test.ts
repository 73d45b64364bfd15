import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/observe.ts';
import { openTransport } from '../../src/http/transport.ts';

it.each([
  ['an empty body', ''],
  ['a short body', 'OK'],
  ['a body of several chunks', 'x'.repeat(300_000)],
])('uses its connections again where answers have %s', async (_, body) => {
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    response.writeHead(201, { 'content-length': body.length }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = openTransport({ clock: systemClock, logger: silentLogger });
  for (let sent = 0; sent < 50; sent++) {
    const url = `http://127.0.0.1:${port}/${sent}`;
    const answer = await transport.send({ method: 'POST', url, headers: {}, body: '{}', timeout: 5_000 });
    expect(answer.body).toBe(body);
  }
  // The platform's fetch opens a second one where a request comes right behind an answer.
  expect(sockets.size).toBeLessThanOrEqual(2);
  await transport.close();
  server.closeAllConnections();
  server.close();
});
