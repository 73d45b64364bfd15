import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { say } from '../child.ts';

// Every address of 127.0.0.0/8 is a pod, all on one port, that costs as little as can be.
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  response.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', '2']);
  response.end('OK');
});
server.listen(0, '0.0.0.0');
await once(server, 'listening');
say({ port: (server.address() as AddressInfo).port });
