import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';

/**
 * Watches a server's connections from before it listens. The function that comes back ends it: connections without a
 * request under way at once, each other after its answer, and what is left after so many milliseconds.
 */
export function endable(server: Server, clock: Clock): (grace: number) => Promise<void> {
  const requests = new Map<Socket, number>();
  let ending = false;

  server.on('connection', (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  server.prependListener('request', ({ socket }, response) => {
    if (ending) response.setHeader('connection', 'close');
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (requests.get(socket) ?? 1) - 1;
      if (requests.has(socket)) requests.set(socket, left);
      // A connection that is kept alive would stay open.
      if (ending && left === 0) socket.destroySoon();
    });
  });

  return async (grace) => {
    ending = true;
    const closed = once(server, 'close');
    const cancel = clock.setTimer(() => server.closeAllConnections(), grace);
    server.close();
    for (const [socket, underWay] of requests) if (underWay === 0) socket.destroy();
    await closed;
    cancel();
  };
}
