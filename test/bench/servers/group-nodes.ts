import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { say } from '../child.ts';

// Group nodes of the path dialect that cost as little as can be, so that it is the client which is measured.
// Arguments: how many nodes; the milliseconds until each answers.
const [count = '3', latency = '0'] = process.argv.slice(2);

const urls: string[] = [];
for (let index = 0; index < Number(count); index++) urls.push(await startNode());
say(urls);

async function startNode(): Promise<string> {
  const groups = new Set<string>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (Number(latency) === 0) answer(groups, request, response);
    else setTimeout(answer, Number(latency), groups, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

function answer(groups: Set<string>, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET') {
    const groupId = request.url?.slice('/v1/group/'.length, -1) ?? '';
    if (groups.has(groupId)) send(response, 200, JSON.stringify({ groupId }));
    else send(response, 404, '{"error": "Group not found"}');
    return;
  }
  request.on('data', (body: Buffer) => {
    const { groupId } = JSON.parse(body.toString()) as { groupId: string };
    if (groups.has(groupId)) return send(response, 400, '{"error": "Group already exists"}');
    groups.add(groupId);
    send(response, 201, '');
  });
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, ['Content-Type', 'application/json', 'Content-Length', String(body.length)]);
  response.end(body);
}
