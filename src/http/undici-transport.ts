import type * as Undici from 'undici';
import { UnusableAnswer } from './connection-error.ts';
import type { Carrier } from './message.ts';

/** Requests on an undici Agent of our own; undici is loaded at the first. */
export function openUndici(maxBodyBytes: number): Carrier {
  let agent: Promise<Undici.Agent> | undefined;
  return {
    async carry({ method, url: address, headers, body = null }, signal) {
      const url = new URL(address);
      agent ??= openAgent(maxBodyBytes);
      const answer = await (await agent).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as Undici.Dispatcher.HttpMethod,
        headers,
        body,
        signal,
      });
      const { statusCode: status, headers: received } = answer;
      if (method !== 'HEAD' && Number(received['content-length']) > maxBodyBytes) {
        // The agent would find out as well, but only once that much has come.
        answer.body.destroy();
        throw new UnusableAnswer(`its body is over ${maxBodyBytes} bytes`);
      }
      return {
        status,
        header: (name) => {
          const value = received[name.toLowerCase()];
          return typeof value === 'object' ? value.join(', ') : value;
        },
        body: await answer.body.text(),
      };
    },
    close: async () => (await agent)?.destroy(),
  };
}

async function openAgent(maxBodyBytes: number): Promise<Undici.Agent> {
  const { Agent } = await loadUndici();
  return new Agent({
    // Our own timer bounds the whole attempt.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 0 },
    // As the platform's fetch.
    allowH2: false,
    maxResponseSize: maxBodyBytes,
  });
}

/**
 * undici makes itself the dispatcher of the platform's fetch when it is loaded (Node 22) and drops the one that an
 * application has set. That one is put back.
 */
async function loadUndici(): Promise<typeof Undici> {
  // The platform sets its own on first use, and only while there is none.
  new Headers();
  const before: unknown = Reflect.get(globalThis, platformDispatcher);
  const undici = await import('undici');
  Reflect.set(globalThis, platformDispatcher, before);
  return undici;
}

const platformDispatcher = Symbol.for('undici.globalDispatcher.1');
