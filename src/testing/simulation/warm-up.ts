import { systemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/observe.ts';
import { openTransport } from '../../http/transport.ts';

let warm: Promise<void> | undefined;

/** Has loaded from disk what a first request loads: virtual time would pass meanwhile. */
export function warmUp(): Promise<void> {
  warm ??= sendOnce();
  return warm;
}

async function sendOnce(): Promise<void> {
  const transport = openTransport({
    clock: systemClock,
    logger: silentLogger,
    fetch: async () => new Response(null),
  });
  await transport.send({ method: 'GET', url: 'http://127.0.0.1/', headers: {}, timeout: 60_000 });
  await transport.close();
}
