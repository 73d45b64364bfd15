import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { ImageContext } from 'holdfast/testing';

/** Where it listens. */
export const WAKU_PORTS = [8645, 8080] as const;

/** A container that answers as a Waku node does, as far as the configs here ask it. Ends when it is told to. */
export async function wakuNode(
  { ip, podName, signal, log }: ImageContext,
  onReady: () => void,
): Promise<void> {
  const servers = WAKU_PORTS.map(() =>
    createServer((request, response) => {
      request.resume();
      const answer = answerOf(request.method ?? '', new URL(request.url ?? '/', 'http://pod'), podName);
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? { error: 'not found' }));
    }),
  );
  await Promise.all(servers.map((server, index) => listen(server, WAKU_PORTS[index] ?? 0, ip)));
  log(`${podName} listens on ${ip}`);
  onReady();
  if (!signal.aborted) await once(signal, 'abort');
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    // Where pods have no address of their own they share one, and the first of them answers for all.
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || host !== '127.0.0.1') throw error;
  }
}

function answerOf(method: string, { pathname, searchParams }: URL, pod: string): unknown {
  if (method === 'POST') {
    if (pathname === '/lightpush/v3/message') return { relayPeerCount: 3 };
    if (/^\/(?:relay\/v1\/messages|admin\/v1\/log-level)\/[^/]+$/.test(pathname)) return 'OK';
    return undefined;
  }
  if (pathname === '/health') return { nodeHealth: 'Ready' };
  if (pathname === '/debug/v1/info') return { listenAddresses: [`/dns4/${pod}/tcp/60000`] };
  if (pathname === '/store/v3/messages') return page(pod, Number(searchParams.get('cursor') ?? 0));
  return undefined;
}

/** The third page is the last. */
const page = (pod: string, number: number) => ({
  statusCode: 200,
  statusDesc: 'OK',
  messages: [{ messageHash: `${pod}-${2 * number}` }, { messageHash: `${pod}-${2 * number + 1}` }],
  ...(number < 2 ? { paginationCursor: String(number + 1) } : {}),
});
