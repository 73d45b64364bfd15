import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';

/** An HTTP server on loopback until the test ends; its url, without a slash at the end. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => server.closeAllConnections());
  return listen(server);
}

/** A server that answers in bytes, so that it can break off where HTTP does not allow it. */
export async function serveRaw(onRequest: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createRawServer((socket) => {
    sockets.add(socket);
    // What a test breaks on purpose ends in errors on this side too.
    socket.on('error', () => socket.destroy());
    socket.once('data', () => onRequest(socket));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return listen(server);
}

/** The url of a port on which nobody listens. */
export async function refusedUrl(): Promise<string> {
  const server = createRawServer();
  const url = await start(server);
  server.close();
  await once(server, 'close');
  return url;
}

/** A clock whose timers fire when the test says so. */
export function handClock(): Clock & { fire(): void; readonly pending: number; readonly delays: number[] } {
  const timers = new Set<() => void>();
  const delays: number[] = [];
  return {
    now: () => 0,
    monotonic: () => 0,
    setTimer: (callback, delay) => {
      delays.push(delay);
      timers.add(callback);
      return () => timers.delete(callback);
    },
    fire: () => {
      const due = [...timers];
      timers.clear();
      for (const callback of due) callback();
    },
    get pending() {
      return timers.size;
    },
    delays,
  };
}

async function listen(server: Server): Promise<string> {
  onTestFinished(() => void server.close());
  return start(server);
}

async function start(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
