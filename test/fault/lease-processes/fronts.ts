import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Arrival {
  /** The operation, by the name it gives. */
  readonly operation: string;
  readonly method: string;
}

/** A server before each node, which hears who sends; resolves with their hosts. */
export async function startFronts(
  urls: readonly string[],
  onArrival: (arrival: Arrival) => void,
): Promise<string[]> {
  return Promise.all(
    urls.map(async (url) => {
      const server = createServer(async (request, response) => {
        const { method = '', headers } = request;
        const basic = headers.authorization?.replace('Basic ', '') ?? '';
        const [operation = ''] = Buffer.from(basic, 'base64').toString().split(':');
        onArrival({ operation, method });
        const body = await textOf(request);
        const answer = await fetch(`${url}${request.url}`, {
          method,
          headers: { 'content-type': headers['content-type'] ?? 'application/json' },
          ...(method === 'GET' ? {} : { body }),
        });
        const type = answer.headers.get('content-type') ?? 'text/plain';
        response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => {
        server.close();
        server.closeAllConnections();
      });
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
