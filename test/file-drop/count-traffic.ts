import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a server of this process is asked, and over how many connections, from now on. */
export function countTraffic(url: string) {
  const port = Number(new URL(url).port);
  const seen = { connections: 0, mostOpen: 0, requests: 0 };
  let open = 0;
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort !== port) return;
    seen.connections += 1;
    open += 1;
    seen.mostOpen = Math.max(seen.mostOpen, open);
    socket.once('close', () => {
      open -= 1;
    });
  };
  const onRequest = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    if (request.socket.localPort === port) seen.requests += 1;
  };
  subscribe('net.server.socket', onSocket);
  subscribe('http.server.request.start', onRequest);
  onTestFinished(() => {
    unsubscribe('net.server.socket', onSocket);
    unsubscribe('http.server.request.start', onRequest);
  });
  return () => ({ ...seen });
}
